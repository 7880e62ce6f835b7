"""What a test committed is gone when the next one asks the database, and not before."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import transaction
from django.test import TestCase as DjangoTestCase

from signatures.backends.demo import demo
from signatures.demo.pki import issue_person, person_path
from signatures.models import EnrolledKey
from stakeholders.models import User
from tests import conftest, servers, snapshots, stage
from tests.cast import Cast
from tests.pki import ServedPki


def test_what_was_committed_is_put_back_before_the_next_that_asks(
    transactional_db: None, request: pytest.FixtureRequest
) -> None:
    assert not snapshots.is_soiled()
    assert not User.objects.exists()
    User.objects.create_user("reste@ville.example", last_name="Reste")
    conftest.pytest_runtest_setup(request.node)
    assert User.objects.exists(), "nothing is put back while a test is at work"
    snapshots.soil()
    conftest.pytest_runtest_setup(request.node)
    assert not User.objects.exists()
    assert not snapshots.is_soiled()


def test_what_is_put_back_in_a_transaction_may_be_taken_back_with_it(transactional_db: None) -> None:
    snapshots.soil()
    with transaction.atomic():
        snapshots.restore(snapshots.PRISTINE)
    assert snapshots.is_soiled()
    snapshots.restore(snapshots.PRISTINE)
    assert not snapshots.is_soiled()


def test_a_cast_in_the_transaction_of_its_test_puts_nothing_back() -> None:
    assert conftest.puts_back({"cast", "transactional_db"})
    assert not conftest.puts_back({"cast", "players", "db"}), "as in tests/stakeholders/test_permissions.py"
    assert not conftest.puts_back({"transactional_db"})


def test_a_scene_is_made_again_once_it_is_old(
    transactional_db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BLOB_DIR = tmp_path / "blobs"
    settings.BLOB_DIR.mkdir()

    def make() -> int:
        made = User.objects.create_user("scene@ville.example", last_name="Scène")
        return int(made.pk)

    first = snapshots.once("aged", make)
    assert snapshots.once("aged", make) == first, "it is young"
    snapshots.restore(snapshots.PRISTINE)
    monkeypatch.setattr(snapshots, "MAX_AGE", -1.0)
    again = snapshots.once("aged", make)
    assert again != first
    assert list(User.objects.values_list("pk", flat=True)) == [again]


@pytest.mark.parametrize("said", snapshots.SAID)
def test_a_scene_is_made_again_where_its_texts_would_say_something_else(
    transactional_db: None, tmp_path: Path, settings: Any, said: str
) -> None:
    """As a contract frozen at another address: what its council resolved was no longer on its text."""
    settings.BLOB_DIR = tmp_path / "blobs"
    settings.BLOB_DIR.mkdir()
    made: list[int] = []

    def make() -> int:
        made.append(len(made))
        return len(made)

    before = getattr(settings, said)
    assert [snapshots.once(said, make) for _turn in range(2)] == [1, 1]
    setattr(settings, said, "another")
    assert [snapshots.once(said, make) for _turn in range(2)] == [2, 2]
    setattr(settings, said, before)
    assert snapshots.once(said, make) == 3


class TestCase(DjangoTestCase):
    """A case of Django's has neither the fixture nor the mark of the others."""

    def test_finds_nothing_that_was_committed_before_it(self) -> None:
        """Its set-up is the first that asks the database: the hook has to know it by its class."""
        assert not User.objects.exists()


def test_a_case_of_django_asks_the_database() -> None:
    def marked(_name: str) -> None:
        return None

    case: Any = SimpleNamespace(cls=TestCase, fixturenames=["request"], get_closest_marker=marked)
    other: Any = SimpleNamespace(cls=None, fixturenames=["request"], get_closest_marker=marked)
    assert servers.has_database(case)
    assert not servers.has_database(other)


def test_a_scene_of_keys_that_a_test_replaced_is_made_again(
    kept_cast: Cast, transactional_db: None, pki: ServedPki, blob_folder: Path
) -> None:
    """Its rows held certificates that were no longer those of the files: whoever signed in it was refused."""
    blob_folder.mkdir(parents=True, exist_ok=True)
    prefete = stage.certified(kept_cast).prefete

    def make() -> bytes:
        return bytes(EnrolledKey.objects.get(owner=prefete).certificate)

    first = snapshots.once("keys", make)
    assert snapshots.once("keys", make) == first
    path = person_path(prefete.get_username())
    path.unlink()
    issue_person(prefete.get_username(), str(prefete), "Renouvelée", "Renouvelée")
    stage.certified(kept_cast)
    again = snapshots.once("keys", make)
    assert again == make() == demo().held_by(prefete).certificate
    assert again != first
