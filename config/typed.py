"""What somebody typed into a form, as far as it may be kept or shown back: no secret, no proof."""

from __future__ import annotations

import re

from django.http import HttpRequest

# Never given back: what proves who one is. The same as in drafts.js.
SECRET = re.compile(r"password|passphrase|csrf|credential|token|secret|(^|_)(code|key|pin|otp)($|_)", re.I)
# What the page itself put there, to be put there anew by the page that is shown next.
_OF_THE_PAGE = re.compile(r"(^|_)sha256$|-(held|drop)$|^(confirmation|means|holder|next)$")
CSRF = "csrfmiddlewaretoken"
SEEN = "seen"  # what the form was opened on: an act compares it with how things are by then


def sent(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the fields of a form as they were sent, one pair a value, but what proves who one is."""
    if request.method != "POST":
        return []
    fields = request.POST.lists()
    return [(name, str(value)) for name, values in fields for value in values if not SECRET.search(name)]


def again(request: HttpRequest) -> dict[str, object]:
    """Return what a page of ours needs to send a form once more, as ``errors/_partials/again.html`` shows it.

    Nothing where it was not read, or held a secret, which is not given back: it would not be the same form.
    """
    if request.method != "POST" or "_post" not in vars(request):
        return {}
    if any(SECRET.search(name) for name in request.POST if name != CSRF):
        return {}
    return {
        "address": request.get_full_path(),
        "csrf_token": request.POST.get(CSRF, ""),  # the form's own: it is still the same form
        "sent": sent(request),
        "files": bool(request.FILES),
    }


def typed(request: HttpRequest) -> dict[str, list[str]]:
    """Return by field what was typed or chosen, and on what; nothing when that is nothing."""
    found: dict[str, list[str]] = {}
    for name, value in sent(request):
        if not _OF_THE_PAGE.search(name):
            found.setdefault(name, []).append(value)
    said = any(value.strip() for name, values in found.items() if name != SEEN for value in values)
    return found if said else {}


def words(request: HttpRequest) -> list[str]:
    """Return what was written at some length: worth copying when its form is not there any more."""
    return phrases(typed(request))


def phrases(fields: dict[str, list[str]]) -> list[str]:
    """Return the values of more than one word, in the order of the form."""
    values = (value.strip() for name, values in fields.items() if name != SEEN for value in values)
    return [value for value in values if len(value.split()) > 1]
