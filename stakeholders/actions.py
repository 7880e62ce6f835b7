"""One verb per change of who may act: check, change, tell."""

from __future__ import annotations

import datetime as dt

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils import timezone

from stakeholders.models import Mandate, Office, User
from stakeholders.sessions import end_sessions
from stakeholders.signals import rights_changed


@transaction.atomic
def appoint(
    person: User,
    office: Office,
    *,
    starts_on: dt.date,
    ends_on: dt.date | None = None,
    act: str = "",
    actor: User | None,
) -> Mandate:
    """Give an office to a person from a day on; raises ValidationError when it already has a holder."""
    mandate = Mandate(person=person, office=office, starts_on=starts_on, ends_on=ends_on, act=act)
    mandate.full_clean()
    mandate.save()
    rights_changed.send(Mandate, verb="mandate_given", person=person, actor=actor, mandate=mandate)
    return mandate


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
def forget_factors(person: User, *, actor: User | None) -> None:
    """Take away the passkeys and codes of somebody who lost them all; their password lets them in again."""
    Authenticator.objects.filter(user=person).delete()
    rights_changed.send(User, verb="factors_forgotten", person=person, actor=actor, mandate=None)


@transaction.atomic
def forget_former_addresses(person: User) -> None:
    """Have an address that is no longer the account's open it no more, by a code or by a reset."""
    EmailAddress.objects.filter(user=person).exclude(email__iexact=person.email).delete()
