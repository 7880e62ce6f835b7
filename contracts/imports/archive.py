"""The file as it was sent: refused by what it is before anything of it is unpacked.

A .docx or an .odt is a ZIP archive. Its directory says what it holds; nothing is written to a disk, no
name of it is ever a path, and a part is unpacked only when it is read, up to a size.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property

from contracts.imports.faults import Unreadable

LARGEST = 10 * 1024 * 1024  # bytes of a file
PARTS = 2000  # entries of its archive
UNPACKED = 150 * 1024 * 1024  # bytes of all of them, as the directory declares
PART = 24 * 1024 * 1024  # bytes of one that is read
RATIO = 200  # times smaller than what it holds: no text nor image that somebody made is
RATIO_FROM = 1024 * 1024  # bytes below which the ratio says nothing
HEAD = 4096  # bytes in which a document type is declared, if one is

_OTHERS = (
    (b"%PDF", "pdf"),
    (b"{\\rt", "rtf"),
    (b"<?xm", "flat"),
    (b"<htm", "flat"),
    (b"<!DO", "flat"),
    (b"Rar!", "other"),
    (b"7z\xbc\xaf", "other"),
    (b"\x1f\x8b", "other"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ARCHIVES = re.compile(r"\.(zip|7z|rar|gz|tar|jar|docx|docm|xlsx|xlsm|pptx|odt|ods|odp|cab)$", re.IGNORECASE)
_MACROS = re.compile(
    r"(^|/)(vbaproject\.bin|vbadata\.xml|vbaprojectsignature[^/]*\.bin)$|(^|/)activex/|^(basic|scripts)/",
    re.IGNORECASE,
)
_OBJECTS = re.compile(
    r"(^|/)embeddings/|(^|/)oleobject[^/]*\.bin$|^object(replacements/object)? ?\d+(/|$)", re.IGNORECASE
)
_XML = re.compile(r"\.(xml|rels|rdf|vml)$", re.IGNORECASE)


@dataclass
class Archive:
    """A document that was let in."""

    file: zipfile.ZipFile

    @cached_property
    def names(self) -> dict[str, str]:
        """The parts, by their names without case."""
        return {name.lower(): name for name in self.file.namelist()}

    def has(self, name: str) -> bool:
        """Whether it holds a part."""
        return name.lower() in self.names

    def part(self, name: str, most: int = PART) -> bytes:
        """Return a part; raises Unreadable for one that is not there, damaged or too large."""
        if not self.has(name):
            raise Unreadable("incomplete", name)
        data = _unpacked(self.file, self.names[name.lower()], most + 1)
        if len(data) > most:
            raise Unreadable("too_much", name)
        return data


def opened(content: bytes) -> Archive:
    """Return the archive of a document; raises Unreadable unless it is sound and holds nothing but text."""
    _check_kind(content)
    try:
        file = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OverflowError, OSError, NotImplementedError) as error:
        raise Unreadable("damaged") from error
    entries = file.infolist()
    if len(entries) > PARTS:
        raise Unreadable("too_many_parts")
    for entry in entries:
        _check_name(entry)
    _check_twice(entries)
    for entry in entries:
        _check_content(entry)
    if sum(entry.file_size for entry in entries) > UNPACKED:
        raise Unreadable("bomb")
    _check_places(entries)
    for entry in entries:
        _check_head(file, entry)
    return Archive(file)


def _check_kind(content: bytes) -> None:
    if not content.strip(b"\0 \r\n\t"):
        raise Unreadable("empty")
    if len(content) > LARGEST:
        raise Unreadable("too_large")
    if content.startswith(_OLE):
        raise Unreadable("encrypted" if _ENCRYPTED in content else "old_word")
    head = content[:64].lstrip(b"\xef\xbb\xbf \r\n\t")
    for magic, code in _OTHERS:
        if head[: len(magic)].lower() == magic.lower():
            raise Unreadable(code)
    if content[:2] != b"PK":
        raise Unreadable("other")


def _check_name(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    steps = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in steps or ":" in steps[0] or "\0" in name or "\\" in name:
        raise Unreadable("names", name)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise Unreadable("names", name)


def _check_twice(entries: list[zipfile.ZipInfo]) -> None:
    seen: set[str] = set()
    for entry in entries:
        if (name := entry.filename.lower()) in seen:
            raise Unreadable("twice", entry.filename)
        seen.add(name)


def _check_content(entry: zipfile.ZipInfo) -> None:
    """Refuse a part by what the directory says of it."""
    name = entry.filename
    if entry.flag_bits & 0x1:
        raise Unreadable("encrypted")
    if entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise Unreadable("damaged")
    if _MACROS.search(name):
        raise Unreadable("macros", name)
    if _OBJECTS.search(name):
        raise Unreadable("objects", name)
    if _ARCHIVES.search(name):
        raise Unreadable("nested", name)
    if entry.file_size > RATIO_FROM and entry.file_size > RATIO * max(entry.compress_size, 1):
        raise Unreadable("bomb", name)


def _check_places(entries: list[zipfile.ZipInfo]) -> None:
    """Refuse parts that share their bytes: many are then unpacked from few."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise Unreadable("bomb", entry.filename)
        end = entry.header_offset + entry.compress_size


def _check_head(file: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Refuse a part by how it begins: another archive, a program, an object, a document type."""
    if entry.is_dir():
        return
    head = _unpacked(file, entry.filename, HEAD)
    if head.startswith((b"PK\x03\x04", b"7z\xbc\xaf", b"Rar!", b"\x1f\x8b")):
        raise Unreadable("nested", entry.filename)
    if head.startswith((_OLE, b"MZ", b"\x7fELF")):
        raise Unreadable("objects", entry.filename)
    if _XML.search(entry.filename) and b"<!DOCTYPE" in head.replace(b"\0", b""):
        raise Unreadable("doctype", entry.filename)


def _unpacked(file: zipfile.ZipFile, name: str, most: int) -> bytes:
    """Return at most so many bytes of a part."""
    try:
        with file.open(name) as part:
            return part.read(most)
    except (
        *(zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError),
        *(RuntimeError, NotImplementedError),  # of an encrypted part, of a way to pack that is not known
    ) as error:
        raise Unreadable("damaged", name) from error
