"""The signature fields of a file, and what each signature really covers (ISO 32000-2 § 12.8.1)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from asn1crypto import parser

from signatures.verification.crossref import Definition
from signatures.verification.faults import (
    Open,
    bad_contents,
    bad_range,
    bad_tree,
    ber_contents,
    leave_open,
    malformed,
    stray_signature,
)
from signatures.verification.structure import Structure
from signatures.verification.syntax import Hex, Ref, text

MAX_FIELDS = 5_000
MAX_PAGES = 10_000
# a signing tool reserves room for a CMS whose size it does not know yet
MAX_PADDING = 64 * 1024
Table = dict[int, Definition]


@dataclass(frozen=True)
class Field:
    """One field of the form: its full name, its object, and what it inherits."""

    name: str
    number: int
    value: dict[str, Any]
    is_signature: bool
    widgets: tuple[int, ...]


@dataclass(frozen=True)
class Signed:
    """One signature or document time-stamp: its field, its value, the revision it closes."""

    field: Field
    number: int
    value: dict[str, Any]
    revision: int
    contents: bytes  # the CMS, without the zeros after it

    @property
    def name(self) -> str:
        """Return the name of its field."""
        return self.field.name

    @property
    def is_timestamp(self) -> bool:
        """Tell whether it is a document time-stamp, and nobody's signature."""
        return self.value.get("Type") == "DocTimeStamp"


def resolve(value: Any, table: Table) -> Any:
    """Return what ``value`` stands for in this table; a dangling reference is nothing."""
    for _step in range(8):
        if not isinstance(value, Ref):
            return value
        found = table.get(value.number)
        value = None if found is None else found.value
    raise malformed()


def dictionary(value: Any, table: Table) -> dict[str, Any]:
    """Return the dictionary that ``value`` stands for, empty when there is none."""
    found = resolve(value, table)
    if found is None:
        return {}
    if not isinstance(found, dict):
        raise malformed()
    return found


def array(value: Any, table: Table) -> list[Any]:
    """Return the array that ``value`` stands for, empty when there is none."""
    found = resolve(value, table)
    if found is None:
        return []
    if not isinstance(found, list):
        raise malformed()
    return found


def fields(root: int, table: Table) -> Iterator[Field]:
    """Yield the terminal fields of the form; raises Fault when a node is reached twice."""
    form = dictionary(table[root].value.get("AcroForm"), table)
    seen: set[int] = set()
    names: set[str] = set()
    waiting = [(node, "", None, 0) for node in reversed(array(form.get("Fields"), table))]
    while waiting:
        node, above, kind, depth = waiting.pop()
        if not isinstance(node, Ref) or node.number in seen or len(seen) > MAX_FIELDS or depth > 30:
            raise bad_tree()
        seen.add(node.number)
        value = dictionary(node, table)
        kind = resolve(value.get("FT", kind), table)
        part = resolve(value.get("T"), table)
        name = text(part) if isinstance(part, bytes) else ""
        name = f"{above}.{name}" if above and name else above or name
        kids = array(value.get("Kids"), table)
        below = [kid for kid in kids if "T" in dictionary(kid, table)]
        if below and len(below) != len(kids):
            raise bad_tree()
        if below:
            waiting += [(kid, name, kind, depth + 1) for kid in reversed(below)]
            continue
        if any(not isinstance(kid, Ref) or kid.number in seen for kid in kids) or len(kids) > MAX_FIELDS:
            raise bad_tree()
        seen.update(kid.number for kid in kids)
        if name in names:  # which one a signature is in would be anybody's choice
            raise bad_tree()
        names.add(name)
        yield Field(name, node.number, value, kind == "Sig", tuple(kid.number for kid in kids))


def pages(root: int, table: Table) -> Iterator[int]:
    """Yield the numbers of the pages, in order; raises Fault for a tree that readers do not follow alike.

    Each node is met once. Some readers take what a page inherits from the one it calls its parent, and
    some go to a page by the counts: both must be those of the tree.
    """
    waiting: list[tuple[Any, int]] = [(table[root].value.get("Pages"), 0)]
    above: dict[int, int] = {}
    below: dict[int, int] = {}
    while waiting:
        node, parent = waiting.pop()
        if not isinstance(node, Ref) or node.number in above or len(above) > MAX_PAGES:
            raise bad_tree()
        above[node.number] = parent
        value = dictionary(node, table)
        named = value.get("Parent")
        if (named.number if isinstance(named, Ref) else 0 if named is None else -1) != parent:
            raise bad_tree()
        if "Kids" in value:
            below[node.number] = 0
            waiting += [(kid, node.number) for kid in reversed(array(value["Kids"], table))]
        elif value.get("Type") == "Page":
            yield node.number
        else:
            raise bad_tree()
    for number, parent in reversed(above.items()):  # those below a node were met after it
        if number in below:
            count = resolve(dictionary(Ref(number, 0), table).get("Count"), table)
            if type(count) is not int or count != below[number]:
                raise bad_tree()
        if parent:
            below[parent] += below.get(number, 1)


def signatures(structure: Structure, table: Table, odd: Open = None) -> list[Signed]:
    """Return the signatures, oldest first; raises Fault unless each covers just its revision."""
    found = []
    for field in fields(structure.root, table):
        value = field.value.get("V")
        if not field.is_signature or value is None:
            continue
        if not isinstance(value, Ref) or value.number not in table:
            raise bad_range(field.name)
        found.append(_signed(structure, field, table[value.number], odd))
    values = [one.number for one in found]
    revisions = [one.revision for one in found]
    ranged = {
        number
        for number, definition in table.items()
        if isinstance(definition.value, dict) and "ByteRange" in definition.value
    }
    if ranged != set(values) or len(set(values)) != len(values) or len(set(revisions)) != len(revisions):
        raise stray_signature()
    return sorted(found, key=lambda one: one.revision)


def _signed(structure: Structure, field: Field, definition: Definition, odd: Open) -> Signed:
    value, data = definition.value, structure.file.data
    if not isinstance(value, dict) or definition.stream is not None or definition.container is not None:
        raise bad_range(field.name)
    contents, covered = value.get("Contents"), value.get("ByteRange")
    if not isinstance(contents, Hex) or not isinstance(covered, list) or not _is_range(covered):
        raise bad_range(field.name)
    begin, resume, end = covered[1], covered[2], covered[2] + covered[3]
    if (contents.start, contents.end) != (begin, resume):
        raise bad_range(field.name)
    if not definition.start < begin < resume < definition.end <= end <= len(data):
        raise bad_range(field.name)
    for index, revision in enumerate(structure.revisions):
        if revision.objects.get(definition.number) is definition:
            if end not in (revision.eof, revision.end):
                raise bad_range(field.name)
            return Signed(field, definition.number, value, index, _cms(contents, field.name, odd))
    raise bad_range(field.name)


def _is_range(covered: list[Any]) -> bool:
    return len(covered) == 4 and covered[0] == 0 and all(type(one) is int and one >= 0 for one in covered)


def _cms(contents: Hex, name: str, odd: Open) -> bytes:
    """Return the CMS; only zeros may follow it, and not too many (ISO 32000-2 § 12.8.3.3.1)."""
    plain = contents.digits % 2 == 0 and contents.end - contents.start == contents.digits + 2
    if not plain or len(contents) < 2 or contents[0] != 0x30:
        raise bad_contents(name)
    size, header = contents[1], 2
    if size > 0x80:
        header += size & 0x7F
        size = int.from_bytes(contents[2:header], "big")
        if header > 6:
            raise bad_contents(name)
        if (size.bit_length() + 7) // 8 != header - 2 or size < 0x80:
            leave_open(odd, ber_contents(name), bad_contents(name))
    end = header + size
    if contents[1] == 0x80:
        leave_open(odd, ber_contents(name), bad_contents(name))
        end = _end_of(contents, name)
    padding = contents[end:]
    if end > len(contents) or len(padding) > MAX_PADDING or padding.strip(b"\0"):
        raise bad_contents(name)
    return contents[:end]


def _end_of(contents: bytes, name: str) -> int:
    """Return where a CMS ends that does not say its length (BER, X.690 § 8.1.3.6)."""
    try:
        _class, _method, _tag, header, content, trailer = parser.parse(contents, strict=False)
    except (ValueError, TypeError):
        raise bad_contents(name) from None
    return len(header) + len(content) + len(trailer)
