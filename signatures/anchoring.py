"""When something that is not a PDF existed: a time-stamp token (RFC 3161) over it, asked and checked.

The token alone proves it, to anybody who has the bytes and the roots
(``openssl ts -verify -token_in``).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib

from asn1crypto import cms, tsp

from signatures.errors import TimestampUnavailable
from signatures.pades import timestamp_token
from signatures.tokens import GARBAGE, TokenInvalid, judge

__all__ = ["MAX_TOKEN", "TokenInvalid", "stamp", "stamped_at"]

ALGORITHM = "sha256"
MAX_TOKEN = 64 * 1024


def stamp(data: bytes) -> bytes:
    """Ask a token (DER) over the SHA-256 of ``data``, and check it; blocks up to some ten seconds.

    Raises TimestampUnavailable, also when what the authority gave is not worth keeping.
    """
    token = asyncio.run(timestamp_token(data, listed=True))
    try:
        stamped_at(token, data)
    except TokenInvalid as invalid:
        raise TimestampUnavailable({"token": invalid.reason}) from invalid
    return token


def stamped_at(token: bytes, data: bytes) -> dt.datetime:
    """Return the hour that ``token`` proves for ``data``; raises TokenInvalid.

    The authority must be one of those that may stamp a sealed document
    (``settings.SEAL_TIMESTAMP_CERTIFICATES``, under ``settings.TRUST_ROOTS``) and its
    certificate have been in force at that very hour: a token outlives it, as the next
    tokens of the chain vouch for what came before.
    """
    try:
        moment: dt.datetime = _info(token)["gen_time"].native
    except GARBAGE as error:
        raise TokenInvalid(f"unreadable ({type(error).__name__})") from error
    asyncio.run(judge(token, hashlib.sha256(data).digest(), moment, listed=True))
    return moment


def _info(token: bytes) -> tsp.TSTInfo:
    if len(token) > MAX_TOKEN:
        raise ValueError("too long")
    content = cms.ContentInfo.load(token, strict=True)
    if content["content_type"].native != "signed_data":
        raise ValueError("not signed data")
    info = content["content"]["encap_content_info"]["content"].parsed
    if not isinstance(info, tsp.TSTInfo):
        raise ValueError("not a time-stamp")
    if info["message_imprint"]["hash_algorithm"]["algorithm"].native != ALGORITHM:
        raise ValueError("not over a SHA-256")
    return info
