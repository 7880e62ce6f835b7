"""A form sent twice is done once: what marks the first, in the transaction that it made.

The key of a form is the token that Django gives it anew each time it is shown, with who sends it,
where, and what it says: the same sent again is the same; corrected and sent again, it is another.
:mod:`config.once` reads and answers by it; an act spends it where it journals, or by :func:`spend`
where it does not.
"""

from __future__ import annotations

import datetime as dt
from contextvars import ContextVar

from django.http import HttpRequest
from django.utils import timezone

from workflow.record.models import SentForm

A_PAGE = "-"  # the answer to a form that leads nowhere else
KEPT = dt.timedelta(days=2)  # longer than any session
_sending: ContextVar[str | None] = ContextVar("sending", default=None)


def begin(key: str) -> None:
    """Have what this request does from now on be what the form of this key asked for."""
    _sending.set(key)


def end() -> None:
    """Have what comes after be of no form."""
    _sending.set(None)


def already_done(request: HttpRequest) -> bool:
    """Whether the form of this request was done before: a view that answers by a page shows it, no more."""
    return bool(getattr(request, "once_replayed", False))


def spend() -> None:
    """Mark the form under way as done, in the caller's transaction; nothing where there is none."""
    if (key := _sending.get()) is not None:
        SentForm.objects.bulk_create([SentForm(key=key)], ignore_conflicts=True)


def forget() -> int:
    """Delete the marks of forms that nobody can send again; return how many."""
    return int(SentForm.objects.filter(at__lt=timezone.now() - KEPT).delete()[0])
