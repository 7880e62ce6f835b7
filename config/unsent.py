"""A form sent after its session had ended: what was typed waits until its author has logged in again.

Nothing of it needs a script, and nothing is done by itself: the form comes back filled, on the page
where it was, with a sentence; who sent it decides. Files are not kept (:mod:`workflow.record.unsent`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from config.filling import filled
from config.once import OURS
from config.typed import phrases, typed
from config.writes import SAFE
from workflow.record import unsent
from workflow.tasks.answers import Request, member

WAITING = "unsent"  # in the session: by address, the number of what waits and the page of its form
MAIN = '<main id="contenu"'


class UnsentMiddleware:
    """Keeps what is sent without a session, and puts it back into the page of its form."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not getattr(request, "session_is_checked", False):
            return response
        if not request.user.is_authenticated:
            if request.method == "POST" and _led_to_log_in(request, response):
                _keep(request)
            return response
        waiting: dict[str, tuple[int, str]] = request.session.get(WAITING, {})
        if waiting and request.method in SAFE:
            _give_back(request, response, waiting)
        elif request.path in waiting and _was_accepted(response):
            _drop(request, request.path)
        _mark(request, response)
        return response


def may_be_long(cookie: str | None) -> bool:
    """Whether a body may be as long as a form's though no session is open: this browser had one."""
    return unsent.author_in(cookie) is not None


def _author(request: HttpRequest) -> unsent.Author | None:
    return unsent.author_in(request.COOKIES.get(settings.UNSENT_COOKIE_NAME))


def _mark(request: HttpRequest, response: HttpResponse) -> None:
    """Have the browser know whose text it is, should the session end."""
    before = _author(request)
    author = unsent.author_of(request.user, before)
    if author != before:
        response.set_cookie(
            settings.UNSENT_COOKIE_NAME,
            author.cookie(),
            max_age=unsent.COOKIE_FOR,
            httponly=True,
            secure=settings.HTTPS,
            samesite="Lax",
        )


def _led_to_log_in(request: HttpRequest, response: HttpResponse) -> bool:
    match = request.resolver_match
    ours = match is not None and getattr(match.func, "__module__", "").startswith(OURS)
    to = urlsplit(response.headers.get("Location", "")).path
    return ours and response.status_code == 302 and to == reverse("account_login")


def _was_accepted(response: HttpResponse) -> bool:
    """Whether a form leads elsewhere than to a proof of who one is."""
    return response.status_code in {302, 303} and not response.headers["Location"].startswith("/compte/")


def _keep(request: HttpRequest) -> None:
    fields, author = typed(request), _author(request)
    if not fields or author is None:
        return
    page = request.come_back  # type: ignore[attr-defined]
    if unsent.keep(author, path=request.path, page=page, fields=fields):
        said = _(
            "Votre session était terminée : rien n’a été enregistré. Ce que vous avez saisi est gardé : "
            "connectez-vous, le formulaire vous sera rendu tel que vous l’aviez rempli."
        )
        if request.FILES:
            said = f"{said} {_('Les fichiers, eux, seront à joindre de nouveau.')}"
    else:
        said = _(
            "Votre session était terminée : rien n’a été enregistré, et votre texte n’a pas pu être gardé. "
            "Revenez en arrière pour le copier avant de vous connecter."
        )
    messages.warning(request, said)


@receiver(user_logged_in)
def _find(request: HttpRequest, user: Any, **_kwargs: Any) -> None:
    """Note once, at log-in, what waits: a page then asks nothing for it."""
    before = _author(request)
    waiting = unsent.awaiting(unsent.author_of(user, before)) if before else {}
    if waiting:
        request.session[WAITING] = waiting


@receiver(user_logged_out)
def _forget(request: HttpRequest, **_kwargs: Any) -> None:
    """Forget what was given back to somebody who leaves."""
    author = _author(request)
    waiting = request.session.get(WAITING, {})
    if author is not None and waiting:
        unsent.drop(author, *(number for number, _page in waiting.values()))


def _give_back(request: HttpRequest, response: HttpResponse, waiting: dict[str, tuple[int, str]]) -> None:
    """Fill the forms of a page for which something waits."""
    if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
        return
    page = response.content.decode(response.charset)
    for path, (number, page_of_form) in waiting.items():
        here = request.path in {path, urlsplit(page_of_form).path}
        if here or f'action="{escape(path)}"' in page:
            page = _with(request, page, path, number, here=here)
    response.content = page


def _with(request: HttpRequest, page: str, path: str, number: int, *, here: bool) -> str:
    """Return a page with what was sent to ``path``: in its form, or above all where that is no more."""
    author = _author(request)
    found = unsent.opened(author, number) if author else None
    if found is None:
        _drop(request, path)
        return page
    at, fields = found
    facts = {"at": at, "path": path, "number": number}
    notice = render_to_string("_partials/unsent_found.html", facts, request)
    shown = filled(page, request.get_full_path(), path, fields, notice)
    if shown is None and here and (words := phrases(fields)):
        shown = _above(
            page, render_to_string("_partials/unsent_found.html", {**facts, "words": words}, request)
        )
    return shown or page


def _above(page: str, notice: str) -> str:
    """Put a notice at the top of what a page says."""
    before, main, after = page.partition(MAIN)
    tag, end, content = after.partition(">")
    return f"{before}{main}{tag}{end}{notice}{content}"


def _drop(request: HttpRequest, path: str) -> None:
    waiting = dict(request.session.get(WAITING, {}))
    number, _page = waiting.pop(path, (0, ""))
    request.session[WAITING] = waiting
    if (author := _author(request)) is not None:
        unsent.drop(author, number)


@require_POST
@member
def forget(request: Request, number: int) -> HttpResponse:
    """Forget one of one's own texts, at its author's word; lead back to the page of its form."""
    for path, (waits, page) in request.session.get(WAITING, {}).items():
        if waits == number:
            _drop(request, path)
            return HttpResponseRedirect(page)
    return redirect("inbox")
