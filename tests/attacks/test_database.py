"""Whoever takes over the pages or the worker holds the runtime role: what PostgreSQL refuses them.

Everything here is done as they would, with that role's own credentials and nothing of Django.
"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg.errors import InsufficientPrivilege

from config import doors, privileges, roles
from tests import plot
from tests.cast import Cast, small_contract
from tests.database_address import database_address
from tests.owner import as_owner
from tests.snapshots import once
from workflow.record import journal
from workflow.record.models import JournalEntry

JOURNAL = "workflow_journalentry"
ROLE = doors.RUNTIME
# what was said and stays said, each with a column of its own
SAID = [
    (JOURNAL, "payload = '{}'"),
    ("contracts_contractversion", "content = '{}'"),
    ("workflow_anchor", "token = ''"),
    ("workflow_opinion", "value = 'favourable'"),
    ("workflow_approval", "approved = true"),
    ("workflow_recall", "reason = ''"),
    ("workflow_councilresolution", "votes_for = 99"),
    ("workflow_refusal", "reason = ''"),
    ("workflow_signingact", "authority_id = NULL"),
    ("workflow_circuit", "process_id = process_id"),
    ("workflow_signinground", "envelope_id = envelope_id"),
    ("workflow_internalnote", "text = ''"),
    ("workflow_event", "payload = '{}'"),
    ("workflow_dailypass", "day = day"),
    ("workflow_transfer", "reason = ''"),
    ("workflow_guestlink", "expires_at = now()"),
    ("workflow_contact", "email = 'x@example.org'"),
    ("signatures_envelope", "base_sha256 = repeat('a', 64)"),
    ("signatures_slot", "field_name = 'x'"),
    ("signatures_signaturerequest", "document_sha256 = repeat('a', 64)"),
    ("signatures_confirmation", "proof = 'passkey'"),
    ("signatures_confirmation", "expires_at = now() + interval '1 day'"),
    ("django_admin_log", "change_message = ''"),
]
MORE = [
    "SET ROLE postgres",
    "SET SESSION AUTHORIZATION postgres",
    f"ALTER ROLE {ROLE} SUPERUSER",
    f"ALTER ROLE {ROLE} CREATEROLE",
    f"GRANT postgres TO {ROLE}",
    "CREATE ROLE accomplice LOGIN",
    "CREATE DATABASE elsewhere",
    f"DROP TABLE {JOURNAL}",
    f"ALTER TABLE {JOURNAL} RENAME TO forgotten",
    f"ALTER TABLE {JOURNAL} OWNER TO {ROLE}",
    f"ALTER TABLE {JOURNAL} DISABLE TRIGGER ALL",
    f"ALTER TABLE {JOURNAL} ENABLE ROW LEVEL SECURITY",
    f"CREATE RULE nothing AS ON INSERT TO {JOURNAL} DO INSTEAD NOTHING",
    f"CREATE TRIGGER mine BEFORE DELETE ON {JOURNAL} EXECUTE FUNCTION workflow_journal_links_fit()",
    f"DROP TRIGGER workflow_journal_only_grows ON {JOURNAL}",
    "CREATE OR REPLACE FUNCTION workflow_journal_only_grows() RETURNS trigger LANGUAGE plpgsql "
    "AS 'BEGIN RETURN OLD; END'",
    "DROP FUNCTION workflow_journal_only_grows() CASCADE",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE FUNCTION pg_temp.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE TABLE mine (n int)",
    f"CREATE TEMPORARY TABLE {JOURNAL} (number int)",
    "CREATE SCHEMA mine",
    f"CREATE VIEW mine AS TABLE {JOURNAL}",
    "ALTER SYSTEM SET fsync = off",
    "ALTER DATABASE postgres SET session_replication_role = replica",
    f"ALTER ROLE {ROLE} SET session_replication_role = replica",
    "SET session_replication_role = replica",
    "SELECT set_config('session_replication_role', 'replica', false)",
    f"COPY {JOURNAL} TO PROGRAM 'true'",
    f"COPY {JOURNAL} FROM PROGRAM 'true'",
    f"COPY {JOURNAL} TO '/tmp/journal'",
    "SELECT pg_read_file('pg_hba.conf')",
    "SELECT lo_export(1, '/tmp/x')",
    "SELECT pg_reload_conf()",
    "TABLE pg_authid",
    "SELECT setval('workflow_event_id_seq', 1)",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('workflow', '9999', now())",
    "INSERT INTO auth_permission (name, content_type_id, codename) VALUES ('x', 1, 'x')",
]


@pytest.fixture
def written(cast: Cast) -> None:
    """A contract with its frozen version and its opinions, committed."""

    def write() -> None:
        contract = plot.opened(small_contract(cast))
        plot.draft_and_freeze(contract)
        plot.review_all(contract)

    once("written", write)


@pytest.fixture
def intruder(written: None) -> Iterator[psycopg.Connection]:
    """What a web process taken over can open: the address that it has."""
    with psycopg.connect(database_address(), autocommit=True) as opened:
        assert opened.execute("SELECT session_user").fetchone() == (ROLE,)
        yield opened


def refused(intruder: psycopg.Connection, statement: str) -> None:
    """Assert that the database refuses, for want of a privilege."""
    try:
        intruder.execute(statement)
    except InsufficientPrivilege:
        return
    pytest.fail(f"done: {statement}")


def test_the_last_two_entries_of_the_journal_disappear(intruder: psycopg.Connection) -> None:
    """The attack of the review, with the credentials that pages now have."""
    head = journal.head()
    for statement in (
        f"ALTER TABLE {JOURNAL} DISABLE TRIGGER USER",
        f"ALTER TABLE {JOURNAL} DISABLE TRIGGER workflow_journal_only_grows",
        "SET session_replication_role = replica",
        f"DELETE FROM {JOURNAL} WHERE number > (SELECT max(number) - 2 FROM {JOURNAL})",
    ):
        refused(intruder, statement)
    assert journal.head() == head
    assert journal.first_break() is None


def test_what_was_said_is_rewritten_or_erased(intruder: psycopg.Connection) -> None:
    for table, change in SAID:
        refused(intruder, f"UPDATE {table} SET {change}")  # noqa: S608 (names are ours)
        refused(intruder, f"DELETE FROM {table}")  # noqa: S608
        refused(intruder, f"TRUNCATE {table} CASCADE")
        refused(intruder, f"MERGE INTO {table} t USING {table} s ON t = s WHEN MATCHED THEN DELETE")


def test_the_runtime_role_becomes_more_than_it_is(intruder: psycopg.Connection) -> None:
    for statement in MORE:
        refused(intruder, statement)


def test_an_entry_that_does_not_follow_is_slipped_in(intruder: psycopg.Connection) -> None:
    """Adding is what the role may do; what is added still has to fit."""
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="ne suit pas"):
        intruder.execute(
            f"INSERT INTO {JOURNAL} (number, at, verb, quality, payload, previous_hash, hash) "  # noqa: S608
            "VALUES (1000, now(), 'forged', '', '{}', repeat('0', 64), repeat('f', 64))"
        )


def test_the_printed_version_is_exchanged(intruder: psycopg.Connection) -> None:
    """The one column of a frozen version that the worker fills in, it fills in once."""
    table = "contracts_contractversion"
    intruder.execute(f"UPDATE {table} SET pdf_sha256 = repeat('a', 64) WHERE pdf_sha256 = ''")  # noqa: S608
    with pytest.raises(psycopg.errors.IntegrityConstraintViolation, match="est figée"):
        intruder.execute(f"UPDATE {table} SET pdf_sha256 = repeat('b', 64)")  # noqa: S608


def test_the_embedded_server_lets_in_whoever_says_to_be_its_superuser(db: None) -> None:
    """Without its password nobody is the owner: neither another user of the machine nor the pages."""
    if settings.DATABASE_URL:
        server = connection.settings_dict["HOST"]
        assert server, "the server is not ours: its doors are its administrator's"
        return
    for user, password in [
        ("postgres", ""),
        ("postgres", "postgres"),
        ("postgres", settings.DATABASE_RUNTIME["PASSWORD"]),
        (ROLE, ""),
        (ROLE, "guess"),
    ]:
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(
                host=connection.settings_dict["HOST"], user=user, password=password, dbname="postgres"
            )


def test_a_new_table_is_served_without_anybody_having_said_what_may_be_done_to_it(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table without its line stops the migration, and the message says what to write, and where."""
    with as_owner():
        present = roles.tables(connection)
        assert privileges.without_a_line(present) == []
        assert privileges.PRIVILEGES.keys() <= present, "a line speaks of a table that is no more"
    monkeypatch.delitem(privileges.PRIVILEGES, "workflow_opinion")
    with as_owner(), pytest.raises(CommandError, match=r"config/privileges\.py.*workflow_opinion"):
        call_command("grant_runtime")


def test_a_privilege_given_by_hand_stays(transactional_db: None) -> None:
    """What is granted is exactly the table of privileges: the next migration takes the rest back."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            f"GRANT UPDATE, DELETE ON {JOURNAL} TO {ROLE}; GRANT CREATE ON SCHEMA public TO {ROLE}"
        )
        assert roles.excess(connection, ROLE) == ["peut créer dans le schéma public"]
        roles.grant(connection)
        assert roles.excess(connection, ROLE) == []
        cursor.execute(
            "SELECT string_agg(privilege_type, ',' ORDER BY privilege_type) "
            "FROM information_schema.table_privileges WHERE grantee = %s AND table_name = %s",
            [ROLE, JOURNAL],
        )
        assert cursor.fetchone() == ("INSERT,SELECT",)
    assert JournalEntry.objects.count() == 0
