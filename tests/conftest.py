"""What every test stands on: a real database that each run names for itself."""

from __future__ import annotations

import gc
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection, connections
from django.db.backends.postgresql.creation import DatabaseCreation
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker
from pytest_django.plugin import blocking_manager_key

from tests import lengths, owner, prepared, snapshots
from tests.servers import asked_again, has_database, may_ask_again

pytest_plugins = ["tests.pki", "tests.stage"]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_blocker: DjangoDbBlocker) -> None:
    """Name the test database after the run, so that two runs do not meet; its owner makes it."""
    owner.prepare()
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = prepared.template()
    run, worker = os.environ.get("PYTEST_DB", str(os.getpid())), os.environ.get("PYTEST_XDIST_WORKER", "")
    suffix = f"{run}_{worker}" if worker else run
    for alias in connections:
        connections[alias].settings_dict["TEST"]["NAME"] = f"test_contreseing_{suffix}"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Have what a test committed put back as the migrations left it, once another needs that."""
    from stakeholders import shared_cache  # its model asks for Django

    def put_back(self: TransactionTestCase) -> None:
        snapshots.soil()

    shared_cache.SWEEPS = 0  # one query more, by chance, where a test counts them
    with django_db_blocker.unblock():
        owner.hurry()
        owner.serve()
        snapshots.keep(snapshots.PRISTINE)
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]
    TransactionTestCase._fixture_teardown = put_back  # type: ignore[attr-defined]
    yield
    TransactionTestCase._fixture_teardown = flush  # type: ignore[attr-defined]
    with django_db_blocker.unblock():
        owner.own_again()
        prepared.let_go()


def pytest_configure(config: pytest.Config) -> None:
    """Serve static files from where they lie, and hash passwords quickly: neither is what is tested."""
    lengths.learn(config)
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    settings.WHITENOISE_USE_FINDERS = True
    settings.WHITENOISE_AUTOREFRESH = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, "testserver"]
    if settings.REDIS_URL:  # each process of a run empties a Redis database of its own
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        location = urlsplit(settings.REDIS_URL)._replace(path=f"/{8 + worker % 8}").geturl()
        settings.CACHES = {**settings.CACHES, "parts": {**settings.CACHES["parts"], "LOCATION": location}}
    # what the worker sends is read from the outbox; tests/workflow/notices/test_mail.py has a server
    settings.MAIL_TRANSPORT = {"backend": "django.core.mail.backends.locmem.EmailBackend"}


def puts_back(asked: set[str]) -> bool:
    """Whether a test's fixtures put the database back by themselves: the committed ``cast`` does.

    Some files have a ``cast`` of their own, in the transaction of each test (``players``): that one does not.
    """
    return "cast" in asked and "players" not in asked


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Put back what a test committed, before the next that asks the database."""
    asked = set(getattr(item, "fixturenames", ()))
    if snapshots.is_soiled() and has_database(item) and not puts_back(asked):
        with item.config.stash[blocking_manager_key].unblock():
            snapshots.restore(snapshots.PRISTINE)


@pytest.fixture(autouse=True)
def _limits_start_afresh() -> None:
    """Forget the attempts of other tests: the limits count by address, and all come from one."""
    snapshots.forget_caches()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a second run ask other servers only what they could answer otherwise."""
    parser.addoption("--on-servers", action="store_true", help="only what tests/servers.py names")
    parser.addoption("--write-queries", action="store_true", help="write tests/workflow/queries.txt anew")
    parser.addoption("--write-guide-pictures", action="store_true", help="make docs/images anew")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Load no file of tests, for a second run, that asks servers nothing: three in four of them.

    Nor the one that makes the guide's pictures, unless they are to be made.
    """
    if collection_path.match("browser/test_guide.py") and not config.getoption("--write-guide-pictures"):
        return True
    if not config.getoption("--on-servers") or not collection_path.match("test_*.py"):
        return None
    return None if may_ask_again(collection_path) else True


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the browser's tests last, whatever the shuffle: they leave an event loop in their process.

    Within each part the longest files go first, so that the processes of a run end together.
    """

    def place(item: pytest.Item) -> tuple[bool, float]:
        return item.get_closest_marker("browser") is not None, -lengths.of(item)

    told = {path for path in {item.path for item in items if asked_again(item)} if not may_ask_again(path)}
    if told:
        raise pytest.UsageError(f"« race » is not written as tests/servers.py seeks it in {told}")
    if config.getoption("--on-servers"):
        config.hook.pytest_deselected(items=[item for item in items if not asked_again(item)])
        items[:] = [item for item in items if asked_again(item)]
    items.sort(key=place)


def pytest_collection_finish() -> None:
    """Leave the loaded modules out of the garbage collector: its passes over them took 5 to 10 % of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    gc.enable()  # tests/demonstration.py


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Have each process of a run put the files in the same order."""
    lengths.tell(node.workerinput)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> lengths.Files:
    """Hand out a file at a time (``--dist loadfile``)."""
    return lengths.Files(config, log)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Count what each file takes."""
    lengths.count(report)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Remember it for the next run."""
    lengths.keep(session)


@pytest.fixture(scope="session", autouse=True)
def _nobody_keeps_the_test_database_open() -> Iterator[None]:
    """Close the connections that threads of a served application leave behind, so that it can be dropped."""
    creation: Any = DatabaseCreation
    destroy = creation._destroy_test_db

    def close_and_destroy(self: Any, test_database_name: str, verbosity: int) -> None:
        with self._nodb_cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
                [test_database_name],
            )
        destroy(self, test_database_name, verbosity)

    creation._destroy_test_db = close_and_destroy
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, what cannot run is a failure, named."""
    report = yield
    if os.environ.get("CI") and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} n’a pas pu s’exécuter : {report.longrepr}"
    return report
