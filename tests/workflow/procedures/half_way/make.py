"""How ``c8b80b2.sql.xz`` was made: two contracts left half-way by the code as it stood then.

At that commit the procedure was ``workflow.flows.CsiFlow``; the names of its steps are in the tables.
To make it again, in a clone of this repository:

    git checkout c8b80b2
    cp …/half_way/make.py tests/test_half_way.py
    DUMP=/tmp/c8b80b2.sql.xz ./test -n0 tests/test_half_way.py    # pg_dump as new as the server

The first contract is in review: one organisation has asked for changes, another says that it takes
care of its opinion. The second has just been frozen and its printing waits in the queue. No password,
no key, no mail and no code is kept: nobody can log in with what the file holds.
"""

from __future__ import annotations

import lzma
import os
import subprocess
from pathlib import Path

from django.db import connection

from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import untied
from workflow import actions  # type: ignore[attr-defined] # of that commit

FORGOTTEN = """
    UPDATE stakeholders_user SET password = '!';
    DELETE FROM procrastinate_events;
    DELETE FROM procrastinate_jobs WHERE status <> 'todo' OR task_name <> 'workflow.render_version';
    DELETE FROM procrastinate_periodic_defers;
    DELETE FROM procrastinate_workers;
    DELETE FROM workflow_queuedmail;
    DELETE FROM django_session;
"""
# what pg_dump writes for psql alone
FOR_PSQL = ("\\", "--", "SET transaction_timeout")


def test_make(cast: Cast) -> None:
    asked = plot.opened(small_contract(cast, "CSI-00-2026-901"))
    plot.draft_and_freeze(asked)
    landlord, operator = plot.tasks(asked, "review")
    plot.opine(asked, landlord, "changes_requested", "Le calendrier est trop court.")
    actions.take_task(plot.entitled(operator), operator.pk)

    printing = plot.opened(small_contract(cast, "CSI-00-2026-902"))
    for waiting in plot.tasks(printing, "draft"):
        actions.submit_draft(plot.entitled(waiting), waiting.pk)
    freeze = plot.task(printing, "freeze")
    actions.freeze_version(plot.entitled(freeze), freeze.pk)

    with untied(), connection.cursor() as cursor:
        cursor.execute(FORGOTTEN)
    Path(os.environ["DUMP"]).write_bytes(lzma.compress(dumped().encode(), preset=9))


def dumped() -> str:
    """Return schema and rows as SQL that any connection may run."""
    server = connection.settings_dict
    command = ["pg_dump", "--no-owner", "--no-privileges", "--schema=public", "--inserts"]
    command += ["--rows-per-insert=1000", f"--host={server['HOST']}", f"--username={server['USER']}"]
    command += [f"--port={server['PORT']}"] if server["PORT"] else []
    known = {**os.environ, "PGPASSWORD": server["PASSWORD"]}
    said = subprocess.run([*command, server["NAME"]], env=known, check=True, capture_output=True, text=True)
    lines = [line for line in said.stdout.splitlines() if not line.startswith(FOR_PSQL)]
    return "\n".join(lines).replace("CREATE SCHEMA public;\n", "") + "\n"
