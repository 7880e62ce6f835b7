"""What a person sees when a request cannot be answered; each page says what to do.

Around it stands the site's own page where the session is known to be good and the database answers;
otherwise its frame alone, which asks nothing of either: they may be what failed.
"""

from __future__ import annotations

import datetime as dt
import functools
import sys

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.db import DatabaseError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader
from django.urls import get_script_prefix
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from psycopg.errors import (
    DeadlockDetected,
    IdleInTransactionSessionTimeout,
    LockNotAvailable,
    QueryCanceled,
    TooManyConnections,
)
from psycopg_pool import PoolTimeout, TooManyRequests

from config import context, limits, routes, typed
from config.writes import what_was_kept
from signatures import blobs
from stakeholders.hashing import HashingBusy
from stakeholders.security_events import Name, tell
from workflow.record import references

Facts = tuple[tuple[str, object], ...]


def answer(status: int, template: str, **facts: object) -> HttpResponse:
    """Render an error page in the site's frame, with nothing that asks the database or the session."""
    known = {**context.installation(), **facts}
    if facts.keys() <= {"found_at"}:  # neither what was typed nor the hour is in it
        page = _composed(template, get_language(), get_script_prefix(), tuple(sorted(known.items())))
    else:
        page = loader.render_to_string(template, known)
    return HttpResponse(page, status=status)


@functools.lru_cache(maxsize=64)  # pages, of some 6 kB
def _composed(template: str, _language: str | None, _prefix: str, facts: Facts) -> str:
    """Compose a page once for all that is in it: what searches for addresses in vain is refused cheaply."""
    return loader.render_to_string(template, dict(facts))


def around(request: HttpRequest, status: int, template: str, **facts: object) -> HttpResponse:
    """Render an error page within the site's layout for a session that was checked, else in its frame."""
    # a browser says that it wants a page; a script and a fragment have no use for what stands around it
    for_a_reader = "text/html" in request.headers.get("Accept", "") and "HX-Request" not in request.headers
    if for_a_reader and getattr(request, "session_is_checked", False):
        try:
            return render(request, template, {"layout": "base.html", **facts}, status=status)
        except DatabaseError:
            pass  # the frame needs none
    return answer(status, template, **facts)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request cannot be read; 413 where there was too much of it."""
    return too_large() if isinstance(exception, RequestDataTooBig) else answer(400, "errors/400.html")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: refused; the refusal's own sentence is shown when it has one."""
    tell(Name.RIGHT_REFUSED, request=routes.named(request))
    return around(request, 403, "errors/403.html", reason=str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such page, or one whose existence is nobody else's business."""
    return around(request, 404, "errors/404.html")


def not_alone(request: HttpRequest) -> HttpResponse:
    """405: an address that only answers a button; it leads to the page of that button."""
    return around(request, 405, "errors/405.html", found_at=routes.page_above(request))


def too_many(request: HttpRequest) -> HttpResponse:
    """429: too many tries of a form that asks who one is."""
    tell(Name.LIMIT_REACHED, limit="tries", request=routes.named(request))
    until: dt.datetime | None = getattr(request, "try_again_at", None)
    response = around(request, 429, "errors/429.html", until=until)
    wait = (until - timezone.now()).total_seconds() if until else 300
    response["Retry-After"] = str(max(1, int(wait)))
    return response


def too_slow(*, in_words: bool = False) -> HttpResponse:
    """408: what was sent did not arrive in time; ``in_words`` for a script, without a page around."""
    return _words(408, "errors/408.html", in_words)


def too_large(*, in_words: bool = False) -> HttpResponse:
    """413: more was sent than the form takes."""
    return _words(413, "errors/413.html", in_words)


def busy(*, in_words: bool = False, kept: str = "nothing") -> HttpResponse:
    """503: too many requests in hand; it says when to come back, and what was ``kept`` (config.writes)."""
    response = _words(503, "errors/503.html", in_words, kept=kept)
    response["Retry-After"] = str(limits.RETRY_AFTER)
    return response


def held_up(request: HttpRequest) -> HttpResponse:
    """503: another kept what the request needed for too long; it gives back what was sent, to send again."""
    if "HX-Request" in request.headers:
        response = HttpResponse(
            _("Le service est occupé : rien n’a été enregistré. Recommencez dans quelques secondes."),
            status=503,
            content_type="text/plain; charset=utf-8",
        )
    else:
        facts = {"address": request.get_full_path(), **typed.again(request)}
        response = answer(503, "errors/held_up.html", **facts)
    response["Retry-After"] = str(limits.RETRY_AFTER)
    return response


def _words(status: int, template: str, in_words: bool, **facts: object) -> HttpResponse:
    if not in_words:
        return answer(status, template, **facts)
    sentences = {
        408: _("L’envoi n’est pas arrivé à temps : réessayez."),
        413: _("L’envoi est trop volumineux."),
        503: _("Le service est très demandé en ce moment : la page se mettra à jour d’elle-même."),
    }
    return HttpResponse(sentences[status], status=status, content_type="text/plain; charset=utf-8")


def is_busy(error: BaseException | None) -> bool:
    """Whether a failure only says that there is no connection, or no place to hash, at this moment."""
    if isinstance(error, HashingBusy):
        return True
    cause = error.__cause__ if isinstance(error, OperationalError) else None
    return isinstance(cause, PoolTimeout | TooManyRequests | TooManyConnections)


def is_held_up(error: BaseException | None) -> bool:
    """Whether the database ended what waited for another, or what made others wait (config/patience.py)."""
    cause = error.__cause__ if isinstance(error, DatabaseError) else None
    held_up = LockNotAvailable | QueryCanceled | DeadlockDetected | IdleInTransactionSessionTimeout
    return isinstance(cause, held_up)


def server_error(request: HttpRequest) -> HttpResponse:
    """500: with the reference under which the log holds the details; 503 when we are only busy."""
    error, kept = sys.exc_info()[1], what_was_kept(request)
    if kept == "nothing" and (is_held_up(error) or is_busy(error) and typed.again(request)):
        return held_up(request)
    if is_busy(error) or is_held_up(error):
        return busy(in_words="HX-Request" in request.headers, kept=kept)
    known = references.current()
    reference = known or references.drawn()
    if not known:
        structlog.get_logger(__name__).error(
            "request_failed", reference=reference, request=routes.named(request)
        )
    if isinstance(error, blobs.BlobError):
        return document_lost(request, error, reference)
    again = typed.again(request) if kept == "nothing" else {}
    return answer(500, "errors/500.html", reference=reference, kept=kept, **again)


def document_lost(request: HttpRequest, error: blobs.BlobError, reference: str) -> HttpResponse:
    """500, or 503 for a disk that may answer later: names the document that cannot be read back."""
    structlog.get_logger(__name__).error(
        "document_lost", reference=reference, fault=error.fault, sha256=error.sha256
    )
    facts = {"fault": error.fault, "document": error.document, "sha256": error.sha256}
    status = 503 if isinstance(error, blobs.BlobUnreadable) else 500
    facts |= {"reference": reference, "kept": what_was_kept(request), "number": str(status)}
    response = around(request, status, "errors/document.html", **facts)
    if status == 503:
        response["Retry-After"] = str(limits.RETRY_AFTER)
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that another session opened (named by CSRF_FAILURE_VIEW).

    What was typed is shown, to be copied: to the page of ours that sent it alone, as its browser says.
    """
    ours = request.headers.get("Origin") == settings.PUBLIC_URL
    return answer(403, "errors/csrf.html", typed=typed.words(request) if ours else [])
