"""The forms of « Modifier le cadre »: those of the opening, without what a running contract cannot change."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Case, Q, When
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contracts.figures import CountField
from contracts.kinds.reading import FURTHEST
from contracts.models import PILOTING, Contract, Part
from stakeholders.kinds import KINDS
from stakeholders.models import Mandate, Office, Organisation
from workflow.opening import running_rules, seats
from workflow.opening.forms import CalendarForm, OfficeChoice
from workflow.opening.participants import provided, taking_part
from workflow.opening.participants import sought as found_by
from workflow.procedures.registry import procedure_of
from workflow.reminders.timers import plan_of
from workflow.tasks.fields import reason_field

NEAR = 20  # organisations of the territory, those that were asked for first


class RunningCalendarForm(CalendarForm):
    """The calendar; whether there is a diagnostic was chosen at the opening."""

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, contract=contract, **kwargs)
        del self.fields["with_diagnostic"]
        for name, field in self.fields.items():
            if name.startswith("days-"):  # an older contract may have none of its own
                field.required, field.initial = False, contract.days.get(name.removeprefix("days-"))
                ordinary = _ordinary_days(contract, name.removeprefix("days-"))
                field.help_text = ngettext(
                    "En jours ouvrés ; vide, le délai ordinaire de l’étape : %(days)d jour de calendrier.",
                    "En jours ouvrés ; vide, le délai ordinaire de l’étape : %(days)d jours de calendrier.",
                    ordinary,
                ) % {"days": ordinary}
        self.own, self.own_reminders = dict(contract.days), dict(contract.reminders)
        self._ask_reminders(contract)

    def _ask_reminders(self, contract: Contract) -> None:
        """Ask for the days on which whoever is awaited is reminded: those in force are proposed."""
        plan = plan_of(contract)
        counted = _("En jours ouvrés") if plan.working else _("En jours")
        first, last, *_more = (*sorted(plan.before, reverse=True), None, None)
        for name, label, initial in (
            ("reminder-first", _("Premier rappel, avant l’échéance"), first),
            ("reminder-last", _("Dernier rappel, avant l’échéance"), last),
            ("reminder-late", _("Rappel de retard, après l’échéance"), next(iter(plan.after), None)),
        ):
            self.fields[name] = CountField(
                label=label,
                required=False,
                min_value=1 if name == "reminder-late" else 0,
                max_value=FURTHEST,
                initial=initial,
                help_text=_("%(counted)s ; vide, ce rappel ne part pas.") % {"counted": counted},
            )

    def reminders(self) -> dict[str, list[int]]:
        """Return the days of the contract's own reminders: as they were, where they were not changed."""
        names = ("reminder-first", "reminder-last", "reminder-late")
        unchanged = all(self.cleaned_data[name] == self.fields[name].initial for name in names)
        if unchanged or not any(name in self.data for name in names):
            return self.own_reminders
        first, last, late = (self.cleaned_data[name] for name in names)
        before = sorted({int(n) for n in (first, last) if n is not None}, reverse=True)
        return {"before": before, "after": [] if late is None else [int(late)]}

    def days(self) -> dict[str, int]:
        """Return the days of the contract's own: those that were given, and those of steps not shown."""
        shown = {name.removeprefix("days-"): name for name in self.fields if name.startswith("days-")}
        kept = {step: n for step, n in self.own.items() if step not in shown}
        given = {step: self.cleaned_data[name] for step, name in shown.items()}
        return kept | {step: int(n) for step, n in given.items() if n is not None}


def _ordinary_days(contract: Contract, step: str) -> int:
    """Return the calendar days that the contract's procedure gives a step which has none of its own."""
    return max((node.days for node in procedure_of(contract).steps_for(step)), default=0)


class RunningParticipantsForm(forms.Form):
    """Each organisation with its part; the pilots that the reader may not touch are only shown."""

    def __init__(
        self, *args: Any, contract: Contract, mandate: Mandate, sought: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        present = dict(taking_part(contract))
        near = ~Q(territory="") & Q(territory__iexact=contract.territory)
        asked = Q(pk__in=provided(contract))
        around = Organisation.objects.filter(asked | near).annotate(
            was_asked=Case(When(asked, then=0), default=1)
        )
        found = [*present, *around.order_by("was_asked", "name", "pk")[:NEAR], *found_by(sought)[:20]]
        self.organisations: list[Organisation] = []
        self.fixed: list[tuple[Organisation, Part]] = []
        side = running_rules.own_side(contract, mandate)
        for organisation in dict.fromkeys(found):
            now = present.get(organisation)
            if now in PILOTING and (now != side or organisation.pk == mandate.office.organisation_id):
                self.fixed.append((organisation, now))
                continue
            offered = running_rules.parts_offered(contract, mandate, organisation)
            parts = list(dict.fromkeys([*([now] if now else []), *offered]))
            self.organisations.append(organisation)
            self.fields[self.name_of(organisation)] = forms.ChoiceField(
                label=organisation.name,
                required=False,
                choices=[("", _("Ne participe pas")), *((part.value, part.label) for part in parts)],
                initial=now.value if now else "",
                help_text=str(organisation.get_kind_display()),
            )
        order = list(KINDS)
        self.organisations.sort(key=lambda o: (o not in present, order.index(o.kind), o.name))
        self.order_fields([self.name_of(organisation) for organisation in self.organisations])
        self.conditional = frozenset(self.fields)  # « Ne participe pas » is an answer too

    @staticmethod
    def name_of(organisation: Organisation) -> str:
        """Return the name of an organisation's field."""
        return f"part-{organisation.pk}"

    def parts(self) -> dict[Organisation, str]:
        """Return what was chosen, of what was sent."""
        sent = [o for o in self.organisations if self.name_of(o) in self.data]
        return {organisation: self.cleaned_data[self.name_of(organisation)] for organisation in sent}


class PlacesForm(forms.Form):
    """What is done to the places beside what their own fields say: an office to add, and why."""

    office = OfficeChoice(
        queryset=Office.objects.none(),
        label=gettext_lazy("Fonction à ajouter"),
        required=False,
        empty_label=gettext_lazy("Choisissez une fonction"),
    )
    reason = reason_field(
        gettext_lazy("Motif du changement"),
        help_text=gettext_lazy("Les participants le liront au journal ; les signataires le recevront."),
    )
    conditional = frozenset({"reason"})

    def __init__(self, *args: Any, contract: Contract, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: OfficeChoice = self.fields["office"]  # type: ignore[assignment]
        field.queryset = seats.offices_to_add(contract)
        self.offices = list(field.queryset)  # read once: the field would read them again to show them
        shown = [(office.pk, field.label_from_instance(office)) for office in self.offices]
        field.choices = [("", field.empty_label), *shown]


def show_current(form: forms.Form) -> None:
    """Say at each field that differs what is in force: somebody else has changed it meanwhile."""
    for name, field in form.fields.items():
        now = form.get_initial_for_field(field, name)
        if str(form[name].value() or "") == str(now or ""):
            continue
        choices = dict(getattr(field, "choices", ()))
        shown = choices.get(now, now) if not isinstance(now, bool) else _("oui") if now else _("non")
        form[name].help_text = _("En vigueur : %(value)s.") % {"value": shown or "–"}
