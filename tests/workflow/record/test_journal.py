"""The journal only grows, and says where it was tampered with."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner, untied
from workflow.opinions.models import Opinion
from workflow.record import journal
from workflow.record.models import JournalEntry

TABLE = "workflow_journalentry"


def written(cast: Cast) -> int:
    """Write a dozen entries; return how many there are."""
    contract = plot.opened(small_contract(cast))
    plot.draft_and_freeze(contract)
    plot.review_all(contract)
    return JournalEntry.objects.count()


def forge(sql: str, *values: Any) -> None:
    """Change the table as only the database's superuser can, triggers off."""
    with untied(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize(
    "sql",
    [
        f"UPDATE {TABLE} SET verb = 'forged'",
        f"DELETE FROM {TABLE} WHERE number = 2",
        f"TRUNCATE {TABLE}",
    ],
)
def test_the_database_refuses_to_change_or_erase_it(cast: Cast, sql: str) -> None:
    count = written(cast)
    with (
        as_owner(),  # whom no privilege stops
        pytest.raises(DatabaseError, match="ne se modifie pas"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert JournalEntry.objects.count() == count
    assert journal.first_break() is None


def test_the_database_refuses_an_entry_that_does_not_follow_the_last(cast: Cast) -> None:
    written(cast)
    entry = JournalEntry.objects.order_by("-number")[0]
    entry.number, entry.hash = entry.number + 2, "f" * 64
    with pytest.raises(DatabaseError), transaction.atomic():
        entry.save(force_insert=True)


@pytest.mark.parametrize(
    ("sql", "number", "rule"),
    [
        (f"UPDATE {TABLE} SET payload = '{{}}' WHERE number = 3", 3, "hash"),
        (f"UPDATE {TABLE} SET quality = 'Ministre' WHERE number = 2", 2, "hash"),
        (f"UPDATE {TABLE} SET at = at + interval '1 microsecond' WHERE number = 2", 2, "hash"),
        (f"DELETE FROM {TABLE} WHERE number = 4", 4, "missing"),
        (f"UPDATE {TABLE} SET hash = repeat('a', 64) WHERE number = 3", 3, "hash"),
        (f"UPDATE {TABLE} SET previous_hash = repeat('a', 64) WHERE number = 3", 3, "previous_hash"),
    ],
)
def test_the_first_bad_row_is_named(cast: Cast, sql: str, number: int, rule: str) -> None:
    written(cast)
    forge(sql)
    assert journal.first_break() == journal.Break(number, rule)
    with pytest.raises(CommandError, match=f"n° {number}"):
        call_command("verify_journal")


def test_a_sound_journal_is_said_to_be_so(cast: Cast) -> None:
    count = written(cast)
    out = StringIO()
    call_command("verify_journal", stdout=out)
    assert f"{count} écritures" in out.getvalue()


def test_an_act_that_fails_leaves_neither_row_nor_entry(cast: Cast) -> None:
    contract = plot.at_review(cast)
    before = JournalEntry.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        plot.opine(contract, plot.tasks(contract, "review")[0])
        raise RuntimeError
    assert JournalEntry.objects.count() == before
    assert not Opinion.objects.exists()
    assert len(plot.tasks(contract, "review")) == 2


def test_an_entry_outside_a_transaction_is_refused(cast: Cast) -> None:
    with pytest.raises(transaction.TransactionManagementError):
        journal.record("circuit_started", contract=None, actor=None)
