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

from contracts.kinds import kind
from contracts.models import Contract, Part, Participation, Signatory, Status, Volet
from stakeholders.kinds import Power
from stakeholders.models import Office, Organisation, User
from stakeholders.permissions import grant
from stakeholders.text import several_lines
from stakeholders.titles import as_subject
from workflow.opening import letters, pages, rules, seats
from workflow.opening.access import Preparing
from workflow.opening.beginning import reference_is_taken
from workflow.opening.models import Opening
from workflow.opening.participants import INTERMUNICIPALITY, MUNICIPALITY, commune_of, taking_part
from workflow.opening.proposals import parts_open_to
from workflow.procedures.models import ABANDONING_OWES_WHY, Abandonment
from workflow.procedures.opening import start_circuit
from workflow.record import journal
from workflow.record.refusals import AlreadyDone, Invalid, Locked
from workflow.standing.openers import mandate_to_open
from workflow.tasks.act import entitled, owed


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
        Opening.objects.filter(contract=contract).update(changed_at=timezone.now())


def _saved(contract: Contract, page: str) -> None:
    opening = contract.opening
    if page not in opening.saved:
        opening.saved = [*opening.saved, page]
        opening.save(update_fields=["saved"])


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
            raise reference_is_taken() from None
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
                leave(contract, organisation)
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
                    leave(contract, organisation)
                continue
            if Part(part) not in parts_open_to(organisation.kind):
                raise Invalid(
                    _("%(organisation)s ne peut pas avoir ce rôle.")
                    % {"organisation": as_subject(organisation.name)}
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


def leave(contract: Contract, organisation: Organisation) -> None:
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
        letters.record(met)
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
