"""The kept proofs of a file (DSS, EN 319 142-1 § 5.4.2): they may grow, and do nothing else."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from typing import Any

from asn1crypto import crl, ocsp, x509

from signatures.verification.crossref import MAX_DECODED, Definition
from signatures.verification.syntax import Ref, same

Table = dict[int, Definition]

_KINDS: dict[str, Callable[[bytes], Any]] = {
    "Certs": lambda der: x509.Certificate.load(der, strict=True)["tbs_certificate"]["serial_number"].native,
    "CRLs": lambda der: crl.CertificateList.load(der, strict=True)["tbs_cert_list"]["this_update"].native,
    "OCSPs": lambda der: ocsp.OCSPResponse.load(der, strict=True)["response_status"].native,
}
_IN_VRI = {"Cert": "Certs", "CRL": "CRLs", "OCSP": "OCSPs"}
_VRI_KEY = re.compile(r"[0-9A-F]{40}")
_DATE = re.compile(rb"D:\d{8,14}(?:Z|[+-]\d\d'?(?:\d\d'?)?)?")


class BadProofs(Exception):
    """The kept proofs changed otherwise than by additions."""


class Growth:
    """Compares the proofs of two revisions; ``explained`` is what the additions account for."""

    def __init__(self, data: bytes, before: Table, after: Table) -> None:
        self.data, self.before, self.after = data, before, after
        self.containers: set[int] = set()
        self.explained: set[int] = set()

    def compare(self, old: Any, new: Any) -> None:
        """Raise BadProofs unless ``new`` is ``old`` with more."""
        was, now = self._pair(old, new, dict)
        for key in was.keys() | now.keys():
            if key in _KINDS:
                self._list(key, was.get(key), now.get(key))
            elif key == "VRI":
                self._vri(was.get(key), now.get(key))
            elif key != "Type" or now.get(key) != "DSS":
                raise BadProofs(key)

    def _pair(self, old: Any, new: Any, kind: type) -> tuple[Any, Any]:
        """Return both, resolved and of this kind; remember the object that holds the new one."""
        if old is not None and new is None:
            raise BadProofs("removed")
        if isinstance(old, Ref) and old != new:
            raise BadProofs("moved")
        if isinstance(new, Ref):
            self.containers.add(new.number)
        was, now = _value(old, self.before), _value(new, self.after)
        was, now = kind() if was is None else was, kind() if now is None else now
        if type(was) is not kind or type(now) is not kind:
            raise BadProofs("kind")
        return was, now

    def _list(self, kind: str, old: Any, new: Any) -> None:
        was, now = self._pair(old, new, list)
        if not all(isinstance(one, Ref) for one in now) or not set(was) <= set(now):
            raise BadProofs(kind)
        if len(set(now)) != len(now):
            raise BadProofs(kind)
        for one in now:
            if one not in was:
                self._stream(kind, one)

    def _stream(self, kind: str, reference: Ref) -> None:
        """A new entry is one stream of one certificate, list or answer, and nothing more."""
        found = self.after.get(reference.number)
        if found is None or found.stream is None or not found.value.keys() <= {"Length", "Filter"}:
            raise BadProofs(kind)
        try:
            _KINDS[kind](self._decoded(found))
        except (ValueError, TypeError, KeyError, AttributeError, zlib.error):
            raise BadProofs(kind) from None
        if reference.number in self.before:
            return  # the proofs of a VRI may be those that the file already had
        self.explained.add(reference.number)
        length = found.value["Length"]
        if isinstance(length, Ref):
            if length.number in self.before:
                raise BadProofs(kind)
            self.explained.add(length.number)

    def _decoded(self, found: Definition) -> bytes:
        data = self.data[slice(*(found.stream or (0, 0)))]
        how = found.value.get("Filter")
        if how in (None, []):
            return data
        if how not in ("FlateDecode", ["FlateDecode"]):
            raise BadProofs("filter")
        inflater = zlib.decompressobj()
        plain = inflater.decompress(data, MAX_DECODED)
        if not inflater.eof:
            raise BadProofs("filter")
        return plain

    def _vri(self, old: Any, new: Any) -> None:
        was, now = self._pair(old, new, dict)
        for key in was.keys() | now.keys():
            if not _VRI_KEY.fullmatch(key):
                raise BadProofs("VRI")
            before, after = self._pair(was.get(key), now.get(key), dict)
            for name in before.keys() | after.keys():
                if name in _IN_VRI:
                    self._list(_IN_VRI[name], before.get(name), after.get(name))
                elif name in before and same(before[name], after.get(name)):
                    continue
                elif not self._is_time(name, after.get(name)):
                    raise BadProofs(name)

    def _is_time(self, name: str, value: Any) -> bool:
        """Tell whether it is the date of the proofs, or the kind of a VRI entry."""
        if name == "TU":
            return isinstance(value, bytes) and _DATE.fullmatch(value) is not None
        return name == "Type" and value == "VRI"


def _value(value: Any, table: Table) -> Any:
    if not isinstance(value, Ref):
        return value
    found = table.get(value.number)
    if found is None or found.stream is not None:
        raise BadProofs("dangling")
    return found.value
