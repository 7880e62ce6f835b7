"""An installation saved in the middle of a signature, put back elsewhere, then played to its end."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, override_settings

from config.backup import sets
from contracts.models import Contract
from signatures import blobs
from signatures.models import SignatureRequest
from tests import plot
from tests.cast import Cast
from tests.config.deployed import ROOT
from tests.database_address import database_address, owner_address
from tests.owner import as_owner, leave
from tests.pki import ServedPki
from tests.stage import run_jobs
from tests.workflow.signing.test_kills import KILLED, signed_once, worker
from workflow.record import anchors
from workflow.record.models import JournalEntry
from workflow.signing import acts as signing_acts

ELSEWHERE = f"test_restored_{os.getpid()}"


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One of Django's commands in a process of its own."""
    bare = {k: v for k, v in os.environ.items() if not k.startswith(("DATABASE", "REDIS", "PYTEST"))}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**bare, "DEMONSTRATION": "1", "LOG_LEVEL": "ERROR", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


def installation(state: Path, pki: ServedPki) -> dict[str, str]:
    """What tells a process of the installation whose data is in this folder."""
    return {
        "STATE_DIR": str(state),
        "SECRET_KEY": settings.SECRET_KEY,
        "PKI_PASSPHRASE": settings.PKI_PASSPHRASE,
        "PKI_URL": pki.url,
        "TRUST_ROOTS": str(pki.root),
    }


@contextmanager
def elsewhere(state: Path) -> Iterator[dict[str, str]]:
    """Make a bare database beside the test's; yield the addresses that name it."""
    here = str(connection.settings_dict["NAME"])
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {ELSEWHERE} TEMPLATE template0")
    try:
        yield {
            "DATABASE_URL": database_address().replace(f"/{here}", f"/{ELSEWHERE}"),
            "DATABASE_OWNER_URL": owner_address().replace(f"/{here}", f"/{ELSEWHERE}"),
        }
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {ELSEWHERE} WITH (FORCE)")


@contextmanager
def standing_there(state: Path) -> Iterator[None]:
    """Have this process act in the restored installation."""
    here = connection.settings_dict["NAME"]
    leave()
    connection.settings_dict["NAME"] = ELSEWHERE
    try:
        with override_settings(BLOB_DIR=state / "blobs", ANCHOR_DIR=state / "anchors"):
            yield
    finally:
        leave()
        connection.settings_dict["NAME"] = here


def half_signed(cast: Cast, pki: ServedPki) -> Contract:
    """Bring a contract to where the prefect's key was used, and her worker killed before it said so."""
    contract = plot.at_signing(cast)
    plot.record_resolution(contract)
    anchors.anchor(JournalEntry.objects.order_by("-number")[0].number)
    waiting = plot.task(contract, "sign")
    signing_acts.sign(cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
    assert worker(pki, kill_at="signed") == KILLED
    return contract


@pytest.fixture
def saved(cast: Cast, pki: ServedPki, tmp_path: Path) -> Iterator[tuple[Contract, Path]]:
    """A contract in the middle of its first signature, and the set that was made of it then."""
    contract = half_signed(cast, pki)
    Client().force_login(cast.maire, backend="allauth.account.auth_backends.AuthenticationBackend")
    done = command(
        "backup",
        str(tmp_path / "sets"),
        DATABASE_URL=database_address(),  # as the role that serves: a backup asks for no more
        **installation(Path(settings.BLOB_DIR).parent, pki),
    )
    assert done.returncode == 0, done.stderr
    [made] = [path for path in (tmp_path / "sets").iterdir() if not path.name.endswith("-keys")]
    yield contract, made


def test_a_signature_under_way_is_finished_where_it_was_restored(
    saved: tuple[Contract, Path], cast: Cast, pki: ServedPki, tmp_path: Path
) -> None:
    contract, made = saved
    run_jobs()  # here it goes on: what comes after the backup is not in it
    assert Session.objects.exists()
    state = tmp_path / "there"
    with elsewhere(state) as addresses:
        told = {**addresses, **installation(state, pki)}
        done = command("restore", str(made), **told)
        assert done.returncode == 0, done.stderr
        assert "journal intact" in done.stdout
        again = command("restore", str(made), **told)
        assert (again.returncode, "contient déjà des tables" in again.stderr) == (1, True)
        with standing_there(state):
            assert not Session.objects.exists()  # nobody comes back in by an old session
            assert JournalEntry.objects.order_by("-number")[0].verb == "installation_restored"
            request = SignatureRequest.objects.get(slot__envelope=plot.envelope(contract))
            assert request.state == SignatureRequest.State.SIGNED
            assert worker(pki) == 0
            request.refresh_from_db()
            assert request.state == SignatureRequest.State.DONE, request.error_text
            plot.sign_next(contract)
            signed_once(contract)
        over = command("restore", str(made), "--replace", **told)
        assert over.returncode == 3, over.stderr  # the anchors since show what was lost
        assert "tronqué" in over.stderr


def test_the_embedded_server_takes_a_set_with_its_keys(saved: tuple[Contract, Path], pki: ServedPki) -> None:
    _contract, made = saved
    keys = made.with_name(f"{made.name}-keys")
    with tempfile.TemporaryDirectory() as folder:
        given = {"STATE_DIR": folder, "PKI_PASSPHRASE": settings.PKI_PASSPHRASE}
        (keys / "secret-key").write_text("s" * 64)  # the tests' own is in no file
        done = command("restore", str(made), "--keys", str(keys), **given)
        assert done.returncode == 0, done.stderr
        assert Path(folder, "secret-key").read_text() == "s" * 64
        assert command("verify_journal", **given).returncode == 0
        assert not Path(folder, "postgres", "postmaster.pid").exists()


def without_its_end(made: Path) -> None:
    (made / "manifest.json").unlink()


def without_a_document(made: Path) -> None:
    next(path for path in (made / "blobs").rglob("*") if path.is_file()).unlink()


def with_another_dump(made: Path) -> None:
    with (made / "database.dump").open("ab") as file:
        file.write(b"\0")


def from_another_version(made: Path) -> None:
    path = made / "manifest.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, "migrations": [*facts["migrations"], "workflow.9999_to_come"]}))


def test_half_a_set_is_refused(saved: tuple[Contract, Path], pki: ServedPki, tmp_path: Path) -> None:
    """Whatever is missing or not what it was, nothing is begun."""
    state = tmp_path / "there"
    with elsewhere(state) as addresses:
        for harm, said in [
            (without_its_end, "entière"),
            (without_a_document, "blobs/"),
            (with_another_dump, "database.dump"),
            (from_another_version, "9999_to_come"),
        ]:
            copy = shutil.copytree(saved[1], tmp_path / harm.__name__)
            harm(copy)
            done = command("restore", str(copy), **addresses, **installation(state, pki))
            assert done.returncode == 1, harm.__name__
            assert "Rien n’a été restauré" in done.stderr
            assert said in done.stderr
            assert not (state / "blobs").exists()


def test_a_damaged_installation_is_saved_and_said_to_be(cast: Cast, pki: ServedPki, tmp_path: Path) -> None:
    contract = plot.at_signing(cast)
    lost = plot.version(contract).pdf_sha256
    (blobs.folder() / lost[:2] / lost).write_bytes(b"altered")
    done = command(
        "backup",
        str(tmp_path / "sets"),
        DATABASE_URL=database_address(),
        **installation(Path(settings.BLOB_DIR).parent, pki),
    )
    assert done.returncode == 1
    assert lost[:12] in done.stderr
    assert "Sauvegarde faite" in done.stdout


def test_sessions_are_ended_and_the_restoration_journaled_also_where_the_end_was_lost(
    saved: tuple[Contract, Path],
    cast: Cast,
    pki: ServedPki,
    tmp_path: Path,
) -> None:
    """A set older than what was signed since."""
    _contract, made = saved
    state = tmp_path / "there"
    with elsewhere(state) as addresses:
        told = {**addresses, **installation(state, pki)}
        assert command("restore", str(made), **told).returncode == 0
        newer = state / "anchors" / f"{10**6:012d}-{'a' * 64}.tst"
        [kept, *_] = sorted((state / "anchors").iterdir())
        shutil.copy(kept, newer)
        over = command("restore", str(made), "--replace", **told)
        assert over.returncode == 3, over.stderr
        with standing_there(state):
            assert not Session.objects.exists()
            assert JournalEntry.objects.order_by("-number")[0].verb == "installation_restored"


def with_an_end_that_is_lost(made: Path, copy: Path) -> Path:
    """A whole set, by its sums, whose database is found unreadable once it is half put back."""
    manifest = sets.read(shutil.copytree(made, copy))
    dump = copy / sets.DUMP
    dump.write_bytes(dump.read_bytes()[:-200])
    (copy / sets.SUMS).unlink()
    (copy / sets.MANIFEST).unlink()
    sets.write(copy, manifest)
    return copy


def other_keys(made: Path, copy: Path) -> Path:
    keys = shutil.copytree(made.with_name(f"{made.name}-keys"), copy)
    (keys / "secret-key").write_text("o" * 64)
    (keys / "pki" / "of-another").touch()
    return keys


def test_a_restoration_that_failed_is_tried_again_and_one_over_an_installation_leaves_its_keys(
    saved: tuple[Contract, Path],
    pki: ServedPki,
    tmp_path: Path,
) -> None:
    _contract, made = saved
    bad = with_an_end_that_is_lost(made, tmp_path / "bad")
    keys, others = made.with_name(f"{made.name}-keys"), other_keys(made, tmp_path / "others")
    (keys / "secret-key").write_text("s" * 64)
    state = tmp_path / "there"
    with elsewhere(state) as addresses:
        told = {**addresses, **installation(state, pki)}
        first = command("restore", str(bad), "--keys", str(others), **told)
        assert (first.returncode, "Rien n’a été restauré" in first.stderr) == (1, True), first.stderr
        assert not (state / "pki").exists()
        assert not (state / "anchors").exists()
        again = command("restore", str(made), "--keys", str(keys), **told)
        assert again.returncode == 0, again.stderr
        over = command("restore", str(bad), "--keys", str(others), "--replace", **told)
        assert (over.returncode, "Rien n’a été restauré" in over.stderr) == (1, True), over.stderr
        assert (state / "secret-key").read_text() == "s" * 64
        assert not (state / "pki" / "of-another").exists()
