"""Sessions in the database, as Django keeps them, found by a query that is written once a process."""

from __future__ import annotations

import datetime as dt

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.utils import timezone

from stakeholders.prepared import Prepared

_FOUND: Prepared[Session] = Prepared(
    lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now),
    *("the key of a session", dt.datetime(1814, 6, 4, tzinfo=dt.UTC)),
)


class SessionStore(DatabaseSessions):
    """Django's own, whose sessions it reads and writes."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Return Django's own table."""
        return Session

    def _get_session_from_db(self) -> Session | None:
        found = _FOUND.rows(self.session_key, timezone.now()) if self.session_key else []
        if not found:
            self._session_key = None
            return None
        return found[0]
