"""Open sessions: seen and ended by their owner, ended at once when a person may no longer act."""

from __future__ import annotations

from collections.abc import Iterable

from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from stakeholders.models import User
from stakeholders.permissions import mandates_in_force
from stakeholders.signals import session_closed


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Ends sessions and says so, for the open pages that hold one."""

    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """End each session; whoever listens closes its sockets."""
        for session in sessions:
            session.end()
            session_closed.send(UserSession, person=session.user, session_key=session.session_key)


def end_sessions(person: User) -> None:
    """End every session of a person who may no longer act: closed account, or no office left.

    Platform administrators hold no office and keep theirs.
    """
    may_act = person.is_active and (person.is_staff or mandates_in_force(person).exists())
    if not may_act:
        SessionsAdapter().end_sessions(UserSession.objects.filter(user=person).select_related("user"))


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
