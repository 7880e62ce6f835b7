"""Bad days: a text that changed under the system, an outside service that never comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

from contracts.models import Contract
from signatures import keys
from signatures.demo import pki as authorities
from signatures.timestamps import forget_failures
from stakeholders.models import User
from tests import plot
from tests.owner import untied
from tests.pki import ServedPki
from tests.stage import run_jobs
from workflow.drafting import acts as drafting_acts
from workflow.engine.jobs import ATTEMPTS


def rewrite(table: str, column: str, value: Any, pk: int) -> None:
    """Change a row as only the database's superuser can, triggers off."""
    with untied(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", [value, pk])  # noqa: S608 (names are ours)


@contextmanager
def forged_text(contract: Contract, **changes: Any) -> Iterator[None]:
    """Have the frozen text differ from what it was, for the time of a block."""
    version = plot.version(contract)
    sound = version.content
    for content in ({**sound, **changes}, sound):
        rewrite(
            "contracts_contractversion",
            "content",
            connection.ops.adapt_json_value(content, None),
            version.pk,
        )
        if content is not sound:
            yield


@contextmanager
def hopeless_jobs(attempts: int) -> Iterator[None]:
    """Have the queued jobs be at their last try; then forget which services failed."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET attempts = %s, scheduled_at = NULL WHERE status = 'todo'",
            [attempts],
        )
    try:
        yield
    finally:
        forget_failures()


@contextmanager
def renewed_certificate(pki: ServedPki, person: User) -> Iterator[Callable[[], None]]:
    """Have the certificates of a block end with it; the value yielded gives the person a new one."""
    path = authorities.person_path(person.get_username())
    kept = path.read_bytes()

    def renew() -> None:
        path.unlink()
        authorities.issue_person(person.get_username(), str(person), "Renouvelé", "Renouvelé")
        keys.enrol_specimen(person)

    try:
        yield renew
    finally:
        path.write_bytes(kept)
        (pki.folder / "revoked.json").unlink(missing_ok=True)


def not_printed(contract: Contract) -> Contract:
    """Have a contract be frozen whose version cannot be printed: its step stands in error."""
    for waiting in plot.tasks(contract, "draft"):
        drafting_acts.submit_draft(plot.entitled(waiting), waiting.pk)
    freeze = plot.task(contract, "freeze")
    drafting_acts.freeze_version(plot.entitled(freeze), freeze.pk)
    with forged_text(contract, volets=None), hopeless_jobs(ATTEMPTS):
        run_jobs()
    return contract
