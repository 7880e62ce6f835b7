"""Several powers asked, or confirmed, with one proof of identity: each for itself, under its own entry.

One that cannot be is left and says why; it keeps nothing from the others. The proof is bound to all that
was chosen. Every organisation's lock is taken first, always in the same order.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from signatures import confirmations
from signatures.errors import ConfirmationRefused
from stakeholders.incompatibilities import against_role, not_together, one_at_a_time, why_not_appoint
from stakeholders.models import Grant, GrantKind, GrantState, Mandate, Organisation, User
from stakeholders.proofs import Proof
from workflow.powers import acts, pending
from workflow.record.refusals import ActRefused, Locked

AT_MOST = 50
GIVING_OFFICE = frozenset({GrantKind.MANDATE, GrantKind.INVITATION})


@dataclass(frozen=True)
class Line:
    """A power that waits for the reader; ``trouble`` says why it cannot be given as things stand."""

    grant: Grant
    trouble: str


@dataclass(frozen=True)
class Outcome:
    """What became of one power; ``refusal`` says why nothing did."""

    grant: Grant
    refusal: str = ""


def lines(person: User, held: Iterable[Mandate], purpose: str) -> list[Line]:
    """Return what waits for the person, to be asked (``ask``) or confirmed, the oldest first."""
    if purpose == acts.ASK:
        found = [grant for grant in pending.asked_by(person) if grant.state == GrantState.DRAFTED]
    else:
        found = pending.to_confirm(person, held)
    return [Line(grant, _trouble(grant)) for grant in sorted(found, key=lambda grant: grant.pk)[:AT_MOST]]


def clashing(grants: Iterable[Grant]) -> dict[int, str]:
    """Return why some of these cannot be given beside those that come before them, by primary key."""
    found: dict[int, str] = {}
    before: list[Grant] = []
    for grant in grants:
        if clash := _between(grant, before):
            found[grant.pk] = clash
        else:
            before.append(grant)
    return found


def _trouble(grant: Grant) -> str:
    """Say why an office cannot go to its beneficiary: its holder, or what else they hold."""
    if grant.kind not in GIVING_OFFICE or grant.office is None:
        return ""
    person = grant.person or User.objects.filter(email__iexact=grant.facts.get("email", "")).first()
    starts_on, ends_on = pending.first_and_last_day(grant)
    if starts_on is None:
        return ""
    mandate = Mandate(office=grant.office, person=person, starts_on=starts_on, ends_on=ends_on)
    try:
        mandate.validate_constraints({"person"})
    except ValidationError as error:
        return " ".join(error.messages)
    return why_not_appoint(mandate) if person is not None else ""


def _between(grant: Grant, before: Iterable[Grant]) -> str:
    """Say what cannot be given together: one office twice, or two that one person may not hold."""
    if grant.kind not in GIVING_OFFICE or grant.office is None:
        return ""
    for other in before:
        if other.kind not in GIVING_OFFICE or other.office is None:
            continue
        if other.office_id == grant.office_id:
            return _("Une autre ligne donne déjà cette fonction : elle n’a qu’un titulaire.")
        if _beneficiary(other) == _beneficiary(grant) and other.office.role in against_role(
            grant.office.role
        ):
            return not_together()
    return ""


def _beneficiary(grant: Grant) -> str:
    return str(grant.person.email if grant.person else grant.facts.get("email", "")).casefold()


def fingerprint(grants: Sequence[Grant], purpose: str) -> str:
    """Return the SHA-256 of all that is chosen, for one purpose: what the one proof is bound to."""
    said = [f"{purpose}_together", *sorted(grant.fingerprint(purpose) for grant in grants)]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def strictest(grants: Iterable[Grant]) -> Organisation:
    """Return the organisation that asks for the strongest proof, of those whose powers are chosen."""
    order = list(Proof)
    return max((grant.organisation for grant in grants), key=lambda o: order.index(Proof(o.signing_proof)))


@transaction.atomic
def do(actor: User, purpose: str, keys: Iterable[int], *, confirmation: str) -> list[Outcome]:
    """Ask for, or confirm, what was chosen; return what became of each, in order.

    Two who confirm at once give each power once. Raises Locked where the proof is not of these powers,
    or no longer valid: then nothing is done.
    """
    chosen = list(Grant.objects.select_related("organisation").filter(pk__in=list(keys)).order_by("pk"))
    for key in sorted({grant.organisation_id for grant in chosen}):
        Organisation.objects.select_for_update(no_key=True).get(pk=key)
    # in one order, or two lists of the same people would wait for each other
    holding = Mandate.objects.filter(office__in=[grant.office_id for grant in chosen if grant.office_id])
    one_at_a_time({*holding.values_list("person", flat=True), *(g.person_id for g in chosen if g.person_id)})
    try:
        confirmations.consume(actor, confirmation, document_sha256=fingerprint(chosen, purpose))
    except ConfirmationRefused as error:
        raise Locked(str(error)) from error
    return [_one(actor, purpose, grant) for grant in chosen]


def _one(actor: User, purpose: str, grant: Grant) -> Outcome:
    """Do one, or leave it whole: its own savepoint, so that what it refuses undoes nothing else."""
    act = acts.ask if purpose == acts.ASK else acts.give
    try:
        return Outcome(act(actor, grant.pk, _given_together))
    except ActRefused as error:
        return Outcome(grant, error.message)


def _given_together(grant: Grant) -> None:
    """Let through what the one proof was given for, unless somebody's offices have changed meanwhile."""
    if trouble := _trouble(grant):
        raise Locked(trouble)
