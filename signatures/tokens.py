"""Whether a time-stamp token (RFC 3161) proves what it says: its signature, its authority, its imprint."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from asn1crypto import cms
from cryptography.exceptions import UnsupportedAlgorithm
from pyhanko.sign.general import CMSExtractionError, extract_certificate_info
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.generic_cms import validate_tst_signed_data
from pyhanko.sign.validation.status import TimestampSignatureStatus
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.errors import PathError, ValidationError
from pyhanko_certvalidator.path import ValidationPath

from signatures.roots import load_roots, load_seal_authorities
from signatures.verification.authorities import is_listed

# what asn1crypto, cryptography and pyHanko raise on bytes that mean nothing
GARBAGE = (
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError),
    *(AssertionError, NotImplementedError, UnsupportedAlgorithm),
)


MOST_KNOWN = 64  # authorities; a service may have a certificate for each of its machines


class TokenInvalid(Exception):
    """The token does not prove that these bytes existed; ``reason`` is for the log."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class _Known:
    """An authority's certificate (DER) under these roots (DER): its chain is the same for every token.

    Nothing is asked of its revocation here, so until a certificate of that chain ends, the answer is what
    it was. The certificate alone then vouches for a token, whose signature is verified each time.
    """

    certificate: bytes
    roots: frozenset[bytes]

    def holds_at(self, moment: dt.datetime) -> bool:
        """Tell whether its chain was found good, and each of its certificates is in force at ``moment``."""
        first, last = _known.get(self, (moment, dt.datetime.min.replace(tzinfo=dt.UTC)))
        return first <= moment <= last

    def remember(self, path: ValidationPath) -> None:
        """Keep that the chain was found good, and between which moments it is."""
        chain = list(path.iter_certs(include_root=True))
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        _known[self] = (
            max(one.not_valid_before for one in chain),
            min(one.not_valid_after for one in chain),
        )


_known: dict[_Known, tuple[dt.datetime, dt.datetime]] = {}


async def judge(token: bytes, digest: bytes, moment: dt.datetime, *, listed: bool) -> None:
    """Raise TokenInvalid unless ``token`` (DER), judged at ``moment``, proves this digest.

    Its signature must be good and its authority trusted (``settings.TRUST_ROOTS``); ``listed`` wants
    the authority to be one of those that may stamp a sealed document
    (``settings.SEAL_TIMESTAMP_CERTIFICATES``). Nothing is fetched. Raises NoTrustRoot.
    """
    roots = load_roots()
    try:
        content = cms.ContentInfo.load(token, strict=True)["content"]
        maker = extract_certificate_info(content).signer_cert
        known = _Known(maker.dump(), frozenset(root.dump() for root in roots))
        is_known = known.holds_at(moment)
        context = ValidationContext(
            trust_roots=[maker] if is_known else roots,
            allow_fetching=False,
            revocation_mode="soft-fail",
            moment=moment,
        )
        facts = await validate_tst_signed_data(content, context, lambda _algorithm: digest)
        authorities = load_seal_authorities(roots) if listed else None
        is_ours = authorities is None or is_listed(content, authorities)
    except GARBAGE as error:
        raise TokenInvalid(f"unreadable ({type(error).__name__})") from error
    except (CMSExtractionError, SignatureValidationError, PathError, ValidationError) as error:
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
    if not is_known and status.validation_path is not None:
        known.remember(status.validation_path)


async def holds(token: bytes, value: bytes) -> bool:
    """Tell whether ``token`` proves, by an authority that we trust, when ``value`` existed."""
    try:
        stamped = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"].parsed
        moment = stamped["gen_time"].native
        await judge(token, hashlib.sha256(value).digest(), moment, listed=False)
    except (TokenInvalid, *GARBAGE):
        return False
    return True
