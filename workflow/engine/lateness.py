"""Whether what the worker does for a contract, or the mail, waits longer than it should, and since when."""

from __future__ import annotations

import datetime as dt

from django.db import connection
from django.utils import timezone

from contracts.models import Contract

LATE_AFTER = dt.timedelta(minutes=1)  # a worker with a free place takes a job within two seconds
# What could be done now for this contract, and when it last came into the queue or its hour came.
_WAITING = """
    SELECT min(greatest(job.scheduled_at, queued.at)) FROM procrastinate_jobs job
    CROSS JOIN LATERAL (SELECT max(at) AS at FROM procrastinate_events WHERE job_id = job.id) queued
    WHERE job.status = 'todo' AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
        AND (job.lock = 'process-' || %(process)s OR job.lock IN (
            SELECT 'envelope-' || round.envelope_id FROM workflow_signinground round
            JOIN contracts_contractversion version ON version.id = round.version_id
            WHERE version.contract_id = %(contract)s
        ))
"""


def minutes_late(contract: Contract) -> int:
    """Return for how many minutes a job of this contract has waited for a worker, 0 when none is late."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"process": contract.circuit.process_id, "contract": contract.pk})
        since: dt.datetime | None = cursor.fetchone()[0]
    return _minutes(since)


# A mail that left the queue for a while because its server refused it has waited since it was asked for.
_MAIL = """
    SELECT min(asked.at) FROM procrastinate_jobs job
    CROSS JOIN LATERAL (SELECT min(at) AS at FROM procrastinate_events WHERE job_id = job.id) asked
    WHERE job.status IN ('todo', 'doing')
        AND job.task_name IN ('workflow.send_mail', 'workflow.send_guest_code')
"""


def mail_minutes_late() -> int:
    """Return for how many minutes the mail that waits longest has waited, 0 when none is late."""
    with connection.cursor() as cursor:
        cursor.execute(_MAIL)
        since: dt.datetime | None = cursor.fetchone()[0]
    return _minutes(since)


def _minutes(since: dt.datetime | None) -> int:
    if since is None or timezone.now() - since < LATE_AFTER:
        return 0
    return int((timezone.now() - since).total_seconds() // 60)
