"""What is done to a contract in preparation: begun, saved page by page, opened or dropped; once each.

Everything is done under the lock of the contract's row, and refused once it is no longer in preparation.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts import copying
from contracts.kinds import KindOfContract, kind
from contracts.models import Commitment, Contract, Part, Participation, Signatory, Status, Volet
from stakeholders.kinds import Power, Side
from stakeholders.models import Mandate, Office, Organisation, User
from stakeholders.permissions import grant, mandate_for
from stakeholders.text import several_lines
from workflow.opening import pages, rules, seats
from workflow.opening.access import Preparing, mandate_of
from workflow.opening.models import Opening
from workflow.opening.participants import INTERMUNICIPALITY, MUNICIPALITY, commune_of, taking_part
from workflow.opening.proposals import parts_open_to, proposed_part
from workflow.procedures.models import ABANDONING_OWES_WHY, Abandonment
from workflow.procedures.opening import start_circuit
from workflow.record import journal
from workflow.record.refusals import AlreadyDone, Invalid, Locked
from workflow.standing.openers import mandate_to_open
from workflow.tasks.act import entitled, owed

TRIES = 20  # of a proposed reference that somebody takes meanwhile


@contextmanager
def editing(user: User, contract_id: int, *, once: bool = False) -> Iterator[Preparing]:
    """Lock a contract in preparation and check, under the lock, that the person may change it now.

    ``once``: what is done here opens it, so whoever comes second is told who came first.
    """
    with transaction.atomic():
        contract = Contract.objects.select_for_update().get(pk=contract_id)
        mandate = entitled(mandate_to_open(user, contract.opening.organisation))
        if contract.status == Status.ABANDONED:
            raise Locked(_("La préparation de ce contrat a été abandonnée : plus rien n’y change."))
        if contract.status != Status.OPENING and once:
            raise AlreadyDone(str(contract.opening.opened_by or ""))
        if contract.status != Status.OPENING:
            raise Locked(_("Ce contrat est déjà ouvert : changez-le depuis sa page."))
        try:
            yield Preparing(contract, mandate)
        except ValidationError as error:
            raise Invalid(" ".join(error.messages)) from error


def _saved(contract: Contract, page: str) -> None:
    opening = contract.opening
    if page not in opening.saved:
        opening.saved = [*opening.saved, page]
        opening.save(update_fields=["saved"])


def proposed_reference(of_kind: KindOfContract, year: int) -> str:
    """Return the next free reference: the initials of the kind, the year, a number (« CSI-2027-001 »)."""
    initials = "".join(word[0].upper() for word in of_kind.title.split() if len(word) > 2)
    start = f"{initials}-{year}-"
    taken = set(Contract.objects.filter(reference__startswith=start).values_list("reference", flat=True))
    number = next(n for n in range(1, len(taken) + 2) if f"{start}{n:03d}" not in taken)
    return f"{start}{number:03d}"


def begin(user: User, organisation_id: int, facts: Mapping[str, Any]) -> Contract:
    """Begin to prepare a contract for an organisation; ``facts`` are those of its first page."""
    mandate = mandate_of(user, organisation_id)
    organisation = mandate.office.organisation
    of_kind, today = kind(facts["kind"]), timezone.localdate()
    is_city = organisation.kind == MUNICIPALITY
    with transaction.atomic():
        contract = _created(
            facts["reference"],
            of_kind,
            title=facts["title"] or _titled(of_kind, organisation),
            kind=of_kind.code,
            territory=commune_of(organisation),
            communes=[commune_of(organisation)] if is_city else [],
            period_start=today,
            period_end=today,
            period_rule=of_kind.period_rules[0],
            days=dict(of_kind.days),
            status=Status.OPENING,
        )
        source: Contract | None = facts.get("copied_from")
        Opening.objects.create(
            copied_from=source,
            contract=contract,
            organisation=organisation,
            author=user,
            mandate=mandate,
            saved=[pages.INITIATIVE],
            **{name: facts[name] for name in ("initiative", "letter_on", "letter_text", "letter_sha256")},
        )
        communes = {organisation.pk} if is_city else set()
        part = proposed_part(of_kind, organisation, communes) or Part.OBSERVER
        Participation.objects.create(contract=contract, organisation=organisation, part=part)
        copied = {}
        if source is not None:
            left = _copied(source, contract, mandate, figures=bool(facts.get("with_figures")))
            copied = {"copied_from": source.reference, "not_copied": left}
        journal.record(
            "opening_begun",
            contract=contract,
            actor=user,
            mandate=mandate,
            payload={"organisation": organisation.short_name, "reference": contract.reference, **copied},
        )
    return contract


def _copied(source: Contract, contract: Contract, mandate: Mandate, *, figures: bool) -> int:
    """Copy an earlier contract that the person sees; return how many commitments were left to others.

    The prefecture assigns nothing to an authority independent of it (:func:`workflow.drafting.rules`).
    """
    if mandate_for(mandate.person, Power.VIEW, source) is None:
        raise Invalid(_("Vous ne voyez pas ce contrat : choisissez-en un autre."), "copied_from")
    by_the_state = mandate.office.organisation.side == Side.STATE

    def may_be_taken_up(row: Commitment) -> bool:
        concerned = [row.lead, *row.contributors.all()]
        return not (by_the_state and any(organisation.is_independent for organisation in concerned))

    return copying.copy(source, contract, figures=figures, wanted=may_be_taken_up)


def _created(reference: str, of_kind: KindOfContract, **facts: Any) -> Contract:
    for _try in range(TRIES):
        said = reference or proposed_reference(of_kind, timezone.localdate().year)
        try:
            with transaction.atomic():
                return Contract.objects.create(reference=said, **facts)
        except IntegrityError:
            if reference:
                raise _taken() from None
    raise _taken()


def _taken() -> Invalid:
    return Invalid(
        _("Cette référence est déjà celle d’un autre contrat : choisissez-en une autre."), "reference"
    )


def _titled(of_kind: KindOfContract, organisation: Organisation) -> str:
    return f"{of_kind.title}, {commune_of(organisation)}"[:250]


def save_initiative(user: User, contract_id: int, facts: Mapping[str, Any]) -> None:
    """Save the first page; another kind of contract brings its own days and its own signatories."""
    with editing(user, contract_id) as met:
        contract, opening = met.contract, met.contract.opening
        changed = contract.kind != facts["kind"]
        if changed and opening.copied_from_id:
            raise Invalid(
                _("Ce contrat en reprend un autre, de la même nature : pour en changer, partez du modèle."),
                "kind",
            )
        contract.kind = facts["kind"]
        contract.title = facts["title"] or contract.title
        contract.reference = facts["reference"] or contract.reference
        if changed:
            contract.days = dict(kind(contract.kind).days)
            contract.period_rule = kind(contract.kind).period_rules[0]
        try:
            with transaction.atomic():
                contract.save(update_fields=["kind", "title", "reference", "days", "period_rule"])
        except IntegrityError:
            raise _taken() from None
        for name in ("initiative", "letter_on", "letter_text"):
            setattr(opening, name, facts[name])
        opening.letter_sha256 = facts["letter_sha256"] or opening.letter_sha256
        if changed and pages.SIGNATORIES in opening.saved:  # they are proposed anew: look at them again
            opening.saved = [page for page in opening.saved if page != pages.SIGNATORIES]
        opening.save()
        if changed:
            seats.propose(contract)
        _saved(contract, pages.INITIATIVE)


def save_perimeter(
    user: User,
    contract_id: int,
    *,
    communes: Sequence[Organisation],
    groups: Sequence[Organisation],
    **facts: Any,
) -> None:
    """Save the second page: each municipality pilots for itself, an EPCI takes part; then the period."""
    with editing(user, contract_id) as met:
        contract = met.contract
        wanted = {o.pk: Part.CITY_PILOT for o in communes} | {o.pk: Part.OBSERVER for o in groups}
        for organisation, _part in taking_part(contract):
            if organisation.kind in (MUNICIPALITY, INTERMUNICIPALITY) and organisation.pk not in wanted:
                _leave(contract, organisation)
        present = {organisation.pk for organisation, _part in taking_part(contract)}
        for organisation in [*communes, *groups]:
            if organisation.pk not in present:
                Participation.objects.create(
                    contract=contract, organisation=organisation, part=wanted[organisation.pk]
                )
            elif organisation.kind == MUNICIPALITY:
                contract.participations.filter(organisation=organisation).update(part=Part.CITY_PILOT)
        contract.communes = list(dict.fromkeys(commune_of(organisation) for organisation in communes))
        for name, value in facts.items():
            setattr(contract, name, value)
        contract.save()
        _proposed_until_chosen(contract)
        _saved(contract, pages.PERIMETER)


def save_participants(user: User, contract_id: int, parts: Mapping[Organisation, str]) -> None:
    """Save the third page: each organisation with its part, or nothing for one that takes no part."""
    with editing(user, contract_id) as met:
        contract = met.contract
        present = {organisation.pk for organisation, _part in taking_part(contract)}
        for organisation, part in parts.items():
            if not part:
                if organisation.pk in present:
                    _leave(contract, organisation)
                continue
            if Part(part) not in parts_open_to(organisation.kind):
                raise Invalid(
                    _("%(organisation)s ne peut pas avoir ce rôle.") % {"organisation": organisation.name}
                )
            Participation.objects.update_or_create(
                contract=contract, organisation=organisation, defaults={"part": part}
            )
        contract.communes = list(
            dict.fromkeys(commune_of(o) for o, part in taking_part(contract) if o.kind == MUNICIPALITY)
        )
        contract.save(update_fields=["communes"])
        _proposed_until_chosen(contract)
        _saved(contract, pages.PARTICIPANTS)


def _leave(contract: Contract, organisation: Organisation) -> None:
    """Take an organisation out, with its places on the signature page and those that wait for its council."""
    contract.participations.filter(organisation=organisation).delete()
    seats.remove(contract, _places_of(contract, organisation))
    contract.signatories.filter(council=organisation).update(council=None, needs_council_resolution=False)


def _places_of(contract: Contract, organisation: Organisation) -> list[int]:
    rows = contract.signatories.filter(office__organisation=organisation)
    return list(rows.values_list("pk", flat=True))


def _proposed_until_chosen(contract: Contract) -> None:
    if pages.SIGNATORIES not in contract.opening.saved:
        seats.propose(contract)


def save_places(user: User, contract_id: int, rows: Mapping[int, Mapping[str, Any]]) -> None:
    """Save what the fourth page says of each place: capacity, kind, required, which council."""
    with editing(user, contract_id) as met:
        write_places(met.contract, rows)
        _saved(met.contract, pages.SIGNATORIES)


def write_places(contract: Contract, rows: Mapping[int, Mapping[str, Any]]) -> None:
    """Write the places of a contract whose lock is held; one that is gone is left alone."""
    for place in contract.signatories.filter(pk__in=rows):
        for name, value in rows[place.pk].items():
            setattr(place, name, value)
        place.full_clean(validate_constraints=False)
        place.save()


def add_place(user: User, contract_id: int, office: Office) -> Signatory:
    """Add a place for an office of somebody who takes part."""
    with editing(user, contract_id) as met:
        _saved(met.contract, pages.SIGNATORIES)
        return seats.add(met.contract, office=office)


def remove_place(user: User, contract_id: int, place: int) -> None:
    """Take a place out."""
    with editing(user, contract_id) as met:
        seats.remove(met.contract, [place])
        _saved(met.contract, pages.SIGNATORIES)


def move_place(user: User, contract_id: int, place: int, by: int) -> None:
    """Move a place one rank up or down."""
    with editing(user, contract_id) as met:
        seats.move(met.contract, place, by)
        _saved(met.contract, pages.SIGNATORIES)


def save_calendar(
    user: User, contract_id: int, *, sessions: Mapping[int, dt.date | None], **facts: Any
) -> None:
    """Save the fifth page: target, days of each step, holidays, the days on which councils sit."""
    with editing(user, contract_id) as met:
        write_calendar(met.contract, sessions, facts)
        _saved(met.contract, pages.CALENDAR)


def write_calendar(
    contract: Contract, sessions: Mapping[int, dt.date | None], facts: Mapping[str, Any]
) -> None:
    """Write the calendar of a contract whose lock is held."""
    contract.council_dates = {str(key): day.isoformat() for key, day in sessions.items() if day}
    for name, value in facts.items():
        setattr(contract, name, value)
    contract.save(update_fields=["council_dates", *facts])


def open_contract(user: User, contract_id: int) -> Contract:
    """Open the contract: its organisations see it, its volets are there, its circuit starts. Once.

    Raises Invalid while something blocking is missing, AlreadyDone for whoever comes second.
    """
    with editing(user, contract_id, once=True) as met:
        contract = met.contract
        if blocking := [gap for gap in rules.gaps(contract) if gap.blocking]:
            raise Invalid(blocking[0].sentence)
        if not contract.volets.exists():
            _write_volets(contract)
        for organisation, _part in taking_part(contract):
            grant(Power.VIEW, organisation, contract)
        contract.status = Status.DRAFTING
        contract.save(update_fields=["status"])
        start_circuit(contract, actor=user)
        opening = contract.opening
        opening.opened_at, opening.opened_by = timezone.now(), user
        opening.save(update_fields=["opened_at", "opened_by"])
    return contract


def _write_volets(contract: Contract) -> None:
    for order, volet in enumerate(kind(contract.kind).volets, start=1):
        Volet.objects.create(contract=contract, template=volet.code, title=volet.title, order=order)


def drop(user: User, contract_id: int, *, reason: str) -> None:
    """Give a preparation up: the row stays, and its reference is free for another contract."""
    with editing(user, contract_id) as met:
        contract = met.contract
        reason = owed(reason, ABANDONING_OWES_WHY)
        Abandonment.objects.create(
            contract=contract,
            author=user,
            mandate=met.mandate,
            quality=met.mandate.quality,
            reason=several_lines(reason),
        )
        journal.record(
            "opening_dropped",
            contract=contract,
            actor=user,
            mandate=met.mandate,
            payload={
                "organisation": met.mandate.office.organisation.short_name,
                "reference": contract.reference,
                "reason": reason,
            },
        )
        contract.reference = f"{contract.reference[:40]} ({contract.pk})"
        contract.status = Status.ABANDONED
        contract.save(update_fields=["reference", "status"])
