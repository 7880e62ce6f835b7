"""Which authorities may time-stamp a sealed document: those on a list, not any under a trusted root.

A root has many authorities below it, and one token from any of them would make a new
revision look official. The list is the installation's (``SEAL_TIMESTAMP_CERTIFICATES``);
without one, what the signatories' own time-stamps already come from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature

from signatures import clocks
from signatures.verification.faults import Fault, timestamp_unlisted, timestamps_backwards
from signatures.verification.signed import Signed


def unlisted(signed: Sequence[Signed], listed: Sequence[bytes] | None) -> Iterator[Fault]:
    """Yield a Fault for each document time-stamp whose authority is not accepted.

    ``listed`` are certificates (DER) of time-stamping authorities, or of authorities that
    issue to none but them; None for a file judged under roots that are not ours.
    """
    stamps = [(one, _signer(_content(one.contents))) for one in signed if one.is_timestamp]
    if not stamps:
        return
    if listed is None:
        tokens = [token for one in signed if not one.is_timestamp for token in _tokens(one)]
        listed = [_signer(token) for token in tokens] or [stamps[0][1]]
    for one, certificate in stamps:
        if not any(certificate == known or _is_issued_by(certificate, known) for known in listed):
            yield timestamp_unlisted(one.name)


def is_listed(content: Any, listed: Sequence[bytes]) -> bool:
    """Tell whether a token's SignedData comes from one of ``listed`` (DER), or from one that it issued to."""
    certificate = _signer(content)
    return any(certificate == known or _is_issued_by(certificate, known) for known in listed)


def refuse_backwards(signed: Sequence[Signed]) -> None:
    """Raise Fault when a document time-stamp is older than one that it covers, by more than clocks differ."""
    latest = None
    for one in signed:
        times = [_time(_content(one.contents))] if one.is_timestamp else [_time(t) for t in _tokens(one)]
        if one.is_timestamp and latest is not None and latest - times[0] > clocks.TOLERANCE:
            raise timestamps_backwards(one.name)
        latest = max([*times, *([latest] if latest is not None else [])], default=None)


def _content(der: bytes) -> Any:
    return asn1_cms.ContentInfo.load(der, strict=True)["content"]


def _tokens(one: Signed) -> Iterator[Any]:
    """Yield the time-stamps inside a person's signature."""
    for signer in _content(one.contents)["signer_infos"]:
        for attribute in signer["unsigned_attrs"] or ():
            if attribute["type"].native == "signature_time_stamp_token":
                for token in attribute["values"]:
                    yield token["content"]


def _time(content: Any) -> Any:
    return content["encap_content_info"]["content"].parsed["gen_time"].native


def _signer(content: Any) -> bytes:
    """Return the certificate (DER) that signed this token, as the token itself names it."""
    chosen = content["signer_infos"][0]["sid"].chosen
    for choice in content["certificates"] or ():
        certificate = choice.chosen
        if isinstance(chosen, asn1_cms.IssuerAndSerialNumber):
            same = certificate.issuer == chosen["issuer"]
            if same and certificate.serial_number == chosen["serial_number"].native:
                return bytes(certificate.dump())
        elif certificate.key_identifier == chosen.native:
            return bytes(certificate.dump())
    return b""


def _is_issued_by(certificate: bytes, authority: bytes) -> bool:
    """Tell whether ``authority`` is one that issues, and signed this certificate."""
    try:
        above, below = (x509.load_der_x509_certificate(der) for der in (authority, certificate))
        constraints = above.extensions.get_extension_for_class(x509.BasicConstraints).value
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return constraints.ca
