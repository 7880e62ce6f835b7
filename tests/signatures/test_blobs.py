"""Documents kept under the name of their SHA-256."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from signatures import blobs

DATA = b"%PDF-1.7 contrat"


def test_what_is_put_is_got(blob_folder: Path) -> None:
    name = blobs.put(DATA)
    assert name == hashlib.sha256(DATA).hexdigest()
    assert blobs.get(name) == DATA
    assert blobs.put(DATA) == name
    assert [path.name for path in blob_folder.rglob("*") if path.is_file()] == [name]


def test_a_missing_one_is_named(blob_folder: Path) -> None:
    blobs.put(DATA)
    with pytest.raises(blobs.BlobMissing, match="aaaaaaaaaaaa"):
        blobs.get("a" * 64)


def test_a_store_out_of_reach_is_not_a_document_lost(blob_folder: Path) -> None:
    with pytest.raises(blobs.BlobUnreadable, match="aaaaaaaaaaaa"):  # not mounted
        blobs.get("a" * 64)
    name = blobs.put(DATA)
    path = blob_folder / name[:2] / name
    path.unlink()
    path.mkdir()
    with pytest.raises(blobs.BlobUnreadable, match=name[:12]):
        blobs.get(name)
    path.rmdir()
    assert blobs.put(DATA) == name
    assert blobs.get(name) == DATA


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63, "a" * 64 + "\n", "é" * 64])
def test_a_name_is_a_sha256_and_nothing_else(blob_folder: Path, name: str) -> None:
    with pytest.raises(blobs.BlobMissing):
        blobs.get(name)


def test_a_changed_one_is_never_given(blob_folder: Path) -> None:
    name = blobs.put(DATA)
    path = blob_folder / name[:2] / name
    path.write_bytes(DATA[:-1] + b"x")
    with pytest.raises(blobs.BlobCorrupt):
        blobs.get(name)
    assert blobs.put(DATA) == name, "whoever holds the right bytes mends it"
    assert blobs.get(name) == DATA


def test_a_full_disk_leaves_nothing_behind(blob_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        blobs.put(DATA)
    assert not [path for path in blob_folder.rglob("*") if path.is_file()]
