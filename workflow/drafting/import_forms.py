"""The forms by which an import is corrected: the file, then each line by the fields of what it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.figures import FigureField
from contracts.forms import participants
from contracts.imports import Kind, Line
from contracts.imports.marks import titled
from contracts.imports.sentences import reason
from contracts.models import LONG_TEXT, Contract
from stakeholders.days import DayField
from stakeholders.models import Organisation
from stakeholders.text import LineField, LinesField
from workflow.drafting.import_matching import choices
from workflow.drafting.imports import Held
from workflow.tasks.act_files import LARGEST_ACT
from workflow.tasks.weighed import at_most

KINDS = [
    (Kind.VOLET.value, gettext_lazy("Volet")),
    (Kind.TEXT.value, gettext_lazy("Texte du volet")),
    (Kind.COMMITMENT.value, gettext_lazy("Engagement")),
    (Kind.LEFT.value, gettext_lazy("Laissé de côté")),
]
FIGURES = ("baseline", "target", "budget_eur")
LABELS = {
    "lead": gettext_lazy("Pilote"),
    "contributors": gettext_lazy("Contributeurs"),
    "owner": gettext_lazy("Responsable"),
    "indicator": gettext_lazy("Indicateur"),
    "unit": gettext_lazy("Unité"),
    "baseline": gettext_lazy("Valeur initiale"),
    "target": gettext_lazy("Cible"),
    "due_date": gettext_lazy("Échéance"),
    "budget_eur": gettext_lazy("Budget (€)"),
}


class DocumentForm(forms.Form):
    """The document to import."""

    file = forms.FileField(
        label=gettext_lazy("Document"),
        help_text=gettext_lazy("Un .docx ou un .odt, de dix mégaoctets au plus."),
        widget=forms.FileInput(attrs=at_most(LARGEST_ACT, accept=".docx,.odt")),
        allow_empty_file=True,  # said by its reader, with the others
        max_length=255,
    )

    @property
    def name(self) -> str:
        """The name of the file, as far as it is shown."""
        return PurePath(str(self.cleaned_data["file"].name)).name[:120]


class LineForm(forms.Form):
    """One line: what it is, and the fields of that."""

    conditional = ("volet", "title", "lead_key")  # owed where the line is what needs them
    kind = forms.ChoiceField(label=gettext_lazy("Cette ligne est"), choices=KINDS)

    def __init__(self, data: QueryDict | None, line: Line, place: int, offered: Offered) -> None:
        self.line, self.place = line, place
        super().__init__(data, prefix=f"l{place}", initial=_initial(line))
        self.fields.update(_fields(line, offered))

    @property
    def number(self) -> int:
        """Its number on the page, from 1."""
        return self.place + 1

    @property
    def said(self) -> str:
        """Why it is left out, or doubtful."""
        return reason(self.line.reason)

    @property
    def unknown_lead(self) -> str:
        """The name of an organisation that was not recognised."""
        facts = self.line.facts
        return facts.get("lead", "") if not facts.get("lead_key") else ""

    @property
    def beside(self) -> Iterator[forms.BoundField]:
        """What it is, and where it goes or who leads it."""
        return (self[name] for name in ("kind", "volet", "lead_key") if name in self.fields)

    @property
    def main(self) -> Iterator[forms.BoundField]:
        """Its words."""
        return (self[name] for name in ("title", "text") if name in self.fields)

    @property
    def others(self) -> Iterator[forms.BoundField]:
        """Those of the measure of a commitment."""
        names = ("indicator", "unit", "baseline", "target", "due_date", "budget_eur")
        return (self[name] for name in (*names, "contributors", "owner") if name in self.fields)

    @property
    def has_others(self) -> bool:
        """Whether one of these is filled, or wrong."""
        return any(bound.value() or bound.errors for bound in self.others)

    def corrected(self) -> Line:
        """Return the line as its valid form makes it."""
        cleaned = dict(self.cleaned_data)
        line, kind = self.line, Kind(cleaned.pop("kind"))
        title, text = cleaned.pop("title", line.title), cleaned.pop("text", line.text)
        facts = {**line.facts, **{name: _typed(name, value) for name, value in cleaned.items()}}
        same = Line(
            line.kind,
            line.place,
            line.paragraph,
            line.number,
            title,
            text,
            {name: value for name, value in facts.items() if value},
            line.reason,
        )
        return same if kind == line.kind else turned(same, kind)


class Offered:
    """What the lists of the lines offer: the volets of the contract, the organisations that take part."""

    def __init__(self, contract: Contract, leads: list[Organisation]) -> None:
        self.volets = choices(contract.volets.all(), _("Un nouveau volet"))
        self.leads = choices(leads, _("À choisir"))


class PageForm(forms.Form):
    """What holds for the whole import."""

    default_lead = forms.ChoiceField(
        label=gettext_lazy("Organisation responsable, là où le document n’en nomme pas"),
        required=False,
        help_text=gettext_lazy("Elle vaut pour toutes les pages, là où aucun responsable n’est reconnu."),
    )

    seen = LineField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: QueryDict | None, held: Held, offered: Offered, state: str) -> None:
        super().__init__(data, initial={"default_lead": held.default_lead, "seen": state})
        field = self.fields["default_lead"]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101
        field.choices = [("", _("Aucune : je choisis ligne par ligne")), *offered.leads[1:]]


def leads_for(contract: Contract, *, is_states: bool) -> list[Organisation]:
    """Return to whom a pilot may give a commitment: the State's to no authority independent of it."""
    return [body for body in participants(contract) if not (is_states and body.is_independent)]


def in_words(name: str, said: str) -> str:
    """Return what a column says as the contract's text says it: in French, whatever its reader's language."""
    with translation.override("fr"):
        return f"{LABELS[name]} : {said}"


def turned(line: Line, kind: Kind) -> Line:
    """Return a line as another kind: all that it says goes along."""
    facts = {name: value for name, value in line.facts.items() if name in LABELS or name == "lead_key"}
    new = Line(kind, line.place, line.paragraph, line.number)
    if line.kind == Kind.COMMITMENT:
        said = [in_words(name, value) for name, value in facts.items() if name in LABELS]
    else:
        said = []
    whole = "\n".join(filter(None, [line.title, line.text, *said]))
    if kind == Kind.COMMITMENT:
        new.title, new.text = titled(whole)
    elif kind == Kind.VOLET:
        new.title, _line, new.text = whole.partition("\n")
        if len(new.title) > 200:
            new.title, new.text = "", whole
    else:
        new.text = whole
    return new


def _initial(line: Line) -> dict[str, Any]:
    return {"kind": line.kind.value, "title": line.title, "text": line.text, **line.facts}


def _fields(line: Line, offered: Offered) -> dict[str, forms.Field]:
    """Return the fields of what a line is."""
    text = LinesField(
        label=_("Description") if line.kind == Kind.COMMITMENT else _("Texte"),
        required=False,
        max_length=LONG_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    if line.kind == Kind.VOLET:
        found: dict[str, forms.Field] = {
            "volet": forms.ChoiceField(label=_("Il rejoint"), choices=offered.volets, required=False),
            "title": LineField(label=_("Titre, s’il est nouveau"), max_length=200, required=False),
        }
        return found | ({"text": text} if line.text else {})
    if line.kind != Kind.COMMITMENT:
        return {"text": text} if line.kind == Kind.TEXT else {}
    lead = forms.ChoiceField(label=_("Organisation responsable"), choices=offered.leads, required=False)
    return {
        "title": LineField(label=_("Engagement"), max_length=300, required=False),
        "text": text,
        "lead_key": lead,
        "indicator": LineField(label=LABELS["indicator"], max_length=250, required=False),
        "unit": LineField(label=LABELS["unit"], max_length=60, required=False),
        **{
            name: FigureField(label=LABELS[name], max_digits=14, decimal_places=2, required=False)
            for name in FIGURES
        },
        "due_date": DayField(label=LABELS["due_date"], required=False),
        "contributors": LineField(label=LABELS["contributors"], max_length=2000, required=False),
        "owner": LineField(label=LABELS["owner"], max_length=300, required=False),
    }


def _typed(name: str, value: Any) -> str:
    """Return a value as the line keeps it."""
    if value is None:
        return ""
    if name == "due_date":
        return str(value.isoformat())
    return format(value, "f").replace(".", ",") if name in FIGURES else str(value)
