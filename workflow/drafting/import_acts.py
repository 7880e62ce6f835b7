"""An import taken into the draft: added to what is there, whole or not at all, and journaled."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contracts import figures, order, owners
from contracts.forms import participants
from contracts.imports import Kind, Line
from contracts.imports.columns import folded
from contracts.models import LONG_TEXT, Commitment, Party, Volet
from stakeholders import days
from stakeholders.kinds import KINDS, Side
from stakeholders.models import Organisation, User
from workflow.drafting import imports, rules
from workflow.drafting.acts import Drafting, changing_draft
from workflow.drafting.import_forms import FIGURES, in_words
from workflow.drafting.import_matching import names_in, organisation_of, template_of
from workflow.drafting.models import DraftImport
from workflow.record import events, journal
from workflow.record.refusals import Invalid, Locked, NotAllowed

_PARTIES = {
    Side.STATE: Party.STATE,
    Side.LOCAL: Party.CITY,
    Side.JUDICIAL: Party.JUDICIAL,
    Side.PARTNER: Party.PARTNER,
}


@dataclass(frozen=True)
class Problem:
    """A line that cannot be taken as it is: its place from 0, and the sentence that says what to do."""

    place: int
    sentence: str


class NotReady(Invalid):
    """Lines are to be corrected first; nothing was written."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(_("Rien n’est importé : des lignes sont à corriger."))
        self.problems = problems


@dataclass
class Taken:
    """What was added to the draft, counted."""

    volets: int = 0
    commitments: int = 0
    texts: int = 0


def take(user: User, contract_id: int) -> Taken:
    """Add the lines of one's import to the draft, after what is there; the import ends.

    Raises NotReady for lines to correct, Locked once the text is frozen or the import is over.
    """
    with changing_draft(user, contract_id) as draft:
        if not draft.right.edits_all:
            raise NotAllowed
        row = DraftImport.objects.select_for_update().filter(contract=draft.contract, author=user).first()
        held = imports.opened(row) if row is not None else None
        if row is None or held is None:
            raise Locked(_("Cet import est terminé : il a déjà été pris, ou abandonné."))
        taking = _Taking(draft, held.default_lead)
        for place, line in enumerate(held.lines):
            taking.add(place, line)
        if taking.is_idle:
            said = _("toutes les lignes sont laissées de côté : il n’y a rien à importer.")
            taking.problems.append(Problem(0, said))
        if taking.problems:
            raise NotReady(taking.problems)
        taking.save()
        facts: dict[str, Any] = {
            "organisation": draft.mandate.office.organisation.short_name,
            "volets": taking.count.volets,
            "commitments": taking.count.commitments,
            "texts": taking.count.texts,
        }
        entry = journal.record(
            "draft_imported",
            contract=draft.contract,
            actor=user,
            mandate=draft.mandate,
            payload={**facts, "sha256": row.sha256},
        )
        events.publish_with(entry, draft.contract, actor=user, **facts)
        row.delete()
    return taking.count


@dataclass
class _Into:
    """A volet that lines go into, and the commitments that it gets."""

    volet: Volet
    is_new: bool
    place: int
    texts: list[str] = field(default_factory=list)


class _Taking:
    """Builds the rows of an import, line by line, and says which cannot be."""

    def __init__(self, draft: Drafting, default_lead: str) -> None:
        self.draft, self.contract = draft, draft.contract
        self.problems: list[Problem] = []
        self.count = Taken()
        self._bodies = {str(body.pk): body for body in participants(self.contract)}
        self._default = self._bodies.get(default_lead)
        self._volets = {
            str(volet.pk): volet
            for volet in self.contract.volets.select_related("lead").prefetch_related(
                "commitments__lead", "commitments__contributors"
            )
        }
        self._next = order.next_place(self.contract.volets.all())
        self._into: list[_Into] = []
        self._current: _Into | None = None
        self._commitments: list[tuple[Commitment, list[Organisation]]] = []
        self._people = list(owners.in_office(participants(self.contract)))

    @property
    def is_idle(self) -> bool:
        """Whether nothing would be added."""
        return not (self.problems or self._into)

    def add(self, place: int, line: Line) -> None:
        """Take one line."""
        if line.kind == Kind.LEFT:
            return
        try:
            if line.kind == Kind.VOLET:
                self._volet(line)
            elif self._current is None:
                raise ValidationError(
                    _("aucun volet avant cette ligne : faites d’une ligne au-dessus un volet, ou laissez-la.")
                )
            elif line.kind == Kind.TEXT:
                self._text(self._current, line.text)
            else:
                self._commitment(self._current, line)
        except ValidationError as error:
            self.problems.append(Problem(place, " ".join(error.messages)))

    def _volet(self, line: Line) -> None:
        if (existing := self._volets.get(line.facts.get("volet", ""))) is not None:
            known = next((into for into in self._into if into.volet is existing), None)
            place = order.next_place(existing.commitments.all())
            self._current = known or _Into(existing, False, place)
        else:
            if not line.title:
                raise ValidationError(_("donnez un titre à ce volet, ou choisissez celui qu’il rejoint."))
            volet = Volet(
                contract=self.contract,
                order=self._next,
                title=line.title,
                template=template_of(line.title, self.contract),
            )
            volet.clean_fields(exclude=["contract", "lead", "text"])
            self._next += 1
            self.count.volets += 1
            self._current = known = _Into(volet, True, 1)
            self._into.append(known)
        if self._current not in self._into:
            self._into.append(self._current)
        if line.text:
            self._text(self._current, line.text)

    def _text(self, into: _Into, text: str) -> None:
        if not text:
            return
        if not into.is_new and (refusal := rules.why_not_edit(self.draft.right, into.volet)):
            raise ValidationError(refusal)
        before = [into.volet.text] if into.volet.text and not into.texts else []
        into.texts += [*before, text]
        into.volet.text = "\n\n".join(into.texts)
        if len(into.volet.text) > LONG_TEXT:
            raise ValidationError(
                _("le texte de ce volet dépasserait %(most)d signes : laissez-en une partie de côté.")
                % {"most": LONG_TEXT}
            )
        into.volet.clean_fields(exclude=["contract", "lead", "template", "title", "order"])
        self.count.texts += 1

    def _commitment(self, into: _Into, line: Line) -> None:
        if not line.title:
            raise ValidationError(_("donnez un intitulé à cet engagement, ou laissez la ligne de côté."))
        facts, kept = line.facts, [line.text]
        lead = self._lead(line, kept)
        others = self._contributors(facts.get("contributors", ""), lead, kept)
        row = Commitment(
            volet=into.volet,
            order=into.place,
            title=line.title,
            party=facts.get("party") or _PARTIES[KINDS[lead.kind].side],
            lead=lead,
            owner=self._owner(facts.get("owner", ""), lead, kept),
            indicator=facts.get("indicator", ""),
            unit=facts.get("unit", ""),
            direction=facts.get("direction", ""),
            periodicity=facts.get("periodicity", ""),
            due_date=dt.date.fromisoformat(facts["due_date"]) if facts.get("due_date") else None,
            **{name: self._figure(facts.get(name, "")) for name in FIGURES},
        )
        row.description = "\n".join(filter(None, kept))
        self._check(row)
        into.place += 1
        self.count.commitments += 1
        self._commitments.append((row, others))

    def _check(self, row: Commitment) -> None:
        row.clean_fields(exclude=["volet", "lead", "owner"])
        if (row.baseline is not None or row.target is not None) and not row.indicator:
            raise ValidationError(_("nommez l’indicateur dont vous donnez les valeurs."))
        if row.due_date is not None:
            days.of_contract(row.due_date, self.contract.created_at.year)

    def _lead(self, line: Line, kept: list[str]) -> Organisation:
        lead = self._bodies.get(line.facts.get("lead_key", ""))
        if lead is None:
            said = line.facts.get("lead", "")
            meant = organisation_of(said, self._bodies.values())
            lead = meant if meant is not None and meant.is_independent else self._default
            if lead is None:
                raise ValidationError(
                    _("choisissez l’organisation responsable, ou celle qui l’est par défaut en haut de page.")
                )
            if said and lead != meant:
                kept.append(in_words("lead", said))
        if self.draft.right.is_states and lead.is_independent:
            raise ValidationError(
                _(
                    "« %(name)s » est indépendante du préfet : la préfecture ne peut rien lui attribuer. "
                    "Laissez la ligne de côté ; le pilote de la commune ou elle-même l’écrira."
                )
                % {"name": lead.name}
            )
        return lead

    def _contributors(self, said: str, lead: Organisation, kept: list[str]) -> list[Organisation]:
        """Return the contributors that are recognised; the other names stay in words."""
        bodies = list(self._bodies.values())
        whole = organisation_of(said, bodies)
        found, unknown = [], []
        for name in [said] if whole else names_in(said):
            body = whole or organisation_of(name, bodies)
            if body is None or (self.draft.right.is_states and body.is_independent):
                unknown.append(name)
            elif body != lead and body not in found:
                found.append(body)
        if unknown:
            kept.append(in_words("contributors", " ; ".join(unknown)))
        return found

    def _owner(self, said: str, lead: Organisation, kept: list[str]) -> User | None:
        """Return the person in office in the organisation that leads, where they are recognised."""
        for mandate in self._people if said else ():
            names = {folded(str(mandate.person)), folded(mandate.person.get_full_name())}
            if mandate.office.organisation_id == lead.pk and folded(said) in names:
                return mandate.person
        if said:
            kept.append(in_words("owner", said))
        return None

    @staticmethod
    def _figure(typed: str) -> Decimal | None:
        return figures.read(typed) if typed else None

    def save(self) -> None:
        """Write the rows."""
        for into in self._into:
            if into.is_new:
                into.volet.save(force_insert=True)
            elif into.texts:
                into.volet.save(update_fields=["text"])
        Commitment.objects.bulk_create([row for row, _others in self._commitments])
        through = Commitment.contributors.through
        through.objects.bulk_create(
            [
                through(commitment_id=row.pk, organisation_id=body.pk)
                for row, others in self._commitments
                for body in others
            ]
        )
