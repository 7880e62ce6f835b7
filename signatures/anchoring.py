"""When something that is not a PDF existed: a time-stamp token (RFC 3161) over it, asked and checked.

The token alone proves it, to anybody who has the bytes and the roots
(``openssl ts -verify -token_in``).
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib

from asn1crypto import cms, tsp
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from signatures.errors import TimestampUnavailable
from signatures.pades import timestamp_token
from signatures.roots import load_roots, load_seal_authorities
from signatures.verification.authorities import is_listed

ALGORITHM = "sha256"
MAX_TOKEN = 64 * 1024


class TokenInvalid(Exception):
    """The token does not prove that these bytes existed; ``reason`` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def stamp(data: bytes) -> bytes:
    """Ask a token (DER) over the SHA-256 of ``data``, and check it; blocks up to some ten seconds.

    Raises TimestampUnavailable, also when what the authority gave is not worth keeping.
    """
    token = asyncio.run(timestamp_token(data))
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
        content = cms.ContentInfo.load(token, strict=True)["content"]
        moment: dt.datetime = _info(token)["gen_time"].native
        status = asyncio.run(_validate(token, hashlib.sha256(data).digest(), moment))
    except (ValueError, TypeError, KeyError, AttributeError) as error:  # what asn1crypto raises on garbage
        raise TokenInvalid(f"unreadable ({type(error).__name__})") from error
    except (SignatureValidationError, PathError, ValidationError) as error:
        raise TokenInvalid(f"{type(error).__name__}: {error}"[:200]) from error
    listed = load_seal_authorities(load_roots())
    for holds, reason in (
        (status.intact, "stamps something else"),
        (status.valid, "signature is wrong"),
        (status.trusted, "authority is not trusted"),
        (listed is None or is_listed(content, listed), "authority is not one of ours"),
    ):
        if not holds:
            raise TokenInvalid(reason)
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


async def _validate(token: bytes, digest: bytes, moment: dt.datetime) -> TimestampSignatureStatus:
    context = ValidationContext(
        trust_roots=load_roots(), allow_fetching=False, revocation_mode="soft-fail", moment=moment
    )
    signed = cms.ContentInfo.load(token)["content"]
    facts = await validate_tst_signed_data(signed, context, lambda _algorithm: digest)
    return TimestampSignatureStatus(**facts)
