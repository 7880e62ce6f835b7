"""The mails that wait for the worker, opened."""

from __future__ import annotations

import re

from workflow.notices.models import QueuedMail


def queued() -> list[dict[str, str]]:
    """Return the queued mails, oldest first: ``to``, ``subject``, ``body`` in clear."""
    return [mail.letter() for mail in QueuedMail.objects.order_by("pk")]


def last() -> dict[str, str]:
    """Return the mail queued last."""
    return queued()[-1]


def link(pattern: str) -> str:
    """Return what the last mail holds that matches, from its path on."""
    [found] = re.findall(pattern, last()["body"])
    return str(found)
