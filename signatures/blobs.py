"""Bytes that must never change: kept once, under the name of their SHA-256."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

_SHA256 = re.compile(r"[0-9a-f]{64}")


class BlobError(Exception):
    """A document could not be read back; ``sha256`` names it, and ``document`` says in words which it is.

    ``fault`` is « missing », « corrupt » or « unreadable ».
    """

    fault = "unreadable"
    document = ""

    def __init__(self, sha256: str, message: str) -> None:
        super().__init__(message)
        self.sha256 = sha256


class BlobMissing(BlobError):
    """No document has this name."""

    fault = "missing"


class BlobCorrupt(BlobError):
    """The bytes on disk are not those that were stored."""

    fault = "corrupt"


class BlobUnreadable(BlobError):
    """The disk does not answer at the moment: what is there may well be sound."""


def put(data: bytes) -> str:
    """Store ``data`` durably and return its SHA-256 (64 hexadecimal digits).

    On return the bytes and their name have reached the disk: the file is written aside,
    synced and renamed, then its folder is synced, so a power cut leaves all or nothing.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    target = _path(sha256)
    if target.exists():
        try:
            get(sha256)
            return sha256
        except BlobError:
            pass  # heal it: we hold the right bytes
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)
    _sync_folder(target.parent.parent)
    return sha256


def get(sha256: str) -> bytes:
    """Return the bytes named ``sha256``, compared with that name first.

    Raises BlobMissing, BlobCorrupt, or BlobUnreadable for a disk that fails.
    """
    try:
        data = _path(sha256).read_bytes()
    except OSError as error:
        # the whole store away is a volume that is not mounted, not a document that was lost
        if isinstance(error, FileNotFoundError) and folder().is_dir():
            raise BlobMissing(
                sha256, _("Document %(name)s introuvable : restaurez la sauvegarde.") % {"name": sha256[:12]}
            ) from None
        raise BlobUnreadable(
            sha256,
            _("Document %(name)s illisible (%(why)s) : vérifiez le disque et les droits du dossier.")
            % {"name": sha256[:12], "why": error.strerror or type(error).__name__},
        ) from error
    if hashlib.sha256(data).hexdigest() != sha256:
        raise BlobCorrupt(
            sha256,
            _("Document %(name)s altéré sur le disque : restaurez la sauvegarde.") % {"name": sha256[:12]},
        )
    return data


def holds(sha256: str, size: int) -> bool:
    """Whether a document of this name and size is there; its bytes are not read."""
    try:
        return _path(sha256).stat().st_size == size
    except (OSError, BlobMissing):
        return False


def folder() -> Path:
    """Return where the documents are kept."""
    return Path(settings.BLOB_DIR)


def _path(sha256: str) -> Path:
    if not _SHA256.fullmatch(sha256):
        raise BlobMissing(sha256, _("« %(name)s » n’est pas une empreinte SHA-256.") % {"name": sha256[:80]})
    return folder() / sha256[:2] / sha256


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
