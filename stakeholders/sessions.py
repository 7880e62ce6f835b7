"""Open sessions: how long they last, what they are recognised by, and what ends them.

A session keeps one mark from log-in to log-out, though its identifier changes whenever its
owner proves who they are: open pages are found by the mark.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Iterable
from importlib import import_module
from typing import Any

from allauth.account.signals import authentication_step_completed
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import SESSION_KEY, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.contrib.auth.signals import user_logged_in
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import F
from django.dispatch import receiver
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from stakeholders.models import User
from stakeholders.permissions import rows_held_on
from stakeholders.signals import session_closed, sessions_closed

MARK, SINCE, SEEN = "mark", "since", "seen"  # in the session; the last two in seconds since 1970
ONLY = "only_mandates"  # in the session: the mandates that it opens, where it does not open the account
SEEN_AGAIN_AFTER = 60  # seconds: how rarely a session that is in use is written


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Ends sessions and says so, for the open pages that hold one."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """End each session; whoever listens closes its sockets."""
        for session in sessions:
            mark = mark_of(_store(session.session_key))
            session.end()
            session_closed.send(UserSession, person=session.user, mark=mark)


def mark_of(session: SessionBase) -> str:
    """Name a session without giving its key away, 24 hexadecimal digits; the same all its life."""
    kept = session.get(MARK) or session.session_key or ""
    return hashlib.sha256(str(kept).encode()).hexdigest()[:24]


def end_sessions(person: User) -> None:
    """End every session of a person who may no longer act: closed account, or no office left.

    Platform administrators hold no office and keep theirs.
    """
    held = rows_held_on(person, timezone.localdate())  # now, whatever the page read before the act
    may_act = person.is_active and (person.is_staff or held.exists())
    if not may_act:
        SessionsAdapter().end_sessions(UserSession.objects.filter(user=person).select_related("user"))


def end_other_sessions(person: User, *, kept: HttpRequest | None = None) -> None:
    """End every session of a person whose credentials changed, but the one that changed them.

    None survives, listed or not: all are bound to the count of changes. ``kept`` is the request
    of the person, if it was theirs; its session gets another identifier.
    """
    User.objects.filter(pk=person.pk).update(credential_epoch=F("credential_epoch") + 1)
    person.refresh_from_db(fields=["credential_epoch"])
    mark = ""
    if kept is not None and kept.user.is_authenticated and kept.user.pk == person.pk:
        before = kept.session.session_key
        kept.user.credential_epoch = person.credential_epoch
        update_session_auth_hash(kept, person)
        _follow(before, kept.session.session_key)
        mark = mark_of(kept.session)
    others = UserSession.objects.filter(user=person)
    if mark and kept is not None:
        others = others.exclude(session_key=kept.session.session_key)
    for session in others:
        session.end()
    sessions_closed.send(User, person=person, kept=mark)


def begin(request: HttpRequest) -> None:
    """Start counting the time of a session, and mark it."""
    now = int(time.time())
    request.session.setdefault(MARK, secrets.token_urlsafe(18))
    request.session.update({SINCE: now, SEEN: now})


def limit(person: User, session: SessionBase) -> None:
    """Have a person act by nothing more than what their session opens."""
    only = session.get(ONLY)
    person.only_mandates = None if only is None else frozenset(only)


def seconds_left(session: SessionBase, person: User) -> float:
    """Return how long the session still opens anything, unless its owner does something meanwhile.

    It ends after a while without its owner (``SESSION_IDLE``, shorter for the platform's
    administrators), and after ``SESSION_COOKIE_AGE`` in any case.
    """
    now = time.time()
    idle = settings.SESSION_IDLE_STAFF if person.is_staff else settings.SESSION_IDLE
    since, seen = session.get(SINCE, now), session.get(SEEN, now)
    return float(min(seen + idle, since + settings.SESSION_COOKIE_AGE) - now)


def touch(session: SessionBase) -> None:
    """Note that the session's owner has just done something."""
    now = int(time.time())
    if SINCE not in session:  # opened before sessions were counted
        session[SINCE] = now
    if now - session.get(SEEN, 0) >= SEEN_AGAIN_AFTER:
        session[SEEN] = now


def seconds_left_to(person: User, mark: str, key: str | None) -> float:
    """Return what is left of the session of that mark, read afresh; nothing once it has ended.

    ``key`` is what it was when its page opened; another since, if its owner proved who they are.
    """
    keys = [key, *UserSession.objects.filter(user=person).values_list("session_key", flat=True)]
    stores = (_store(each) for each in keys if each)
    found = next((store for store in stores if store.get(SESSION_KEY) and mark_of(store) == mark), None)
    return 0 if found is None else seconds_left(found, person)


def _store(key: str) -> SessionBase:
    engine = import_module(settings.SESSION_ENGINE)
    found: SessionBase = engine.SessionStore(key)
    return found


def _follow(before: str | None, after: str | None) -> None:
    """Have the list of sessions name this one by its new identifier."""
    if before and after and before != after:
        UserSession.objects.filter(session_key=before).update(session_key=after)


@receiver(user_logged_in)
def session_begins(request: HttpRequest, **_kwargs: Any) -> None:
    """Count from here, whatever the road by which the person came in."""
    begin(request)


@receiver(authentication_step_completed)
def identifier_changes(request: HttpRequest, **kwargs: Any) -> None:
    """Give the session another identifier when its owner says again who they are."""
    if kwargs.get("reauthenticated") and request.user.is_authenticated:
        before = request.session.session_key
        request.session.cycle_key()
        _follow(before, request.session.session_key)


@require_POST
@login_required
def end_one(request: HttpRequest, session: int) -> HttpResponse:
    """End one of one's own sessions, the others staying open; somebody else's does not exist."""
    found = UserSession.objects.select_related("user").filter(pk=session).first()
    if found is not None:
        if found.user != request.user:
            raise Http404
        SessionsAdapter().end_sessions([found])
    messages.success(request, _("Cette session est fermée."))
    return redirect("usersessions_list")
