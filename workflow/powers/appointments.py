"""The administrator of an organisation: invite, give an office, withdraw, say what signing asks for.

Each takes the lock of the organisation, so that two administrators act one after the other.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.translation import gettext as _

from stakeholders import public_address
from stakeholders.actions import appoint, end_mandate, withdraw_mandate
from stakeholders.granting import gives_power, is_lowered, needs_act, same_mailbox, to_oneself
from stakeholders.incompatibilities import why_not_appoint
from stakeholders.invitations import LASTS, Invitation, hash_of, new_token
from stakeholders.models import Grant, GrantKind, Mandate, Office, Organisation, Role, User
from stakeholders.permissions import administration_of
from workflow.notices.allowances import allow
from workflow.notices.mail import HIDDEN, defer_mail
from workflow.powers.asking import administering, appointing, as_fact, propose
from workflow.record import journal
from workflow.record.refusals import Invalid, Locked, NotAllowed

ROLES_TO_ADD = (Role.CONTRIBUTOR, Role.PILOT, Role.REVIEWER)  # the others sign, approve, record or control


@transaction.atomic
def invite(
    actor: User,
    organisation: Organisation,
    *,
    office: Office,
    act: str = "",
    document: str = "",
    quota: str = "invitation",
    **facts: Any,
) -> Invitation | Grant:
    """Offer an office to an address and mail the link; an earlier offer of the same is cancelled.

    ``facts``: email, civility, first_name, last_name, starts_on, ends_on; ``document`` names the act's
    PDF among the blobs; ``quota`` is the one whose limits count. An office that gives a power is only
    asked for: its link leaves when a second person confirms. Raises ActRefused.
    """
    mandate = appointing(actor, organisation)
    _must_be_free(office, organisation, facts["starts_on"], facts["ends_on"])
    if same_mailbox(facts["email"], actor.email):
        raise Invalid(to_oneself(), field="email")
    allow(quota, sender=actor.pk, organisation=organisation.pk, recipient=facts["email"])
    if gives_power(office):
        asked = {name: as_fact(fact) for name, fact in facts.items()}
        return propose(
            Grant(
                kind=GrantKind.INVITATION,
                organisation=organisation,
                office=office,
                facts={**asked, "act": act},
                document_sha256=document,
                asked_by=actor,
            )
        )
    return send_invitation(actor, office, mandate=mandate, **facts)


def send_invitation(
    actor: User, office: Office, *, mandate: Mandate | None = None, grant: Grant | None = None, **facts: Any
) -> Invitation:
    """Mail the link of an invitation, in the caller's transaction; ``grant`` is what was confirmed."""
    now, token = timezone.now(), new_token()
    Invitation.objects.pending().filter(office=office, email__iexact=facts["email"]).update(cancelled_at=now)
    invitation = Invitation(
        office=office,
        invited_by=actor,
        token_hash=hash_of(token),
        created_at=now,
        expires_at=now + LASTS,
        grant=grant,
        **facts,
    )
    invitation.save()
    defer_mail(
        to=invitation.email,
        subject=_("[Contreseing] Invitation %(of_organisation)s")
        % {"of_organisation": office.organisation.after_of},
        body=_letter(invitation, public_address.link("invitation", token)),
        shown=_letter(invitation, HIDDEN),
        invitation=invitation,
    )
    _record("invitation_sent", actor, mandate, invitation=invitation.pk, office=str(office))
    return invitation


def _letter(invitation: Invitation, link: str) -> str:
    context = {"invitation": invitation, "organisation": invitation.office.organisation, "link": link}
    return render_to_string("powers/mail/invitation.txt", context)


@transaction.atomic
def cancel_invitation(actor: User, organisation: Organisation, invitation: Invitation) -> None:
    """Have the link serve no more; nothing happens to one that was accepted or cancelled."""
    mandate = appointing(actor, organisation)
    pending = Invitation.objects.pending().filter(pk=invitation.pk, office__organisation=organisation)
    if pending.update(cancelled_at=timezone.now()):
        _record("invitation_cancelled", actor, mandate, invitation=invitation.pk)


def accept_invitation(invitation_id: int, *, person: User | None, password: str = "") -> User:
    """Open the account, unless the person has one and is logged in to it, and give the office.

    Sent twice at once, it opens one account and gives one mandate: the row is locked. Raises
    Invitation.DoesNotExist for a number that is none, Locked with what to do otherwise.
    """
    hashed = make_password(password) if password else ""  # slow: before the lock
    try:
        with transaction.atomic():
            # as whoever widens its office, or gives it: one after the other
            organisation = Organisation.objects.filter(offices__invitations=invitation_id)
            list(organisation.select_for_update(no_key=True, of=("self",)))
            found = Invitation.objects.select_related("office__organisation", "invited_by", "grant")
            invitation = found.select_for_update(of=("self",)).get(pk=invitation_id)
            if obstacle := invitation.why_closed():
                raise Locked(obstacle)
            return _accepted(invitation, person, hashed)
    except IntegrityError as error:  # the same address accepted another invitation at this very moment
        raise Locked(
            _("Votre compte vient d’être ouvert par ailleurs : connectez-vous, puis recommencez.")
        ) from error


def _accepted(invitation: Invitation, person: User | None, hashed: str) -> User:
    account = account_of(invitation)
    if account is None and hashed:
        account = User.objects.create(
            email=User.objects.normalize_email(invitation.email),
            civility=invitation.civility,
            first_name=invitation.first_name,
            last_name=invitation.last_name,
            password=hashed,
        )
    elif account is None or account != person or not account.is_active:
        raise Locked(_("Un compte existe déjà à votre adresse : connectez-vous pour accepter."))
    grant = invitation.grant
    office = invitation.office
    if account.pk in {invitation.invited_by_id, grant.settled_by_id if grant else None}:
        raise Locked(to_oneself())
    offered = grant is not None and (grant.facts["role"], grant.facts["administers"])
    if gives_power(office) and offered != (office.role, office.administers):  # it is more than was offered
        raise Locked(_("Cette fonction a changé depuis l’invitation : demandez-en une autre."))
    if grant is not None and grant.immediately:
        may_sign_from = None
    else:
        may_sign_from = timezone.now() + settings.NEW_POWER_COOLDOWN if grant else None
    try:
        mandate = appoint(
            account,
            invitation.office,
            starts_on=max(invitation.starts_on, timezone.localdate()),
            ends_on=invitation.ends_on,
            act=grant.facts.get("act", "") if grant else "",
            may_sign_from=may_sign_from,
            actor=invitation.invited_by,
        )
    except ValidationError as error:
        if incompatible := getattr(error, "error_dict", {}).get("office"):
            raise Locked(" ".join(ValidationError(incompatible).messages)) from error
        raise Locked(
            _("Cette fonction a été donnée à quelqu’un d’autre : demandez une autre invitation.")
        ) from error
    invitation.accepted_at, invitation.accepted_by = timezone.now(), account
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    _record("invitation_accepted", account, mandate, invitation=invitation.pk)
    return account


def account_of(invitation: Invitation) -> User | None:
    """Return the account at the address that was invited, if there is one."""
    found: User | None = User.objects.filter(email__iexact=invitation.email).first()
    return found


@transaction.atomic
def give_office(
    actor: User,
    organisation: Organisation,
    *,
    person: User,
    office: Office,
    starts_on: dt.date,
    ends_on: dt.date | None,
    act: str,
    document: str = "",
) -> Mandate | Grant:
    """Give an office of the organisation to somebody it already knows; ask for it if it gives a power."""
    appointing(actor, organisation)
    _must_be_free(office, organisation, starts_on, ends_on)
    if person == actor:
        raise Invalid(to_oneself(), field="person")
    if gives_power(office):
        if refusal := why_not_appoint(
            Mandate(person=person, office=office, starts_on=starts_on, ends_on=ends_on)
        ):
            raise Invalid(refusal, field="office")
        facts = {"starts_on": as_fact(starts_on), "ends_on": as_fact(ends_on), "act": act}
        return propose(
            Grant(
                kind=GrantKind.MANDATE,
                organisation=organisation,
                office=office,
                person=person,
                facts=facts,
                document_sha256=document,
                asked_by=actor,
            )
        )
    try:
        return appoint(person, office, starts_on=starts_on, ends_on=ends_on, act=act, actor=actor)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error


@transaction.atomic
def withdraw(actor: User, organisation: Organisation, mandate: Mandate) -> None:
    """End a mandate at once; the last administrator stays, or nobody could invite anybody."""
    administering(actor, organisation)
    current = Mandate.objects.select_for_update(of=("self",)).select_related("office").get(pk=mandate.pk)
    if current.office.organisation_id != organisation.pk:
        raise NotAllowed
    if current.withdrawn_at is not None:
        raise Locked(_("Ce mandat est déjà retiré."))
    if is_last_administration(current, organisation):
        raise Locked(
            _(
                "C’est le dernier mandat qui administre l’organisation : sans lui, plus personne ne pourrait "
                "inviter ni nommer. Donnez d’abord une fonction d’administration à quelqu’un d’autre."
            )
        )
    if refusal := why_not_end(actor, current):
        raise Locked(refusal)
    withdraw_mandate(current, actor=actor)


def why_not_end(actor: User, mandate: Mandate) -> str:
    """Return why an administrator may not end this mandate, or nothing.

    An election or a decree names a public authority, and ends what it named: a mayor's own administration
    does not put the mayor out of office. The holder may say when they leave.
    """
    office = mandate.office
    if office.role != Role.HEAD or not needs_act(office) or mandate.person_id == actor.pk:
        return ""
    return _(
        "Le mandat d’une autorité prend fin par une élection, un décret ou une démission, et non par "
        "l’administrateur de son organisation. Adressez-vous à l’administration de la plateforme avec l’acte "
        "qui y met fin ; le titulaire peut aussi en fixer lui-même le dernier jour."
    )


@transaction.atomic
def add_office(actor: User, organisation: Organisation, *, title: str, role: str) -> Office:
    """Create an office that gives no power to sign, approve or administer: an assistant, a second officer.

    Raises Invalid for a title that the organisation has, or for a role that an administrator does not create.
    """
    mandate = administering(actor, organisation)
    if role not in ROLES_TO_ADD:
        raise Invalid(_("Choisissez un des rôles proposés."), "role")
    office = Office(organisation=organisation, title=title, role=role)
    try:
        office.full_clean()
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), "title") from error
    office.save(force_insert=True)
    _record("office_added", actor, mandate, office=str(office), role=role)
    return office


@transaction.atomic
def set_last_day(
    actor: User, organisation: Organisation, mandate: Mandate, *, ends_on: dt.date, handover: str
) -> None:
    """Say until when a mandate runs and what comes after it should know: its holder, or an administrator.

    Raises ValidationError where the day cannot be, NotAllowed for anybody else.
    """
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    current = Mandate.objects.select_for_update(of=("self",)).select_related("office").get(pk=mandate.pk)
    if current.person_id != actor.pk and administration_of(actor, organisation) is None:
        raise NotAllowed
    if refusal := why_not_end(actor, current):
        raise Locked(refusal)
    end_mandate(current, ends_on=ends_on, handover=handover, actor=actor)


def is_last_administration(mandate: Mandate, organisation: Organisation, on: dt.date | None = None) -> bool:
    """Whether nobody else administers the organisation that day (today if none is given)."""
    if not mandate.office.administers:
        return False
    others = Mandate.objects.in_force(on).filter(
        office__organisation=organisation, office__administers=True, person__is_active=True
    )
    return not others.exclude(pk=mandate.pk).exists()


@transaction.atomic
def set_signing_proof(actor: User, organisation: Organisation, proof: str) -> Grant | None:
    """Say what a signatory of the organisation must hold; to ask for less takes a second person."""
    mandate = administering(actor, organisation)
    current = Organisation.objects.get(pk=organisation.pk).signing_proof
    if is_lowered(current, proof):
        facts = {"proof": proof, "from_proof": current}
        return propose(Grant(kind=GrantKind.PROOF, organisation=organisation, facts=facts, asked_by=actor))
    Organisation.objects.filter(pk=organisation.pk).update(signing_proof=proof)
    _record("signing_proof_changed", actor, mandate, organisation=organisation.pk, proof=proof)
    return None


def _must_be_free(
    office: Office, organisation: Organisation, starts_on: dt.date, ends_on: dt.date | None
) -> None:
    if office.organisation_id != organisation.pk:
        raise NotAllowed
    try:
        Mandate(office=office, starts_on=starts_on, ends_on=ends_on).validate_constraints({"person"})
    except ValidationError as error:
        way_out = _(
            "Pour une personne de plus, créez d’abord une fonction ; pour un successeur, fixez le dernier "
            "jour du titulaire et faites commencer le mandat suivant le lendemain."
        )
        raise Invalid(" ".join([*error.messages, way_out]), field="office") from error


def _record(verb: str, actor: User, mandate: Mandate | None, **payload: Any) -> None:
    journal.record(verb, contract=None, actor=actor, mandate=mandate, payload=payload)
