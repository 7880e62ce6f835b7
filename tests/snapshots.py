"""The whole database kept beside itself, so that a test starts from a known state in milliseconds.

Django's own flush truncates every table, then makes the content types and the permissions
again; loading the cast costs as much once more. Both were half of the time of the tests.
A snapshot is a schema of the test database that holds a copy of each table with rows.
"""

from __future__ import annotations

import copy
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.core import mail
from django.core.cache import caches
from django.db import connection, transaction

from tests.owner import as_owner

PRISTINE = "kept_pristine"  # as the migrations leave it
SCENE = "kept_scene"  # what one test set up for its turns
CERTIFIED = "kept_certified"  # and with their signing keys enrolled
CAST = "kept_cast"  # with the demonstration's people, organisations and contracts

_TABLES = """
    SELECT c.relname, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum)
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'django_migrations'
    GROUP BY c.relname ORDER BY c.relname
"""
_SETTLED = {"auth_permission", "django_content_type"}  # many rows that hardly a test changes: compared first
# a scene of this age is made again: some rules count in minutes from what it holds (a link goes again after
# 15), and the tests of a slow machine last an hour
MAX_AGE = 300.0  # seconds
Scene = TypeVar("Scene")
_documents = tempfile.TemporaryDirectory(prefix="contreseing-scenes-")
# by name: when it was made, by which settings, and what making it returned
_scenes: dict[str, tuple[float, list[Any], Any]] = {}
# what the text of a contract says of the installation: frozen again with others, it is another text
SAID = ("PUBLIC_URL", "DEMONSTRATION", "TRAINING", "PARTY_SIGNATURE_LEVEL", "PARTNER_SIGNATURE_LEVEL")
_soiled: set[str] = set()  # databases in which a test committed, that nobody put back yet
_restoring: dict[tuple[str, str], str] = {}  # by database and snapshot: what puts it back


def keep(name: str) -> None:
    """Copy every table that has rows into the schema ``name``, replacing what it kept."""
    with as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = cursor.fetchall()
        cursor.execute(f"DROP SCHEMA IF EXISTS {name} CASCADE; CREATE SCHEMA {name}")
        names = ", ".join(f'public."{table}"' for table, _columns in tables)
        # whoever still writes is waited for, as a truncation waits
        emptied, filled = [f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"], []
        for table, columns in tables:
            empty = f'DELETE FROM public."{table}"'
            cursor.execute(f'SELECT EXISTS (SELECT FROM public."{table}")')  # noqa: S608
            if cursor.fetchone() != (True,):
                emptied.append(empty)
                continue
            cursor.execute(f'CREATE TABLE {name}."{table}" AS SELECT {columns} FROM public."{table}"')  # noqa: S608
            now, kept = (f'SELECT {columns} FROM {schema}."{table}"' for schema in ("public", name))  # noqa: S608
            fill = f'INSERT INTO public."{table}" ({columns}) {kept}'  # noqa: S608
            if table in _SETTLED:
                differ = f"EXISTS (({now} EXCEPT {kept}) UNION ALL ({kept} EXCEPT {now}))"
                filled.append(f"DO $$ BEGIN IF {differ} THEN {empty}; {fill}; END IF; END $$")
            else:
                emptied.append(empty)
                filled.append(fill)
    _restoring[str(connection.settings_dict["NAME"]), name] = ";\n".join([*emptied, *filled])


def restore(name: str) -> None:
    """Put back what ``keep`` kept under this name; sequences go on, so no number is given twice.

    Triggers and foreign keys rest meanwhile: the rows were right when they were kept. Those
    that keep the journal insert-only are tested in tests/workflow/record/test_journal.py.
    """
    script = _restoring[str(connection.settings_dict["NAME"]), name]
    resting, awake = (f"SET LOCAL session_replication_role = {role}" for role in ("replica", "origin"))
    with as_owner(), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{resting};\n{script};\n{awake}")
    if not connection.in_atomic_block:  # what a test does in a transaction of its own is taken back with it
        _soiled.discard(str(connection.settings_dict["NAME"]))


def soil() -> None:
    """Say that a test may have committed: half of those that follow put back another snapshot anyway."""
    _soiled.add(str(connection.settings_dict["NAME"]))


def is_soiled() -> bool:
    """Whether what a test committed may still be there."""
    return str(connection.settings_dict["NAME"]) in _soiled


def number_on() -> None:
    """Have numbers begin beyond any that a snapshot holds: to be asked once tables were made anew."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, 1000000) FROM pg_sequences"
            " WHERE schemaname = 'public' AND coalesce(last_value, 0) < 1000000"
        )


def forget_caches() -> None:
    """Empty what is kept in memory: the parts of pages. (What limits count is in the database.)"""
    for name in ("parts", "facts"):
        caches[name].clear()


def again(times: int) -> Iterator[int]:
    """Yield so many times, from the database as it is at the first each time: what was set up is kept.

    Rows are put back, not documents nor objects in memory: give an act that changes its argument a copy.
    """
    keep(SCENE)
    for turn in range(times):
        if turn:
            restore(SCENE)
            forget_caches()
        yield turn


def forget_scenes() -> None:
    """Have every scene set up again, as what it was made with is gone."""
    _scenes.clear()


def once(name: str, make: Callable[[], Scene]) -> Scene:
    """Set up a scene the first time it is asked for, and again when that is long ago; put it back in between.

    Again, too, where the settings that its texts say are others than those it was made with.

    To be asked for before the test does anything else, as what it did would be lost; rows and
    documents are put back, and what ``make`` returned is copied, so that no test sees what another
    did to it, nor whether it came first.
    """
    schema, documents = f"kept_scene_{name}", Path(_documents.name, name)
    said = [getattr(settings, each) for each in SAID]
    started, made_with, _made = _scenes.get(name, (0.0, [], None))
    if made_with != said or time.monotonic() - started > MAX_AGE:
        started = time.monotonic()
        _scenes[name] = started, said, make()
        keep(schema)
        shutil.rmtree(documents, ignore_errors=True)
        shutil.copytree(settings.BLOB_DIR, documents)
    restore(schema)
    forget_caches()
    mail.outbox = []
    shutil.copytree(documents, settings.BLOB_DIR, dirs_exist_ok=True)
    scene: Scene = copy.deepcopy(_scenes[name][2])
    return scene
