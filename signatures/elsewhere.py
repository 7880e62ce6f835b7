"""What the row of a request keeps of a signature that was made elsewhere (:mod:`signatures.brought`)."""

from __future__ import annotations

import base64

from signatures import pades, tokens
from signatures.brought import hollowed, token_in, with_token
from signatures.delays import StampUnfit
from signatures.models import SignatureRequest

__all__ = ["hollowed", "stamped", "time_stamp", "value_of"]


def value_of(request: SignatureRequest) -> bytes:
    """Return the value of a signature that was made elsewhere, empty for any other."""
    return base64.b64decode(request.prepared.get("value", ""))


async def time_stamp(request: SignatureRequest, value: bytes) -> bytes:
    """Return the time-stamp (DER) of the signatory's own tool where we trust its authority, else one of ours.

    Raises TimestampUnavailable or NoTrustRoot.
    """
    own = _cms(request)
    # one that our validation refused, once it was in the file, is not taken again: it would be at each try
    token = token_in(own) if own and request.error_code != StampUnfit.code else None
    return token if token and await tokens.holds(token, value) else await pades.timestamp_token(value)


def stamped(request: SignatureRequest, token: bytes) -> bytes:
    """Return the CMS (DER) that was brought, with this time-stamp."""
    return with_token(_cms(request), token)


def _cms(request: SignatureRequest) -> bytes:
    return base64.b64decode(request.prepared.get("cms", ""))
