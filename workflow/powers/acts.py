"""A power in two acts by two people: one asks, another confirms; each has just said again who they are.

Each takes the lock of the organisation, as its administrator's acts do, then the row's.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures import confirmations
from signatures.errors import ConfirmationRefused
from stakeholders.actions import appoint, declare_absence, record_authority
from stakeholders.incompatibilities import one_at_a_time, why_not_role
from stakeholders.invitations import Invitation
from stakeholders.models import (
    Absence,
    Grant,
    GrantKind,
    GrantState,
    Mandate,
    Organisation,
    SigningAuthority,
    User,
)
from stakeholders.models.grants import LASTS
from stakeholders.permissions import mandates_in_force
from stakeholders.signals import rights_changed
from workflow.powers import appointments, mails, pending
from workflow.record.refusals import Invalid, Locked, NotAllowed

REFUSING_OWES_WHY = gettext_lazy("Dites pourquoi vous refusez : la personne qui demande le lira.")
ASK, CONFIRM = "ask", "confirm"
Prove = Callable[[Grant], None]


def request_grant(actor: User, pk: int, *, confirmation: str) -> Grant:
    """Ask for what was drafted; those concerned are told. Raises ActRefused."""
    return ask(actor, pk, lambda grant: _prove(actor, grant, ASK, confirmation))


@transaction.atomic
def ask(actor: User, pk: int, prove: Prove) -> Grant:
    """Ask for what was drafted, once ``prove`` has let the actor through. Raises ActRefused."""
    grant = _locked(pk)
    if grant.asked_by_id != actor.pk:
        raise NotAllowed
    if grant.state != GrantState.DRAFTED:
        raise Locked(_("Cette demande est déjà partie : rien d’autre n’est attendu de vous."))
    if refusal := pending.obstacle_to_ask(actor, grant):
        raise NotAllowed(refusal)
    _as_it_was_drafted(grant)
    prove(grant)
    now = timezone.now()
    grant.state, grant.requested_at, grant.expires_at = GrantState.REQUESTED, now, now + LASTS
    grant.asked_as = quality_of(actor, grant.organisation)
    grant.save(update_fields=["state", "requested_at", "expires_at", "asked_as"])
    mails.tell("grant_requested", grant, actor=actor, quality=grant.asked_as)
    return grant


def confirm_grant(
    actor: User, pk: int, *, confirmation: str, immediately: bool = False, reason: str = ""
) -> Grant:
    """Give what was asked, as a second person; it may serve at once where they say why it cannot wait.

    Two who confirm at once give it once. Raises ActRefused.
    """
    return give(
        actor,
        pk,
        lambda grant: _prove(actor, grant, CONFIRM, confirmation),
        immediately=immediately,
        reason=reason.strip(),
    )


def give(actor: User, pk: int, prove: Prove, *, immediately: bool = False, reason: str = "") -> Grant:
    """Give what was asked, once ``prove`` has let the actor through. Raises ActRefused."""
    try:
        return _confirmed(actor, pk, prove, immediately, reason)
    except IntegrityError as error:  # somebody took the office by another way at this very moment
        raise Locked(
            _("Cette fonction vient d’être donnée à quelqu’un d’autre : refusez cette demande.")
        ) from error


@transaction.atomic
def _confirmed(actor: User, pk: int, prove: Prove, immediately: bool, reason: str) -> Grant:
    grant = _locked(pk)
    if closed := pending.closed(grant):
        raise Locked(closed)
    if refusal := pending.obstacle(actor, grant):
        raise NotAllowed(refusal)
    if immediately and not reason:
        raise Invalid(_("Dites pourquoi ce pouvoir ne peut attendre : chacun le lira."), field="reason")
    if refusal := pending.obstacle_to_ask(grant.asked_by, grant):
        raise Locked(_("La personne qui a fait cette demande n’en a plus le droit : refusez-la."))
    _as_it_was_drafted(grant)
    prove(grant)
    now = timezone.now()
    grant.state, grant.settled_by, grant.settled_at = GrantState.CONFIRMED, actor, now
    grant.immediately, grant.reason = immediately, reason if immediately else ""
    grant.may_act_from = None if immediately else now + settings.NEW_POWER_COOLDOWN
    settled = ("state", "settled_by", "settled_at", "immediately", "reason", "may_act_from")
    grant.save(update_fields=settled)
    try:
        EFFECTS[GrantKind(grant.kind)](grant)
    except ValidationError as error:
        raise Locked(" ".join(error.messages)) from error
    mails.tell("grant_confirmed", grant, actor=actor, quality=quality_of(actor, grant.organisation))
    return grant


@transaction.atomic
def refuse_grant(actor: User, pk: int, *, reason: str) -> Grant:
    """Refuse what was asked, and say why: whoever may confirm it, whoever it is for or from."""
    grant = _locked(pk)
    if closed := pending.closed(grant):
        raise Locked(closed)
    grantor = grant.grantor.person_id if grant.grantor else None
    if actor.pk not in {grant.person_id, grantor} and pending.obstacle(actor, grant):
        raise NotAllowed
    if not reason.strip():
        raise Invalid(str(REFUSING_OWES_WHY), field="reason")
    _settle(grant, GrantState.REFUSED, actor, reason.strip())
    return grant


@transaction.atomic
def withdraw_grant(actor: User, pk: int) -> Grant:
    """Take back what one asked for oneself, sent or not, before it is settled."""
    grant = _locked(pk)
    if actor.pk != grant.asked_by_id:
        raise NotAllowed
    if grant.state not in {GrantState.DRAFTED, GrantState.REQUESTED}:
        raise Locked(pending.closed(grant))
    _settle(grant, GrantState.WITHDRAWN, actor, "")
    return grant


def _settle(grant: Grant, state: GrantState, actor: User, reason: str) -> None:
    was_sent = grant.state == GrantState.REQUESTED
    grant.state, grant.settled_by, grant.settled_at = state, actor, timezone.now()
    grant.reason = reason
    grant.save(update_fields=["state", "settled_by", "settled_at", "reason"])
    if was_sent:
        mails.tell(
            "grant_refused" if state == GrantState.REFUSED else "grant_withdrawn",
            grant,
            actor=actor,
            quality=quality_of(actor, grant.organisation),
        )


def quality_of(person: User, organisation: Organisation) -> str:
    """Return as what somebody asks or confirms: their office, that in the organisation first."""
    held = [m for m in mandates_in_force(person) if m.covers(None)]
    held.sort(key=lambda m: (m.office.organisation_id != organisation.pk, m.pk))
    return held[0].quality if held else _("administration de la plateforme")


def _locked(pk: int) -> Grant:
    found = Grant.objects.values_list("organisation", flat=True).get(pk=pk)
    Organisation.objects.select_for_update(no_key=True).get(pk=found)
    rows = Grant.objects.select_related(
        "organisation", "office__organisation", "person", "grantor__person", "asked_by"
    )
    return rows.select_for_update(of=("self",)).get(pk=pk)


def _prove(actor: User, grant: Grant, purpose: str, confirmation: str) -> None:
    try:
        confirmations.consume(actor, confirmation, document_sha256=grant.fingerprint(purpose))
    except ConfirmationRefused as error:
        raise Locked(str(error)) from error


def _as_it_was_drafted(grant: Grant) -> None:
    """Refuse where the office is no longer what it was: another power would be given than was asked."""
    if grant.office is None:
        return
    then = grant.facts["role"], grant.facts["administers"]
    if then != (grant.office.role, grant.office.administers):
        raise Locked(_("Cette fonction a changé depuis la demande : qu’une autre soit faite."))


# --- what follows ------------------------------------------------------------------------


def _give_office(grant: Grant) -> None:
    assert grant.person is not None and grant.office is not None  # noqa: S101 (as propose keeps it)
    appoint(
        grant.person,
        grant.office,
        starts_on=_day(grant, "starts_on"),
        ends_on=_day(grant, "ends_on", None),
        act=grant.facts.get("act", ""),
        may_sign_from=grant.may_act_from,
        actor=grant.asked_by,
    )


def _invite(grant: Grant) -> None:
    facts = {name: grant.facts[name] for name in ("email", "civility", "first_name", "last_name")}
    assert grant.office is not None  # noqa: S101 (as propose keeps it)
    appointments.send_invitation(
        grant.asked_by,
        grant.office,
        grant=grant,
        starts_on=_day(grant, "starts_on"),
        ends_on=_day(grant, "ends_on", None),
        **facts,
    )


def _record(grant: Grant) -> None:
    facts = grant.facts
    record_authority(
        SigningAuthority(
            kind=facts["kind"],
            office=grant.office,
            grantor=grant.grantor,
            delegate=Mandate.objects.get(pk=facts["delegate"]),
            act=facts["act"],
            published_in=facts["published_in"],
            published_on=_day(grant, "published_on", None),
            starts_on=_day(grant, "starts_on"),
            ends_on=_day(grant, "ends_on", None),
            scope=facts["scope"],
            covers_contract_signature=facts["covers_contract_signature"],
            contract_kinds=facts["contract_kinds"],
            communes=facts["communes"],
            document_sha256=grant.document_sha256,
            may_sign_from=grant.may_act_from,
        ),
        actor=grant.asked_by,
    )


def _declare_absence(grant: Grant) -> None:
    facts = grant.facts
    declare_absence(
        Absence(
            mandate=grant.grantor,
            substitute=Mandate.objects.get(pk=facts["substitute"]),
            starts_on=_day(grant, "starts_on"),
            ends_on=_day(grant, "ends_on"),
            powers=facts["powers"],
            note=facts["note"],
        ),
        actor=grant.asked_by,
    )


def _widen(grant: Grant) -> None:
    office = grant.office
    assert office is not None  # noqa: S101 (as propose keeps it)
    one_at_a_time(office.mandates.values_list("person", flat=True))
    if refusal := why_not_role(office, grant.facts["to_role"]):  # given meanwhile to who holds it
        raise ValidationError(refusal)
    office.role, office.administers = grant.facts["to_role"], grant.facts["to_administers"]
    office.save(update_fields=["role", "administers"])
    held = office.mandates.filter(withdrawn_at=None).exclude(ends_on__lt=timezone.localdate())
    held = held.select_related("person", "office")
    for mandate in held:
        mandate.may_sign_from = grant.may_act_from
        mandate.save(update_fields=["may_sign_from"])
        rights_changed.send(
            Mandate, verb="office_widened", person=mandate.person, actor=grant.asked_by, mandate=mandate
        )
    Invitation.objects.pending().filter(office=office, grant=None).update(cancelled_at=timezone.now())


def _lower(grant: Grant) -> None:
    if grant.organisation.signing_proof != grant.facts["from_proof"]:
        raise Locked(_("La preuve demandée a changé depuis la demande : qu’une autre soit faite."))
    Organisation.objects.filter(pk=grant.organisation_id).update(signing_proof=grant.facts["proof"])


def _day(grant: Grant, name: str, *missing: None) -> Any:
    text = grant.facts.get(name)
    found: dt.date | None = parse_date(text) if text else None
    if found is None and not missing:
        raise Locked(_("Cette demande ne dit pas de quel jour elle part : qu’une autre soit faite."))
    return found


EFFECTS: dict[GrantKind, Callable[[Grant], None]] = {
    GrantKind.MANDATE: _give_office,
    GrantKind.INVITATION: _invite,
    GrantKind.AUTHORITY: _record,
    GrantKind.ABSENCE: _declare_absence,
    GrantKind.OFFICE: _widen,
    GrantKind.PROOF: _lower,
}
