"""Whether every reader sees the same document in these bytes.

The file is read from its first byte to its last as a sequence of objects, tables and tails
(ISO 32000-2 § 7.5), with nothing else between. The chain of tables must hold exactly these
objects, each where it says. A reader that follows the chain and a reader that rebuilds the
table from the bytes then find the same.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from signatures.verification.crossref import HEADER, MAX_SECTIONS, TAIL, Definition, Entry, File, Section
from signatures.verification.faults import (
    Open,
    bad_end,
    bad_table,
    duplicate_object,
    hidden_object,
    late_object,
    malformed,
    stray_bytes,
    too_complex,
)
from signatures.verification.rebuild import refuse_hidden
from signatures.verification.syntax import SPACE, Reader, Ref

MAX_OBJECTS = 300_000
LONGEST_GAP = 16  # bytes of white space between two objects of a revision made by a signing tool

_FIRST_LINE = re.compile(rb"%PDF-[12]\.\d[ \t]*(?:\r\n|\n|\r)")
_GAP = re.compile(rb"(?:[" + SPACE + rb"]++|%(?!%EOF)[^\r\n]*+)*+")


@dataclass
class Revision:
    """One revision: its bytes from ``start`` to ``end``, its objects, its trailer."""

    start: int
    eof: int = 0  # just after %%EOF
    end: int = 0  # after the line end that may follow
    sections: list[Section] = field(default_factory=list)
    objects: dict[int, Definition] = field(default_factory=dict)
    freed: set[int] = field(default_factory=set)
    loose: bool = False  # comments or padding between its objects

    @property
    def trailer(self) -> dict[str, Any]:
        """Return the trailer that a reader takes."""
        return self.sections[0].trailer


@dataclass
class Structure:
    """A file that every reader understands alike."""

    file: File
    revisions: list[Revision]
    root: int
    uses: Counter[int] = field(default_factory=Counter)  # how often the others refer to each object

    def tables(self) -> Iterator[tuple[Revision, dict[int, Definition]]]:
        """Yield each revision, oldest first, with the objects as they are at its end.

        It is one dictionary, which the next turn changes, as it does ``uses``.
        """
        table: dict[int, Definition] = {}
        self.uses.clear()
        for revision in self.revisions:
            for number in revision.freed | revision.objects.keys():
                gone = table.pop(number, None)
                if gone is not None:
                    self.uses.subtract(_referred(gone))
            table.update(revision.objects)
            for definition in revision.objects.values():
                self.uses.update(_referred(definition))
            yield revision, table

    def table(self) -> dict[int, Definition]:
        """Return the objects as they are in the end."""
        return [table for _revision, table in self.tables()][-1]


def _referred(definition: Definition) -> Iterator[int]:
    """Yield what an object refers to; a table in a stream is a trailer, which is none of the objects."""
    if definition.stream is None or definition.value.get("Type") != "XRef":
        yield from (one.number for one in definition.references)


def read(pdf: bytes, odd: Open = None) -> Structure:
    """Return the structure of ``pdf``; raises Fault unless every reader must see it so."""
    file = File(pdf, Reader(pdf))
    file.read_chain(odd)
    revisions = _Layout(file).revisions()
    _check_chain(file, revisions)
    for revision in revisions:
        _check_entries(file, revision)
    root = _root(file, revisions)
    structure = Structure(file, revisions, root)
    refuse_hidden(structure.file, revisions)
    _check_references(structure)
    return structure


class _Layout:
    """Reads the file from its first byte to its last."""

    def __init__(self, file: File) -> None:
        self.file, self.data = file, file.data
        self.sections = {section.start: section for section in file.chain}
        self.linearised = False
        self.linearised_length: Any = None
        self.count = 0

    def revisions(self) -> list[Revision]:
        first = _FIRST_LINE.match(self.data)
        if first is None:
            raise malformed()
        found: list[Revision] = []
        current, position = Revision(0), first.end()
        while position < len(self.data) or current.start != position:
            position = self._gap(current, position)
            tail = TAIL.match(self.data, position)
            if tail is None:
                position = self._element(current, position)
                continue
            position = tail.end()
            if int(tail[1]) == 0 and self.linearised and not found and len(current.sections) == 1:
                continue  # the first tail of a linearised file says nothing (annex F.3.4)
            if tail[2] is None and position < len(self.data):
                raise bad_end()  # what follows would be the rest of a comment
            self._close(current, tail, first=not found)
            found.append(current)
            current = Revision(position)
            if len(found) > MAX_SECTIONS:
                raise too_complex()
        if len(found) > 1 and self.linearised_length == len(self.data):
            raise bad_table()  # a reader that believes it would show the first revision
        return found

    def _gap(self, revision: Revision, position: int) -> int:
        found = _GAP.match(self.data, position)
        end = found.end() if found is not None else position
        gap = self.data[position:end]
        if b"\0" in gap:
            raise stray_bytes()
        if b"%" in gap or len(gap) > LONGEST_GAP:
            revision.loose = True
        return end

    def _element(self, revision: Revision, position: int) -> int:
        """Take one object or one table; anything else has no place here."""
        section = self.sections.get(position)
        if section is not None and section.number is None:
            revision.sections.append(section)
            return section.end
        if HEADER.match(self.data, position) is None:
            raise bad_end() if self.data.startswith(b"startxref", position) else stray_bytes()
        definition = self.file.read_object(position)
        self.count += 1
        if self.count > MAX_OBJECTS:
            raise too_complex()
        if definition.number in revision.objects:
            raise duplicate_object()
        if self.count == 1 and isinstance(definition.value, dict) and "Linearized" in definition.value:
            self.linearised, self.linearised_length = True, definition.value.get("L")
        revision.objects[definition.number] = definition
        if section is not None:
            revision.sections.append(section)
        elif definition.stream is not None and definition.value.get("Type") == "XRef":
            raise hidden_object()
        return definition.end

    def _close(self, revision: Revision, tail: re.Match[bytes], *, first: bool) -> None:
        revision.eof, revision.end = tail.end() - len(tail[2] or b""), tail.end()
        expected = 2 if first and self.linearised and len(revision.sections) == 2 else 1
        if len(revision.sections) != expected or revision.sections[0].start != int(tail[1]):
            raise bad_table()
        if self.file.reader.comments and self.file.reader.comments[-1] >= revision.start:
            revision.loose = True


def _check_chain(file: File, revisions: list[Revision]) -> None:
    """The chain goes through every section, newest first, and through nothing else."""
    expected = [section for revision in reversed(revisions) for section in revision.sections]
    if [section.start for section in file.chain] != [section.start for section in expected]:
        raise bad_table()


def _check_entries(file: File, revision: Revision) -> None:
    """The table of a revision holds its objects, all of them, each where it says."""
    entries: dict[int, Entry] = {}
    for section in revision.sections:
        if entries.keys() & section.entries.keys():
            raise duplicate_object()
        entries.update(section.entries)
    tables = {section.number for section in revision.sections}
    for number, entry in entries.items():
        found = revision.objects.get(number)
        if entry.kind == 0:
            revision.freed.add(number)
        elif entry.kind == 1 and (
            found is None or found.start != entry.place or found.generation != entry.rank
        ):
            raise bad_table()
    for number in revision.objects:
        if number not in tables and (number not in entries or entries[number].kind != 1):
            raise hidden_object()
    packed = dict(_packed(file, revision))
    listed = {number: entry for number, entry in entries.items() if entry.kind == 2}
    if packed.keys() != listed.keys():
        raise hidden_object() if packed.keys() - listed.keys() else bad_table()
    for number, (definition, index) in packed.items():
        if listed[number].place != definition.container or listed[number].rank != index:
            raise bad_table()
        revision.objects[number] = definition


def _packed(file: File, revision: Revision) -> Iterator[tuple[int, tuple[Definition, int]]]:
    """Yield what the object streams of this revision hold (§ 7.5.7), with its index."""
    seen: set[int] = set()
    for stream in list(revision.objects.values()):
        if stream.stream is None:
            continue
        if isinstance(stream.value.get("Type"), Ref):
            raise malformed()
        if stream.value.get("Type") != "ObjStm":
            continue
        plain = file.decoded(stream)
        count, first = stream.value.get("N"), stream.value.get("First")
        if type(count) is not int or type(first) is not int or not 0 <= first <= len(plain):
            raise malformed()
        header = plain[:first].split()
        if len(header) != 2 * count or count > MAX_OBJECTS or not all(map(bytes.isdigit, header)):
            raise malformed()
        reader, end = Reader(plain), first
        reader.tokens = file.reader.tokens
        for index in range(count):
            number, offset = int(header[2 * index]), first + int(header[2 * index + 1])
            if offset < end or number in seen or number in revision.objects or number == 0:
                raise duplicate_object()
            seen.add(number)
            if plain[end:offset].strip(b"\t\n\x0c\r "):
                raise hidden_object()
            value, end = reader.value(offset)
            yield (
                number,
                (
                    Definition(number, 0, stream.start, stream.end, value, container=stream.number),
                    index,
                ),
            )
        if plain[end:].strip(b"\t\n\x0c\r "):
            raise hidden_object()
        file.reader.tokens = reader.tokens


def _root(file: File, revisions: list[Revision]) -> int:
    """Return the number of the one catalog; raises Fault when there could be another."""
    roots = {
        section.trailer["Root"] for section in file.chain if isinstance(section.trailer.get("Root"), Ref)
    }
    if len(roots) != 1 or "Root" not in file.chain[0].trailer:
        raise bad_table()
    root: int
    root, generation = roots.pop()
    for revision in revisions:
        for number, definition in revision.objects.items():
            is_catalog = isinstance(definition.value, dict) and definition.value.get("Type") == "Catalog"
            if is_catalog != (number == root) or (is_catalog and definition.generation != generation):
                raise hidden_object()
    return root


def _check_references(structure: Structure) -> None:
    """Nothing in use points at an object that a rebuild alone would find, nor at another generation.

    Nor is an object named before it is there: what was signed without it would show it.
    """
    missing: set[int] = set()
    for revision, now in structure.tables():
        if not missing.isdisjoint(revision.objects):
            raise late_object()
        for definition in revision.objects.values():
            missing.update(number for number in _referred(definition) if number not in now)
        missing.update(number for number in revision.freed - now.keys() if structure.uses[number])
    table = now  # as they are in the end
    ever = {number for revision in structure.revisions for number in revision.objects}
    for number, definition in table.items():
        for reference in definition.references:
            found = table.get(reference.number)
            if found is None and reference.number in ever:
                raise hidden_object()
            if found is not None and found.generation != reference.generation:
                raise bad_table()
        if definition.number != number:
            raise bad_table()
