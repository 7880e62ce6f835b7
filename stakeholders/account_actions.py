"""One verb per change of who somebody is and by what they prove it: check, change, end sessions, tell.

Whoever does it, by whatever road: the news (``account_changed``) is journaled and mailed to the
person, at the address that they had before.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from stakeholders.models import User
from stakeholders.sessions import end_other_sessions
from stakeholders.signals import account_changed

MAILBOX_HELD = dt.timedelta(hours=72)


@transaction.atomic
def open_account(person: User, *, actor: User | None) -> User:
    """Keep a new account without a password: its owner alone chooses one, by the link of a mail."""
    person.set_unusable_password()
    person.full_clean(exclude=["password"])
    person.save(force_insert=True)
    _tell("account_opened", person, actor)
    return person


@transaction.atomic
def rename(person: User, *, actor: User, civility: str, first_name: str, last_name: str) -> None:
    """Change the name under which somebody acts and signs."""
    before = str(_locked(person))
    person.civility, person.first_name, person.last_name = civility, first_name, last_name
    person.save(update_fields=["civility", "first_name", "last_name"])
    _tell("person_renamed", person, actor, before=before, after=str(person))


def give_telephone(person: User, number: str) -> None:
    """Keep the telephone of somebody's office, as they gave it; nothing takes it away."""
    person.telephone = number
    person.save(update_fields=["telephone"])


@transaction.atomic
def change_address(person: User, address: str, *, actor: User | None) -> None:
    """Give an account another address; the former opens it no more, and is told.

    An address that somebody else gave proves nothing for three days (no code, no reset, no identity
    is taken from its mailbox), unless a second administrator confirms it: meanwhile the person
    goes on with their password and their factors. Raises ValidationError.
    """
    former = _locked(person).email
    address = User.objects.normalize_email(address)
    if address == former:
        return
    person.email = address
    own = actor is not None and actor.pk == person.pk
    person.mailbox_held_until = None if own else timezone.now() + MAILBOX_HELD
    person.mailbox_given_by = None if own else actor
    person.full_clean()
    person.save(update_fields=["email", "mailbox_held_until", "mailbox_given_by"])
    EmailAddress.objects.filter(user=person).delete()
    end_other_sessions(person)
    _tell("address_changed", person, actor, former=former, after=address)


@transaction.atomic
def confirm_address(person: User, *, actor: User) -> None:
    """A second administrator vouches for an address; raises ValidationError for who gave it, or its owner."""
    current = _locked(person)
    if not current.mailbox_is_held:
        raise ValidationError(_("Cette adresse n’attend aucune confirmation."))
    if actor.pk in {current.mailbox_given_by_id, current.pk}:
        raise ValidationError(
            _("Une adresse se confirme par un autre administrateur que celui qui l’a donnée.")
        )
    User.objects.filter(pk=person.pk).update(mailbox_held_until=None, mailbox_given_by=None)
    _tell("address_confirmed", person, actor)


@transaction.atomic
def set_platform_rights(person: User, *, is_staff: bool, is_superuser: bool, actor: User) -> None:
    """Let somebody into the platform's administration, or out of it; raises ValidationError.

    Done by another superuser, who proved a second factor just before (asked by the caller, who
    has the request); every superuser is told.
    """
    if refusal := why_not_set_rights(person, is_superuser=is_superuser, actor=actor):
        raise ValidationError(refusal)
    person.is_staff, person.is_superuser = is_staff, is_superuser
    person.save(update_fields=["is_staff", "is_superuser"])
    end_other_sessions(person)
    _tell("platform_rights_changed", person, actor, is_staff=is_staff, is_superuser=is_superuser)


def why_not_set_rights(person: User, *, is_superuser: bool, actor: User) -> str:
    """Say why somebody may not change what another is on the platform; nothing when they may."""
    if not (actor.is_superuser and actor.is_active):
        return _("Seul un superutilisateur ouvre ou ferme l’administration de la plateforme.")
    if person.pk == actor.pk:
        return _("On ne change pas ses propres droits : demandez-le à un autre superutilisateur.")
    return ""


@transaction.atomic
def forget_factors(person: User, *, actor: User | None) -> None:
    """Take away the passkeys and codes of somebody who lost them all; their password lets them in again."""
    Authenticator.objects.filter(user=person).delete()
    end_other_sessions(person)
    _tell("factors_forgotten", person, actor)


@transaction.atomic
def credentials_changed(verb: str, person: User, *, request: HttpRequest | None, **facts: Any) -> None:
    """Somebody changed by what they prove who they are: their other sessions end.

    ``request``: the one that changed it, where the person has logged in; its session lives on.
    """
    end_other_sessions(person, kept=request)
    _tell(verb, person, person, **facts)


def _locked(person: User) -> User:
    found: User = User.objects.select_for_update(no_key=True).get(pk=person.pk)
    return found


def _tell(verb: str, person: User, actor: User | None, **facts: Any) -> None:
    account_changed.send(User, verb=verb, person=person, actor=actor, facts=facts)
