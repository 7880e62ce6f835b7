"""Restorations that go wrong: what is ended and journaled, what stays as it was."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.contrib.sessions.models import Session

from config.backup import sets
from contracts.models import Contract
from tests.cast import Cast
from tests.config.test_backup import command, elsewhere, installation, saved, standing_there  # noqa: F401
from tests.pki import ServedPki
from workflow.record.models import JournalEntry


def test_sessions_are_ended_and_the_restoration_journaled_also_where_the_end_was_lost(
    saved: tuple[Contract, Path],  # noqa: F811
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
    saved: tuple[Contract, Path],  # noqa: F811
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
