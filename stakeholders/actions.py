"""One verb per change of who may act: check, change, tell."""

from __future__ import annotations

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from stakeholders.days import plausible
from stakeholders.granting import to_oneself
from stakeholders.incompatibilities import one_at_a_time, why_not_appoint, why_not_replace, why_not_sign_for
from stakeholders.models import Absence, Grant, GrantState, Mandate, Office, SigningAuthority, User
from stakeholders.sessions import end_sessions
from stakeholders.signals import absence_changed, authority_changed, rights_changed
from stakeholders.wording import day


@transaction.atomic
def appoint(
    person: User,
    office: Office,
    *,
    starts_on: dt.date,
    ends_on: dt.date | None = None,
    act: str = "",
    limited_to: models.Model | None = None,
    may_sign_from: dt.datetime | None = None,
    actor: User | None,
) -> Mandate:
    """Give an office to a person from a day on; ``limited_to`` makes it a mandate for one object only.

    What follows from a decision: pages ask first (:func:`propose`). ``may_sign_from`` ends its cool-down,
    if it has one. Raises ValidationError when it already has a holder, or cannot go with another
    that the person holds.
    """
    mandate = Mandate(
        person=person,
        office=office,
        starts_on=starts_on,
        ends_on=ends_on,
        act=act,
        limited_to=limited_to,
        may_sign_from=may_sign_from,
    )
    mandate.full_clean()
    one_at_a_time([person.pk])
    if refusal := why_not_appoint(mandate):
        raise ValidationError({"office": refusal})
    mandate.save()
    rights_changed.send(Mandate, verb="mandate_given", person=person, actor=actor, mandate=mandate)
    return mandate


def propose(grant: Grant) -> Grant:
    """Keep what somebody is about to ask for; nothing follows before they say again who they are.

    ``facts`` remember the office as it is, so that what is confirmed is what was asked. Asked twice
    before it is sent, it is the same row; the caller holds the organisation's lock. Raises
    ValidationError when they ask for themselves, or when it waits already for who confirms it.
    """
    if grant.asked_by_id in grant.beneficiaries():
        raise ValidationError(to_oneself())
    if grant.office is not None:
        grant.facts = {"role": grant.office.role, "administers": grant.office.administers, **grant.facts}
    alike = Grant.objects.pending().filter(
        **{field: getattr(grant, field) for field in ("kind", "organisation", "office", "person", "grantor")},
        facts=grant.facts,
        document_sha256=grant.document_sha256,
    )
    if (drafted := alike.filter(state=GrantState.DRAFTED, asked_by=grant.asked_by).first()) is not None:
        return drafted
    if alike.filter(state=GrantState.REQUESTED).exists():
        raise ValidationError(_("Ce pouvoir est déjà demandé : il attend d’être confirmé."))
    grant.validate_constraints()
    grant.save(force_insert=True)
    return grant


@transaction.atomic
def withdraw_mandate(mandate: Mandate, *, actor: User | None) -> None:
    """End a mandate at once: no right is left of it, open pages close; sessions end with the last one."""
    mandate.withdrawn_at = timezone.now()
    mandate.save(update_fields=["withdrawn_at"])
    end_sessions(mandate.person)
    rights_changed.send(
        Mandate, verb="mandate_withdrawn", person=mandate.person, actor=actor, mandate=mandate
    )


@transaction.atomic
def deactivate(person: User, *, actor: User | None) -> None:
    """Close an account without deleting it: the acts it signed keep their author."""
    person.is_active = False
    person.save(update_fields=["is_active"])
    end_sessions(person)
    rights_changed.send(User, verb="account_closed", person=person, actor=actor, mandate=None)


@transaction.atomic
def end_mandate(mandate: Mandate, *, ends_on: dt.date, handover: str = "", actor: User | None) -> None:
    """Set the last day of a mandate, with what its successor should know; raises ValidationError.

    The day can neither be past, which would rewrite who held the office, nor later than the end
    that an act of appointment set: only a new act prolongs a mandate.
    """
    plausible(ends_on)
    if ends_on < timezone.localdate():
        raise ValidationError(
            {"ends_on": _("Ce jour est passé : choisissez aujourd’hui ou un jour à venir.")}
        )
    if mandate.ends_on is not None and ends_on > mandate.ends_on:
        raise ValidationError(
            {
                "ends_on": _(
                    "Ce mandat prend fin le %(day)s : le prolonger demande un nouvel acte de nomination, que "
                    "l’administrateur de votre organisation enregistre."
                )
                % {"day": day(mandate.ends_on)}
            }
        )
    mandate.ends_on, mandate.handover = ends_on, handover.strip()
    mandate.full_clean()
    mandate.save(update_fields=["ends_on", "handover"])
    rights_changed.send(Mandate, verb="mandate_ended", person=mandate.person, actor=actor, mandate=mandate)


def _insert(row: SigningAuthority | Absence) -> None:
    """Write a row that its own checks let through; raises ValidationError when its like came first."""
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        row.validate_constraints()  # somebody wrote the other one at this very moment: it says so
        raise


@transaction.atomic
def record_authority(authority: SigningAuthority, *, actor: User | None) -> SigningAuthority:
    """Enter an act in the register of who may sign; raises ValidationError."""
    authority.recorded_by = actor
    authority.full_clean()
    if refusal := why_not_sign_for(authority):
        raise ValidationError({"delegate": refusal})
    _insert(authority)
    authority_changed.send(SigningAuthority, verb="authority_recorded", authority=authority, actor=actor)
    return authority


@transaction.atomic
def end_authority(authority: SigningAuthority, *, actor: User | None) -> None:
    """End an authority at once: from this moment it lets nobody sign, a signature under way included.

    Raises ValidationError when it has ended already.
    """
    ended = SigningAuthority.objects.filter(pk=authority.pk, withdrawn_at=None).update(
        withdrawn_at=timezone.now()
    )
    if not ended:
        raise ValidationError(_("Cette habilitation est déjà retirée."))
    authority.refresh_from_db()
    authority_changed.send(SigningAuthority, verb="authority_ended", authority=authority, actor=actor)


@transaction.atomic
def declare_absence(absence: Absence, *, actor: User) -> Absence:
    """Say that somebody will be away and who acts meanwhile; raises ValidationError."""
    absence.declared_by = actor
    absence.full_clean()
    if refusal := why_not_replace(absence):
        raise ValidationError({"substitute": refusal})
    _insert(absence)
    absence_changed.send(Absence, verb="absence_declared", absence=absence, actor=actor)
    return absence


@transaction.atomic
def end_absence(absence: Absence, *, actor: User) -> None:
    """End an absence at once: the tasks come back. Raises ValidationError when it has ended already."""
    ended = Absence.objects.filter(pk=absence.pk, withdrawn_at=None).update(withdrawn_at=timezone.now())
    if not ended:
        raise ValidationError(_("Cette absence est déjà terminée."))
    absence.refresh_from_db()
    absence_changed.send(Absence, verb="absence_ended", absence=absence, actor=actor)
