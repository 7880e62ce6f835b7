"""A reader of DER, as strict as what is signed deserves: one way to write a thing, or it is refused."""

from __future__ import annotations

from dataclasses import dataclass

SEQUENCE, SET, OCTETS, OID, INTEGER = 0x30, 0x31, 0x04, 0x06, 0x02


class NotDer(ValueError):
    """These bytes are not DER."""


@dataclass(frozen=True)
class Value:
    """One value: its tag (one octet), its contents, and the bytes of the whole."""

    tag: int
    content: bytes
    whole: bytes

    def children(self) -> list[Value]:
        """Return the values inside; raises NotDer."""
        return read_all(self.content)


def read(data: bytes, tag: int) -> Value:
    """Read one value of this tag, and nothing after it; raises NotDer."""
    found = read_all(data)
    if len(found) != 1 or found[0].tag != tag:
        raise NotDer
    return found[0]


def read_all(data: bytes) -> list[Value]:
    """Read the values that follow one another to the end; raises NotDer (lengths in the shortest form)."""
    found, at = [], 0
    while at < len(data):
        value = _value_at(data, at)
        found.append(value)
        at += len(value.whole)
    return found


def _value_at(data: bytes, at: int) -> Value:
    if at + 2 > len(data) or data[at] & 0x1F == 0x1F:
        raise NotDer
    size, start = data[at + 1], at + 2
    if size >= 0x80:
        octets = size & 0x7F
        size, start = int.from_bytes(data[start : start + octets], "big"), start + octets
        if not 1 <= octets <= 4 or size < 0x80 or size < 1 << 8 * (octets - 1):
            raise NotDer
    if start + size > len(data):
        raise NotDer
    return Value(data[at], data[start : start + size], data[at : start + size])


def dotted(value: Value) -> str:
    """Return an object identifier as « 1.2.840 »; raises NotDer."""
    if value.tag != OID or not value.content or value.content[-1] & 0x80:
        raise NotDer
    arcs, arc = [], 0
    for octet in value.content:
        if arc == 0 and octet == 0x80:
            raise NotDer
        arc = arc << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(arc)
            arc = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(number) for number in (first, arcs[0] - 40 * first, *arcs[1:]))


def issuer_and_serial(certificate: bytes) -> tuple[bytes, bytes]:
    """Return the DER of a certificate's issuer and serial number, as they stand there; raises NotDer."""
    fields = read(certificate, SEQUENCE).children()[0].children()
    if fields and fields[0].tag == 0xA0:  # the version
        fields = fields[1:]
    if len(fields) < 3 or fields[0].tag != INTEGER or fields[2].tag != SEQUENCE:
        raise NotDer
    return fields[2].whole, fields[0].whole
