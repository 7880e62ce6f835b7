"""The journal's head, anchored: a time-stamp of an authority that is not ours, kept in two places.

A hash chain shows any change but one: its end cut off, or written anew. An anchor says
that entry ``number`` had this ``hash`` at that hour; it is a row that only grows and a file of
``settings.ANCHOR_DIR``, which whoever holds the database does not hold. Anchors are taken at
each seal and once an hour when the journal moved (:mod:`workflow.engine.jobs`), never in the
transaction of an act; ``manage.py verify_journal`` compares (:mod:`workflow.record.verification`).
"""

from __future__ import annotations

import base64
import datetime as dt
import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import structlog
from django.conf import settings
from django.utils import timezone

from signatures import anchoring
from workflow.record.journal import canonical
from workflow.record.models import Anchor, JournalEntry

log = structlog.get_logger(__name__)
EVERY = dt.timedelta(minutes=50)  # asked every ten minutes: once an hour
_NAME = re.compile(r"(\d{12,})-([0-9a-f]{64})\.tst")

Key = tuple[int, str]  # an entry's number and hash


def statement(number: int, hash_: str) -> bytes:
    """Return the bytes that an anchor's token stamps: ``{"hash":"…","number":…}``."""
    return canonical({"hash": hash_, "number": number})


def file_name(number: int, hash_: str) -> str:
    """Return the name of an anchor's file, which says all that is needed to check it."""
    return f"{number:012d}-{hash_}.tst"


def anchor_if_due(now: dt.datetime | None = None) -> Anchor | None:
    """Anchor the head when entries wait for it since :data:`EVERY`, or when nothing was ever anchored.

    Writes again the files that the folder lacks. Raises TimestampUnavailable.
    """
    complete_folder()
    last = Anchor.objects.order_by("-number").first()
    waiting = JournalEntry.objects.order_by("number")
    if last is not None:
        waiting = waiting.filter(number__gt=last.number)
        head = JournalEntry.objects.order_by("-number").first()
        if head is None or head.number < last.number:
            log.error("journal shorter than its last anchor", anchored=last.number)
    first = waiting.first()
    if first is None or (last is not None and first.at > (now or timezone.now()) - EVERY):
        return None
    return anchor(JournalEntry.objects.order_by("-number")[0].number)


def anchor(number: int) -> Anchor | None:
    """Anchor an entry, unless it is; None when it is or does not exist. Raises TimestampUnavailable.

    The file first: it is worth something without its row, and is found by the next try.
    """
    entry = JournalEntry.objects.filter(number=number).first()
    if entry is None or Anchor.objects.filter(number=number, hash=entry.hash).exists():
        return None
    said = statement(number, entry.hash)
    token = _filed_token(number, entry.hash, said) or anchoring.stamp(said)
    moment = anchoring.stamped_at(token, said)
    write(number, entry.hash, token)
    kept, _created = Anchor.objects.get_or_create(
        number=number, hash=entry.hash, defaults={"at": moment, "token": token}
    )
    return kept


def _filed_token(number: int, hash_: str, said: bytes) -> bytes | None:
    """Return the token of a try that ended between the file and the row, if it is good."""
    try:
        token = (Path(settings.ANCHOR_DIR) / file_name(number, hash_)).read_bytes()
        anchoring.stamped_at(token, said)
    except (FileNotFoundError, anchoring.TokenInvalid):
        return None
    return token


def complete_folder() -> None:
    """Write the files of the anchors whose rows have none: a folder that moved, a disk that was changed."""
    there = set(filed())
    for pk, number, hash_ in Anchor.objects.values_list("pk", "number", "hash").iterator(chunk_size=2000):
        if (number, hash_) not in there:
            log.warning("anchor file missing, written again", number=number)
            write(number, hash_, bytes(Anchor.objects.get(pk=pk).token))


def filed() -> dict[Key, Path]:
    """Return the anchors' files, by what they anchor; the folder's other files are none of ours."""
    found: dict[Key, Path] = {}
    try:
        for path in sorted(Path(settings.ANCHOR_DIR).iterdir()):
            if named := _NAME.fullmatch(path.name):
                found[int(named[1]), named[2]] = path
    except FileNotFoundError:
        pass
    return found


def write(number: int, hash_: str, token: bytes) -> None:
    """Keep a token under its name, all or nothing, in a folder where no file is ever changed."""
    folder = Path(settings.ANCHOR_DIR)
    target = folder / file_name(number, hash_)
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".new-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(token)
            os.fchmod(descriptor, 0o444)
            file.flush()
            os.fsync(descriptor)
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder_descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(folder_descriptor)
    finally:
        os.close(folder_descriptor)


def exported(numbers: Iterable[int]) -> list[dict[str, Any]]:
    """Return the anchors of these entries, and the journal's last one, as anybody can check them offline.

    ``token`` is the DER in base64; it stamps :func:`statement`.
    """
    last = Anchor.objects.order_by("-number").values_list("number", flat=True)[:1]
    rows = Anchor.objects.filter(number__in=[*numbers, *last]).order_by("number", "pk")
    return [
        {
            "number": row.number,
            "hash": row.hash,
            "at": row.at.astimezone(dt.UTC).isoformat(),
            "token": base64.b64encode(bytes(row.token)).decode(),
        }
        for row in rows
    ]
