"""What the program is answered, and what it sends: JSON, small, of known fields."""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, JsonResponse
from django.utils.translation import gettext as _

from signatures.errors import SignatureError

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
LARGEST = 128 * 1024  # octets: a chain of certificates takes ten thousand


class Unreadable(SignatureError):
    """What the program sent is not what this version of the protocol knows."""

    code = "card_unreadable"

    def __init__(self) -> None:
        super().__init__(
            _("Cette demande n’est pas comprise : mettez à jour le programme de signature, puis recommencez.")
        )


def body_of(request: HttpRequest) -> dict[str, Any]:
    """Return the JSON object that was sent; raises Unreadable."""
    try:
        raw = request.read(LARGEST + 1)
        found = json.loads(raw) if len(raw) <= LARGEST else None
    except (ValueError, RecursionError, OSError, RequestDataTooBig):
        raise Unreadable from None
    if not isinstance(found, dict):
        raise Unreadable
    return found


def text_in(body: dict[str, Any], name: str, longest: int = 200) -> str:
    """Return a text of the body; raises Unreadable, also for half a letter (a surrogate), which is none."""
    found = body.get(name)
    if not isinstance(found, str) or len(found) > longest or _NO_TEXT.search(found):
        raise Unreadable
    return found


def octets_in(body: dict[str, Any], name: str) -> bytes:
    """Return octets that the body has in base64; raises Unreadable."""
    return octets(body.get(name))


def octets(found: object) -> bytes:
    """Return octets written in base64; raises Unreadable."""
    if not isinstance(found, str):
        raise Unreadable
    try:
        return base64.b64decode(found, validate=True)
    except (binascii.Error, ValueError):
        raise Unreadable from None


def text(found: bytes) -> str:
    """Return octets as JSON carries them."""
    return base64.b64encode(found).decode()


def refusal(error: SignatureError, status: int) -> JsonResponse:
    """Answer no, with the sentence that the program shows."""
    return JsonResponse({"error": error.code, "sentence": str(error)}, status=status)


def too_often() -> JsonResponse:
    """Answer that this is asked too often."""
    sentence = _("Trop de demandes en peu de temps : attendez une minute, puis recommencez.")
    return JsonResponse({"error": "too_often", "sentence": sentence}, status=429)
