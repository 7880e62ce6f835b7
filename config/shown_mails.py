"""« Courriels de la démonstration »: every mail that a demonstration sent, links and codes included.

There alone are they kept whole, in the folder that they are delivered to (:mod:`config.mail`), so that a
newcomer can follow the link that a guest was sent. Anywhere else these pages do not exist, nor in a
demonstration that the public can open.
"""

from __future__ import annotations

import datetime as dt
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

from csp.decorators import csp_update
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from config.mail import letters_in, words_of

A_PAGE = 50
NEWEST = 500  # mails that are shown; the folder has them all
# a mail's own style and nothing else of it: no script, no form, nothing fetched, no link to our cookies
BOUND = (
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox"
)


@require_safe
def mails(request: HttpRequest) -> HttpResponse:
    """The mails, the newest first."""
    page = Paginator(_letters()[::-1], A_PAGE).get_page(request.GET.get("page", "1"))
    rows = [(name, message, _at(message)) for name, message in page]
    return render(request, "pages/shown_mails.html", {"page": page, "rows": rows})


@require_safe
def mail(request: HttpRequest, letter: str) -> HttpResponseBase:
    """One mail: its headers, its text whose links can be followed, its other form in a frame, its files."""
    message = _named(letter)
    context = {
        "letter": letter,
        "message": message,
        "at": _at(message),
        "replies_to": message["Reply-To"],
        "words": words_of(message),
        "has_page": message.get_body(("html",)) is not None,
        "parts": [part.get_filename() for part in message.iter_attachments()],
    }
    framing = csp_update({"frame-src": ["'self'"]})
    return framing(lambda asked: render(asked, "pages/shown_mail.html", context))(request)


@require_safe
@xframe_options_sameorigin
def laid_out(request: HttpRequest, letter: str) -> HttpResponse:
    """The form of a mail that mailboxes show."""
    body = _named(letter).get_body(("html",))
    if body is None:
        raise Http404
    # a link leads to a window of its own: in the frame nothing is logged in
    page = str(body.get_content()).replace("<head>", '<head><base target="_blank">', 1)
    return HttpResponse(page, headers={"Content-Security-Policy": BOUND})


@require_safe
def attachment(request: HttpRequest, letter: str, part: int) -> HttpResponse:
    """One file of a mail."""
    files = list(_named(letter).iter_attachments())
    if part >= len(files):
        raise Http404
    content = files[part].get_content()
    return HttpResponse(
        content.encode() if isinstance(content, str) else content,
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": f'attachment; filename="{files[part].get_filename()}"',
            "X-Content-Type-Options": "nosniff",
        },
    )


def _letters() -> list[tuple[str, EmailMessage]]:
    if settings.MAILS_SHOWN is None:
        raise Http404
    return letters_in(settings.MAILS_SHOWN, newest=NEWEST)


def _named(letter: str) -> EmailMessage:
    found = next((message for name, message in _letters() if name == letter), None)
    if found is None:
        raise Http404
    return found


def _at(message: EmailMessage) -> dt.datetime | None:
    if not message["Date"]:
        return None
    said = parsedate_to_datetime(str(message["Date"]))
    return said if said.tzinfo else said.replace(tzinfo=dt.UTC)  # « -0000 »: in UTC, the zone not said
