"""Whether a time-stamp token (RFC 3161) proves what it says: its signature, its authority, its imprint."""

from __future__ import annotations

import datetime as dt

from asn1crypto import cms
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError

from signatures.roots import load_roots, load_seal_authorities
from signatures.verification.authorities import is_listed

# what asn1crypto, cryptography and pyHanko raise on bytes that mean nothing
GARBAGE = (
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError),
    *(AssertionError, NotImplementedError, UnsupportedAlgorithm),
)


class TokenInvalid(Exception):
    """The token does not prove that these bytes existed; ``reason`` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def judge(token: bytes, digest: bytes, moment: dt.datetime, *, listed: bool) -> None:
    """Raise TokenInvalid unless ``token`` (DER), judged at ``moment``, proves this digest.

    Its signature must be good and its authority trusted (``settings.TRUST_ROOTS``); ``listed`` wants
    the authority to be one of those that may stamp a sealed document
    (``settings.SEAL_TIMESTAMP_CERTIFICATES``). Nothing is fetched. Raises NoTrustRoot.
    """
    roots = load_roots()
    context = ValidationContext(
        trust_roots=roots, allow_fetching=False, revocation_mode="soft-fail", moment=moment
    )
    try:
        content = cms.ContentInfo.load(token, strict=True)["content"]
        facts = await validate_tst_signed_data(content, context, lambda _algorithm: digest)
        authorities = load_seal_authorities(roots) if listed else None
        is_ours = authorities is None or is_listed(content, authorities)
    except GARBAGE as error:
        raise TokenInvalid(f"unreadable ({type(error).__name__})") from error
    except (SignatureValidationError, PathError, ValidationError) as error:
        raise TokenInvalid(f"{type(error).__name__}: {error}"[:200]) from error
    status = TimestampSignatureStatus(**facts)
    for holds, reason in (
        (status.intact, "stamps something else"),
        (status.valid, "signature is wrong"),
        (status.trusted, "authority is not trusted"),
        (is_ours, "authority is not one of ours"),
    ):
        if not holds:
            raise TokenInvalid(reason)
