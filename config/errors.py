"""What a person sees when a request cannot be answered; each page says what to do.

No page here asks anything of the database or of the session: it may be what failed.
"""

from __future__ import annotations

import uuid

import structlog
from django.http import HttpRequest, HttpResponse
from django.template import loader

from config import routes


def answer(status: int, template: str, **facts: object) -> HttpResponse:
    """Render an error page with no context processor."""
    return HttpResponse(loader.render_to_string(template, facts), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400: the request cannot be read."""
    return answer(400, "errors/400.html")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: refused; the refusal's own sentence is shown when it has one."""
    return answer(403, "errors/403.html", reason=str(exception))


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: no such page, or one whose existence is nobody else's business."""
    return answer(404, "errors/404.html")


def too_many(request: HttpRequest) -> HttpResponse:
    """429: too many tries of a form that asks who one is."""
    return answer(429, "errors/429.html")


def server_error(request: HttpRequest) -> HttpResponse:
    """500: with the reference under which the log holds the details."""
    known = structlog.contextvars.get_contextvars().get("request_id")
    reference = str(known or uuid.uuid4())
    if not known:
        structlog.get_logger(__name__).error(
            "request_failed", reference=reference, request=routes.named(request)
        )
    return answer(500, "errors/500.html", reference=reference)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403: a form that another session opened (named by CSRF_FAILURE_VIEW)."""
    return answer(403, "errors/csrf.html")
