"""A set made from an installation in service: nothing stops meanwhile."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from config import roles
from config.backup import programs, sets
from signatures import blobs
from workflow.record import anchors, journal, stored

KEYS = ("secret-key", "demonstration-password", "pki")  # of a demonstration, below STATE_DIR


def save(folder: Path) -> tuple[Path, sets.Manifest]:
    """Make a set below ``folder``; return where it is, and its manifest.

    Raises OSError, and programs.ProgramFailed; what was begun is then taken away.
    """
    now = timezone.now().astimezone(dt.UTC)
    target = folder / f"contreseing-{now:%Y%m%dT%H%M%SZ}"
    begun = folder / f".unfinished-{target.name}-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    begun.mkdir(mode=0o700)
    try:
        with roles.as_owner(connection), transaction.atomic():
            manifest = _save_snapshot(begun, now)
        sets.write(begun, manifest)
        begun.rename(target)
    except BaseException:
        shutil.rmtree(begun, ignore_errors=True)
        raise
    return target, manifest


def save_keys(target: Path) -> Path | None:
    """Copy a demonstration's keys beside a set, never in it; None where there are none of ours to keep."""
    if not settings.DEMONSTRATION:
        return None
    folder = target.with_name(f"{target.name}-keys")
    folder.mkdir(mode=0o700)
    for name in KEYS:
        source = Path(settings.STATE_DIR, name)
        if source.is_dir():
            shutil.copytree(source, folder / name)
        elif source.exists():
            sets.copy(source, folder / name)
    return folder


def _save_snapshot(begun: Path, now: dt.datetime) -> sets.Manifest:
    """Dump one snapshot, then copy what it names; all that is read here is read in that snapshot."""
    with connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        [snapshot] = cursor.fetchone()
    programs.dump(connection, snapshot, begun / sets.DUMP)
    wanted, faults = stored.named(), []
    for sha256 in sorted(wanted):
        try:
            blobs.get(sha256)  # read against its name: what is altered is not handed on
        except blobs.BlobError as error:
            faults.append(str(error))
        else:
            sets.copy(blobs.folder() / sha256[:2] / sha256, begun / sets.BLOBS / sha256[:2] / sha256)
    number, head = journal.head()
    for (entry, _hash), path in anchors.filed().items():
        if entry <= number:  # an anchor of what came since would call the restored journal truncated
            sets.copy(path, begun / sets.ANCHORS / path.name)
    if found := journal.first_break():
        faults.append(f"Le journal est rompu à l’écriture n° {found.number} : lancez verify_journal.")
    applied = [f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations()]
    return sets.Manifest(now.isoformat(), (number, head), len(wanted), sorted(applied), faults)
