"""Work-arounds for asn1crypto 1.5.1, above all for one defect.

Its ``dump`` takes every header whose last octet is 0x80 for an *indefinite* length
(X.690 § 8.1.3.6) and re-encodes the value with all that it contains. A definite length
may end so too (``81 80``, ``82 07 80``), and each level of nesting then multiplies the
work: one CMS in a few hundred took 12 s of processor. Upstream issues wbond/asn1crypto
249 and 256.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from asn1crypto import cms, core, tsp

Dump = Callable[..., bytes]

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


def apply() -> None:
    """Install the work-around in this process; doing so twice is harmless."""
    for cls in _CLASSES:
        dump = cls.__dict__.get("dump")
        if dump is not None and not hasattr(dump, "definite_lengths"):
            cls.dump = _careful(dump)
