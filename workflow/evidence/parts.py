"""The files of an evidence, and the ZIP that holds them: the same files give the same bytes."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import tempfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from signatures import blobs

EPOCH = dt.datetime(1980, 1, 1, tzinfo=dt.UTC)  # before which a ZIP knows no date


@dataclass(frozen=True)
class Part:
    """One file: its path in the ZIP (ASCII), what it is in words, its bytes or else the document it is."""

    path: str
    title: str
    data: bytes | None
    sha256: str
    size: int

    def read(self) -> bytes:
        """Return its bytes, compared with their SHA-256; raises BlobError."""
        return blobs.get(self.sha256) if self.data is None else self.data


def made(path: str, title: str, data: bytes) -> Part:
    """Return a file that is made for the evidence."""
    return Part(path, title, data, hashlib.sha256(data).hexdigest(), len(data))


def stored(path: str, title: str, sha256: str) -> Part:
    """Return a file that is a stored document, read once for its size; raises BlobError."""
    return Part(path, title, None, sha256, len(blobs.get(sha256)))


@dataclass(frozen=True)
class Written:
    """A ZIP on the disk: its SHA-256 and its size in bytes."""

    sha256: str
    size: int


def write(folder: Path, name: str, parts: Iterable[Part], moment: dt.datetime) -> Written:
    """Write a ZIP of ``parts`` as ``folder/name-SHA256.zip``, all or nothing; raises OSError, BlobError.

    Nothing is compressed, each entry bears ``moment`` in UTC, and they come in the order of their names: so
    the bytes are the same wherever and whenever it is made. One file at a time is in memory.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stamp = max(moment.astimezone(dt.UTC), EPOCH).timetuple()[:6]
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(descriptor, "w+b") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                for part in sorted(parts, key=lambda one: one.path):
                    entry = zipfile.ZipInfo(part.path, stamp)
                    entry.create_system = 3  # Unix, whatever writes it
                    entry.external_attr = 0o100644 << 16
                    archive.writestr(entry, part.read())
            file.flush()
            os.fsync(file.fileno())
            size = file.tell() if file.seek(0, os.SEEK_END) else 0
            file.seek(0)
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        os.replace(temporary, folder / f"{name}-{sha256}.zip")
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return Written(sha256, size)
