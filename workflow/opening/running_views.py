"""« Modifier le cadre » of a running contract: three forms on one page, each saved by itself."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from contracts.models import ENDED, Contract
from stakeholders.models import Mandate
from workflow.opening import rules, running, running_rules, signers
from workflow.opening.page_views import place_forms
from workflow.opening.running_forms import (
    PlacesForm,
    RunningCalendarForm,
    RunningParticipantsForm,
    show_current,
)
from workflow.opening.running_places import Wanted, change_places
from workflow.record.refusals import ActRefused, Invalid, Locked
from workflow.standing.parties import mandate_to_pilot
from workflow.tasks import access as tasks_access
from workflow.tasks.act import entitled
from workflow.tasks.answers import Request, member, refused

MOVED = re.compile(r"(up|down|remove)-(\d{1,18})", re.ASCII)
ADD = "add"
SECTIONS = (running.CALENDAR, running.PARTICIPANTS, running.PLACES)
FACTS = ("target_date", "zone", "keeps_good_friday")


@require_http_methods(["GET", "HEAD", "POST"])
@member
def contract_framework(request: Request, contract: int) -> HttpResponse:
    """Show the calendar, participants and signatories of a running contract, or change one of them."""
    found = tasks_access.pilot_for(request.user, contract)
    if found.status in ENDED:
        return refused(request, Locked(running_rules.over()), contract)
    page = _Page(request, found, entitled(mandate_to_pilot(request.user, found)))
    if request.method != "POST" or page.do == "search":
        return page.show()
    if page.section not in SECTIONS:
        return page.show(422)
    try:
        changed = page.save()
    except Invalid as error:
        page.refuse(error)
        changed = None
    except ActRefused as error:
        return refused(request, error, contract)
    if changed is None:
        return page.show(422)
    if changed:
        messages.success(request, _("Le cadre du contrat est enregistré ; le changement est au journal."))
    else:
        messages.info(request, _("Rien n’a changé : le cadre reste tel quel."))
    return redirect("contract_framework", contract)


class _Page:
    """The three forms; the one whose button was pressed is bound to what was sent."""

    def __init__(self, request: Request, contract: Contract, mandate: Mandate) -> None:
        self.request, self.contract, self.mandate = request, contract, mandate
        self.do = request.POST.get("do", "")
        self.section = running.PLACES if self.do == ADD or MOVED.fullmatch(self.do) else self.do
        self.sought = request.POST.get("q", "").replace("\0", "")
        self._read()

    def _read(self) -> None:
        request, contract = self.request, self.contract
        initial = {name: getattr(contract, name) for name in FACTS}
        self.calendar = RunningCalendarForm(self._data(running.CALENDAR), contract=contract, initial=initial)
        kept = {name: value for name, value in request.POST.items() if name.startswith("part-")}
        self.participants = RunningParticipantsForm(
            self._data(running.PARTICIPANTS),
            contract=contract,
            mandate=self.mandate,
            sought=self.sought,
            initial=kept if self.do == "search" else None,
        )
        data = self._data(running.PLACES)
        self.places = place_forms(contract, data)
        self.about = PlacesForm(data, contract=contract, prefix="about")

    def _data(self, section: str) -> Any:
        return self.request.POST if self.section == section else None

    def forms(self) -> list[forms.Form]:
        """Return the forms of the section that was sent."""
        if self.section == running.CALENDAR:
            return [self.calendar]
        if self.section == running.PARTICIPANTS:
            return [self.participants]
        if self.section == running.PLACES:
            return [self.about, *(form for _place, form in self.places)]
        return []

    def save(self) -> bool | None:
        """Do what was asked; return whether anything changed, None where a form is to be corrected."""
        seen, user, key = self.request.POST.get("seen", ""), self.request.user, self.contract.pk
        if any([form.errors for form in self.forms()]):  # noqa: C419 (each is to say what is wrong)
            return None
        if self.section == running.CALENDAR:
            form = self.calendar
            facts = {name: form.cleaned_data[name] for name in FACTS}
            facts |= {"days": form.days(), "reminders": form.reminders()}
            return running.change_calendar(user, key, seen=seen, sessions=form.sessions(), **facts)
        if self.section == running.PARTICIPANTS:
            return running.change_participants(user, key, self.participants.parts(), seen=seen)
        rows = {place.pk: form.facts() for place, form in self.places}
        reason = self.about.cleaned_data["reason"]
        return change_places(user, key, rows, seen=seen, reason=reason, wanted=self.wanted())

    def wanted(self) -> Wanted:
        """Return what the button pressed does to the places, beside saving them."""
        if self.do == ADD:
            office = self.about.cleaned_data["office"]
            if office is None:
                raise Invalid(_("Choisissez d’abord une fonction."), "office")
            return Wanted(add=office)
        told = MOVED.fullmatch(self.do)
        if told is None:
            return Wanted()
        if told[1] == "remove":
            return Wanted(remove=int(told[2]))
        return Wanted(move=(int(told[2]), -1 if told[1] == "up" else 1))

    def rows(self) -> list[tuple[Any, ...]]:
        """Return each place with its form, and who could sign there today, as the register says."""
        found = signers.candidates.of(place for place, _form in self.places)
        return [
            (place, form, found[place], signers.nobody(place, found[place])) for place, form in self.places
        ]

    def refuse(self, error: Invalid) -> None:
        """Say a refusal on the form that was sent, with what is in force where somebody was quicker."""
        sent = self.forms()
        if error.field == running_rules.STALE:
            self.contract.refresh_from_db()
            self._read()
            sent = self.forms()
            for form in sent:
                form.is_valid()
                show_current(form)
        for form in sent[:1]:
            form.add_error(error.field if error.field in form.fields else None, error.message)

    def show(self, status: int = 200) -> HttpResponse:
        """Show the page."""
        seen = {section: running.mark(self.contract, section) for section in SECTIONS}
        if self.do == "search" and self.request.POST.get("seen"):  # what they chose was chosen on that page
            seen[running.PARTICIPANTS] = self.request.POST["seen"]
        locked = running_rules.why_not_places(self.contract)
        context = {
            "contract": self.contract,
            "calendar": self.calendar,
            "participants": self.participants,
            "places": self.places,
            "rows": [] if locked else self.rows(),
            "about": self.about,
            "locked": locked,
            "unasked": rules.unasked_leads(self.contract),
            "unreached": rules.unreached(self.contract),
            "seen": seen,
            "form": next((form for form in self.forms() if form.is_bound and form.errors), None),
            "sought": self.sought,
        }
        return render(self.request, "opening/running.html", context, status=status)
