"""Work-arounds for asn1crypto 1.5.1: one defect, and one thing that it does over and over.

Its ``dump`` takes every header whose last octet is 0x80 for an *indefinite* length
(X.690 § 8.1.3.6) and re-encodes the value with all that it contains. A definite length
may end so too (``81 80``, ``82 07 80``), and each level of nesting then multiplies the
work: one CMS in a few hundred took 12 s of processor. Upstream issues wbond/asn1crypto
249 and 256.

It also prepares the names in a certificate for comparison (RFC 4518), character by character, each
time that two are compared: a fifth of the time of a sealed signature.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from asn1crypto import cms, core, tsp, x509

Dump = Callable[..., bytes]

LONGEST_NAME = 1024  # octets
NAMES_KEPT = 1024

_CLASSES = (
    core.Asn1Value,
    core.Choice,
    core.ParsableOctetString,
    core.ParsableOctetBitString,
    core.Sequence,
    core.SequenceOf,
)


class TimeStampResponse(core.Sequence):
    """A TimeStampResp (RFC 3161 § 2.4.2), whose token is missing when the authority refuses.

    asn1crypto's own class can neither read nor write one without a token.
    """

    _fields = [
        ("status", tsp.PKIStatusInfo),
        ("time_stamp_token", cms.ContentInfo, {"optional": True}),
    ]


def is_indefinite(header: bytes) -> bool:
    """Tell whether the tag-and-length octets ``header`` announce an indefinite length."""
    tag = 1
    if header[0] & 0x1F == 0x1F:  # a tag number of several octets
        while header[tag] & 0x80:
            tag += 1
        tag += 1
    return header[tag:] == b"\x80"


def _careful(dump: Dump) -> Dump:
    """Return ``dump`` made to hide from itself a definite length that looks indefinite.

    With no header at all the original writes a fresh one around the same contents and
    touches nothing below. If that gives another header (a value changed since it was
    parsed, or a length that was not minimal), the original path decides as before.
    """

    @functools.wraps(dump)
    def careful(self: Any, force: bool = False) -> bytes:
        header = self._header
        if force or not header or header[-1] != 0x80 or is_indefinite(header):
            return dump(self, force)
        self._header = None
        encoded = dump(self)
        if self._header == header:
            return encoded
        self._header = header
        return dump(self)

    careful.definite_lengths = True  # type: ignore[attr-defined]
    return careful


def _by_encoding(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Return ``compute``, which looks at nothing but names, made to remember what it said of encoded ones."""
    known: dict[tuple[bytes, ...], Any] = {}

    @functools.wraps(compute)
    def by_encoding(*names: Any) -> Any:
        if not all(isinstance(name, x509.RDNSequence) for name in names):
            return compute(*names)
        encoded = tuple(name.contents or b"" for name in names)
        if encoded in known:
            return known[encoded]
        said = compute(*names)
        if all(0 < len(one) <= LONGEST_NAME for one in encoded):
            if len(known) >= NAMES_KEPT:
                known.clear()
            known[encoded] = said
        return said

    by_encoding.remembers = True  # type: ignore[attr-defined]
    return by_encoding


def apply() -> None:
    """Install the work-arounds in this process; doing so twice is harmless."""
    for cls in _CLASSES:
        dump = cls.__dict__.get("dump")
        if dump is not None and not hasattr(dump, "definite_lengths"):
            cls.dump = _careful(dump)
    names = x509.RDNSequence
    if not hasattr(names.__eq__, "remembers"):
        names.__eq__ = _by_encoding(names.__eq__)
        names.hashable = property(_by_encoding(names.hashable.fget))
