"""What the stakeholders room tells of accounts and sessions: journaled, mailed, told to open pages."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.dispatch import receiver
from django.http import HttpRequest

from signatures import means
from stakeholders.masking import masked
from stakeholders.models import User
from stakeholders.sessions import mark_of
from stakeholders.signals import account_changed, session_closed, sessions_closed
from workflow.accounts import mails
from workflow.record import events, journal

# after these, what was confirmed just before is to be confirmed again
VOIDING = frozenset(
    {
        "factor_added",
        "factor_removed",
        "factors_forgotten",
        "password_reset",
        "password_set",
        "password_changed",
    }
)


@receiver(account_changed)
def account_moved(verb: str, person: User, actor: User | None, facts: dict[str, Any], **_kwargs: Any) -> None:
    """Journal who changed what of whose account, and tell those whom it concerns; never an address whole."""
    with transaction.atomic():
        kept = {name: masked(fact) if "@" in str(fact) else fact for name, fact in facts.items()}
        journal.record(verb, contract=None, actor=actor, payload={"person": person.pk, **kept})
        mails.send(verb, person, actor, facts)
        _follow_proofs(verb, person, facts)


def _follow_proofs(verb: str, person: User, facts: dict[str, Any]) -> None:
    """Have what was added or chosen count before a signature only once it may."""
    if verb == "factor_added":
        means.added(person, facts["authenticator"], proved=facts["proved"])
    if verb in {"password_reset", "password_set"}:
        means.password_came_by_mail(person)
    if verb in VOIDING:
        means.forget_confirmations(person)


@receiver(user_logged_out)
def session_ended(request: HttpRequest, user: User | None, **_kwargs: Any) -> None:
    """Close the sockets of a session that has just ended."""
    if user is not None:
        _close(user, session=mark_of(request.session))


@receiver(session_closed)
def session_was_ended(person: User, mark: str, **_kwargs: Any) -> None:
    """Close the sockets of a session that its owner, or a withdrawal, has ended elsewhere."""
    _close(person, session=mark)


@receiver(sessions_closed)
def only_one_session_is_left(person: User, kept: str, **_kwargs: Any) -> None:
    """Close the sockets of all of a person's sessions but one."""
    _close(person, all_but=kept)


def _close(person: User, **which: Any) -> None:
    with transaction.atomic():
        events.publish("session_ended", None, recipient=person, **which)
