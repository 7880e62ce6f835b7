"""A list put before the limited process: one question, its answer, or why it is not accepted."""

from __future__ import annotations

from typing import Any

from signatures.limited import client
from signatures.lists.refusals import ListRefused

MAX_BYTES = 12 * 1024 * 1024  # the largest of 2026 has some 3 MB


def ask(task: str, xml: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return what the task (``limited.tasks``) says of a list.

    Raises ListRefused, and ``limited.Unavailable`` (try again).
    """
    if len(xml) > MAX_BYTES:
        raise ListRefused("too_large")
    try:
        answer: dict[str, Any] = client.run(task, xml, options)
    except client.Exhausted as death:
        raise ListRefused("too_much") from death
    if "refused" in answer:
        raise ListRefused(answer["refused"], **answer["facts"])
    return answer
