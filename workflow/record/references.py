"""How a request or a job is named: the same in the log, in the journal and on the page of an error."""

from __future__ import annotations

import secrets

import structlog


def drawn() -> str:
    """Draw the reference of a request, short enough to be read aloud: « 7F3A-91C2-D04B »."""
    text = secrets.token_hex(6).upper()
    return "-".join(text[at : at + 4] for at in range(0, 12, 4))


def of_job(job_id: int | None) -> str:
    """Return the reference of a job, by its number in the queue."""
    return f"job-{job_id}"


def current() -> str:
    """Return the reference of what is under way, empty outside of any request and job."""
    bound = structlog.contextvars.get_contextvars()
    return str(bound.get("request_id") or bound.get("job") or "")
