"""Of an act that is a security event too, what the security log is told."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from stakeholders.models import User
from stakeholders.security_events import Name, tell

# Of an entry's facts, the numbers of rows and the words of ours: no name, no address, no reason.
KEPT = ("person", "authority", "organisation", "contact", "invitation", "grant", "version")


def log_act(name: Name, verb: str, *, number: int, actor: User | None, payload: dict[str, Any]) -> None:
    """Write in the security log an act, the journal's entry ``number``, once it is done for good."""
    facts = {key: payload[key] for key in KEPT if isinstance(payload.get(key), int)}
    if "factor" in payload:
        facts["factor"] = payload["factor"]
    by = actor.pk if actor else None
    transaction.on_commit(lambda: tell(name, verb=verb, entry=number, actor=by, **facts))
