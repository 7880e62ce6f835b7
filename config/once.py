"""A form sent twice is done once, and both are answered as the first: two clicks, two tabs, a second try.

Each form of ours carries Django's token, drawn anew each time that a page is shown: nothing has to be
added to a form, and none can be without (``tests/config/test_once.py``). The same form sent while the
first is still at work waits for it. What was sent without a token (no browser does) is compared with
what is sent at the same moment only.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import messages
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from config import routes
from workflow.record import once
from workflow.record.models import SentForm

TOKEN = "csrfmiddlewaretoken"  # noqa: S105 (a field’s name)
OURS = ("workflow.", "stakeholders.", "django.contrib.admin.")
# What may be sent as often as one likes: it says how things are now, whatever they were,
# and what is verified leaves no row behind.
AS_OFTEN = frozenset({"opinion_draft", "text_preview", "verify", "verify_report"})
ROOM = 2000  # characters of an address


class OnceMiddleware:
    """Holds a form until the same one is done; it stands before the session, which it lets be written."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            response = self.get_response(request)
            key = getattr(request, "once_key", "")
            if key and not once.already_done(request):
                _keep(key, request, response)
            return response
        finally:
            once.end()
            if key := getattr(request, "once_key", ""):
                _let_go(key)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], *_arguments: Any
    ) -> HttpResponse | None:
        """Answer a form that was done already; otherwise hold it."""
        if request.method != "POST" or not getattr(view, "__module__", "").startswith(OURS):
            return None
        match = request.resolver_match
        if match is None or match.url_name in AS_OFTEN or not request.user.is_authenticated:
            return None
        since, key = timezone.now(), key_of(request)  # it came before its files were read
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
        request.once_key = key  # type: ignore[attr-defined]
        done = SentForm.objects.filter(pk=key).first()
        if done is not None and TOKEN not in request.POST and done.at < since:
            done.delete()
            done = None
        once.begin(key)
        return None if done is None else _again(request, done)


def key_of(request: HttpRequest) -> str:
    """Return the keyed hash, 64 hexadecimal digits, of who sends what, where, from which page."""
    content = hashlib.sha256()
    for part in _parts(request):
        content.update(len(part).to_bytes(8, "big") + part)
    return salted_hmac("config.once", content.digest(), algorithm="sha256").hexdigest()


def _parts(request: HttpRequest) -> Iterator[bytes]:
    yield str(request.user.pk).encode()
    yield request.get_full_path().encode()
    for name, values in sorted(request.POST.lists()):
        yield name.encode()
        yield from (str(value).encode() for value in values)
    for name, files in sorted(request.FILES.lists()):
        yield name.encode()
        for file in files:
            digest = hashlib.sha256()
            for chunk in file.chunks():
                digest.update(chunk)
            file.seek(0)
            yield digest.digest()


def _again(request: HttpRequest, done: SentForm) -> HttpResponse | None:
    """Answer as the first was, with what the first left to be said."""
    request.once_replayed = True  # type: ignore[attr-defined]
    if done.address == once.A_PAGE:
        return None
    request.session.__dict__.pop("_session_cache", None)  # it was read before the first wrote it
    messages.info(request, _("Ce formulaire était déjà envoyé : il n’a été enregistré qu’une fois."))
    return HttpResponseRedirect(done.address or routes.page_above(request))


def _keep(key: str, request: HttpRequest, response: HttpResponse) -> None:
    """Keep the answer of a form that was done; one that was refused may be sent again."""
    if response.status_code >= 400:
        SentForm.objects.filter(pk=key).delete()
    elif response.status_code in {302, 303} and request.user.is_authenticated:
        address = response.headers["Location"][:ROOM]
        SentForm.objects.bulk_create(
            [SentForm(key=key, address=address)],
            update_conflicts=True,
            unique_fields=["key"],
            update_fields=["address"],
        )
    else:
        SentForm.objects.filter(pk=key).update(address=once.A_PAGE)


def _let_go(key: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [key])
    except DatabaseError:
        connection.close()  # the lock goes with it
