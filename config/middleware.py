"""What every request passes through that no library gives."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.middleware import get_user
from django.contrib.auth.models import AnonymousUser
from django.db import DatabaseError
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django_structlog import signals
from django_structlog.middlewares import RequestMiddleware

from config import errors, routes
from stakeholders import second_factor
from stakeholders.direction import isolated_in_page
from stakeholders.sessions import ONLY, limit, seconds_left, touch
from workflow.record import references

BACKGROUND = frozenset(  # asked for by open pages
    {
        "basket_counters",
        "basket_list",
        "card_enrol",
        "contract_live",
        "draft_preview",
        "missed_events",
        "news_list",
        "task_done",
    }
)

ACCOUNT_PAGES = (
    *("account_", "mfa_", "socialaccount_", "usersessions_", "proconnect_", "session_end"),
    *("signing_keys", "key_withdraw", "csc_enrol", "csc_choose", "card_enrol"),  # one's means of signing
)


@receiver(signals.bind_extra_request_metadata)
def _name(**_told: Any) -> None:
    """Give the request its reference, ours alone: what a client says of itself names nothing here."""
    structlog.contextvars.bind_contextvars(request_id=references.drawn())


class RequestLogMiddleware(RequestMiddleware):
    """Logs each request by its route: the library writes the path, with whatever secret it holds."""

    @staticmethod
    def bind_user_id(request: HttpRequest) -> None:
        """Name the account, where the database can still be asked: it may be what failed."""
        with suppress(DatabaseError):
            RequestMiddleware.bind_user_id(request)

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Name the address that :mod:`config.proxies` found; the library believes what anybody writes."""
        structlog.contextvars.bind_contextvars(ip=request.META.get("REMOTE_ADDR"))

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Return what the log says of a request."""
        return routes.named(request)


class ChosenLanguageMiddleware:
    """Speak French unless the reader chose otherwise.

    Django's own middleware follows the browser; a public servant whose computer is
    set to English still reads and signs French contracts.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class OpenSessionMiddleware:
    """End a session that its owner left, whatever its open pages ask for by themselves."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> None:
        """Log out when the time is over; otherwise count what its owner does, and only that."""
        request.come_back = routes.come_back(request)  # type: ignore[attr-defined]
        self._check(request)
        request.session_is_checked = True  # type: ignore[attr-defined]

    @staticmethod
    def _check(request: HttpRequest) -> None:
        request.user = get_user(request)  # themselves: a page asks hundreds of times, and each was a detour
        if not request.user.is_authenticated:
            return
        if ONLY in request.session and _is_about_the_account(request):
            request.user = AnonymousUser()  # whoever wants more logs in
            return
        limit(request.user, request.session)
        if request.user.is_staff or request.user.is_superuser:
            request.user.proved_second_factor = second_factor.was_proved(request)
        if seconds_left(request.session, request.user) <= 0:
            logout(request)
        elif not _is_background(request):
            touch(request.session)


class WordsMiddleware:
    """Give words to a refusal that has none: Django answers a blank 405 where only a button leads."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code < 400 or response.streaming or response.content:
            return response
        worded = _in_words(request, response.status_code)
        if worded is not None:
            response.content = worded.content
            response.headers["Content-Type"] = worded.headers["Content-Type"]
        return response


class DirectionMiddleware:
    """Have no name written from right to left disturb the sentence around it, on any page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.streaming and response.headers.get("Content-Type", "").startswith("text/html"):
            page = response.content.decode(response.charset)
            shown = isolated_in_page(page)
            if shown is not page:
                response.content = shown
        return response


def _in_words(request: HttpRequest, status: int) -> HttpResponse | None:
    if status == 405:
        return errors.not_alone(request)
    if status in {400, 403, 404}:
        return errors.around(request, status, f"errors/{status}.html")
    return None


def _is_about_the_account(request: HttpRequest) -> bool:
    """Whether a page is about an account or the platform: none is for a session that opens one mandate."""
    match = request.resolver_match
    if match is None or match.url_name in {"account_logout", "set_language"}:
        return False
    return "admin" in match.namespaces or str(match.url_name).startswith(ACCOUNT_PAGES)


def _is_background(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and match.url_name in BACKGROUND and "HX-Request" in request.headers
