"""An installation put back from a set, into an empty one; checked before and after."""

from __future__ import annotations

import shutil
from pathlib import Path

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from config import roles
from config.backup import programs, sets
from config.backup.saving import KEYS
from signatures import blobs
from signatures.roots import NoTrustRoot
from workflow.record import anchors, journal, stored, verification
from workflow.record.restored import record_restoration


class NotEmpty(Exception):
    """There is an installation here already; the message says what of it."""


class NotRestored(Exception):
    """What was put back is not what was saved; one sentence a line."""


def restore(folder: Path, keys: Path | None, *, replace: bool) -> sets.Manifest:
    """Put a set back; return its manifest.

    Raises SetUnfit and NotEmpty before anything changes, ProgramFailed with the database as it was,
    NotRestored when the last check finds otherwise than the manifest says.
    """
    manifest = sets.read(folder)
    _refuse_unknown(manifest)
    if keys is not None and not (keys / KEYS[0]).is_file():
        raise sets.SetUnfit(f"{keys} ne contient pas les clés d’une démonstration.")
    with roles.as_owner(connection):
        if not replace:
            _refuse_occupied(folder, keys)
        # the documents first: rows that name them come all at once, afterwards
        _copy_all(folder / sets.BLOBS, blobs.folder())
        programs.restore(connection, folder / sets.DUMP, replace=replace)
        # where the database stayed as it was, it keeps its own keys and its own anchors
        _copy_all(folder / sets.ANCHORS, Path(settings.ANCHOR_DIR))
        _put_keys_back(keys)
        connection.close()
    call_command("migrate", interactive=False, verbosity=0)
    # whoever had left since would be back
    Session.objects.all().delete()
    UserSession.objects.all().delete()
    try:
        _check(manifest)
    finally:  # after it, which holds the journal's end against the set's; and whatever it found
        record_restoration(manifest.made_at, manifest.journal[0])
    return manifest


def _refuse_unknown(manifest: sets.Manifest) -> None:
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    if unknown := sorted(set(manifest.migrations) - known):
        raise sets.SetUnfit(
            "La sauvegarde vient d’une version plus récente ou différente de celle-ci (migration "
            f"{unknown[0]}) : restaurez-la avec cette version-là, puis mettez à jour."
        )


def _refuse_occupied(folder: Path, keys: Path | None) -> None:
    """Raise NotEmpty where something would be written over, or mixed with what the set holds."""
    again = "restaurez dans une installation vide, ou donnez --replace pour écraser celle-ci."
    if roles.tables(connection):
        raise NotEmpty(f"La base de données contient déjà des tables : {again}")
    # those of the set itself are what a restoration that failed left: it is tried again
    of_the_set = {path.relative_to(folder / sets.BLOBS) for path in (folder / sets.BLOBS).rglob("*")}
    there = blobs.folder()
    if any(path.is_file() and path.relative_to(there) not in of_the_set for path in there.rglob("*")):
        raise NotEmpty(f"{blobs.folder()} contient déjà des documents : {again}")
    if anchors.filed():
        raise NotEmpty(f"{settings.ANCHOR_DIR} contient déjà des ancrages : {again}")
    if keys is not None and (Path(settings.STATE_DIR) / "pki").exists():
        raise NotEmpty(f"{settings.STATE_DIR} contient déjà des clés : {again}")


def _copy_all(source: Path, target: Path) -> None:
    """Copy a folder's files; what is there and the same is left."""
    for path in sorted(source.rglob("*")):
        there = target / path.relative_to(source)
        if path.is_file() and not (there.is_file() and sets.digest(there) == sets.digest(path)):
            sets.copy(path, there)


def _put_keys_back(keys: Path | None) -> None:
    for name in KEYS if keys is not None else ():
        source, target = Path(keys or "", name), Path(settings.STATE_DIR, name)
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target)
        elif source.exists():
            sets.copy(source, target)


def _check(manifest: sets.Manifest) -> None:
    """Hold what was put back against what was saved: the journal, its anchors, every document."""
    said = []
    if journal.head() != tuple(manifest.journal):
        said.append(f"Le journal devrait s’arrêter à l’écriture n° {manifest.journal[0]}.")
    try:
        said += verification.verify().broken
    except NoTrustRoot:  # the keys of a demonstration were not given back: the chain alone is checked
        if found := journal.first_break():
            said.append(f"Le journal est rompu à l’écriture n° {found.number}.")
    for sha256 in sorted(stored.named()):
        try:
            blobs.get(sha256)
        except blobs.BlobError as error:
            if str(error) not in manifest.faults:
                said.append(str(error))
    if said:
        raise NotRestored("\n".join(said))
