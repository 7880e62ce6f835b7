"""Whether what a request wrote was kept, so that a page that fails afterwards does not deny it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# what people do; not the sessions, the tries that are counted, what a limit remembers
_AN_ACT = re.compile(
    r'\s*(?:INSERT INTO|UPDATE|DELETE FROM) "'
    r"(?:workflow|contracts|stakeholders|viewflow|signatures|account|mfa)_"
    r"(?!spending|dailypass|failedconfirmation|confirmation|passkeychallenge)",
    re.IGNORECASE,
)


class KeptWritesMiddleware:
    """Mark a request whose writes were committed: ``request.has_kept``."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method in SAFE:
            return self.get_response(request)

        def mark() -> None:
            request.has_kept = True  # type: ignore[attr-defined]

        def watch(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
            result = execute(sql, params, many, context)
            if _AN_ACT.match(sql):
                transaction.on_commit(mark)
            return result

        with connection.execute_wrapper(watch):
            return self.get_response(request)


def what_was_kept(request: HttpRequest) -> str:
    """Say what became of what a request did: « kept », « nothing », or « reading » when it only read."""
    if request.method in SAFE:
        return "reading"
    return "kept" if getattr(request, "has_kept", False) else "nothing"
