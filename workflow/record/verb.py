"""What a row of the verbs says (verbs.py)."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise

from stakeholders.security_events import Name


@dataclass(frozen=True)
class Verb:
    """One verb.

    ``identifier`` is what is stored; ``sentence`` takes its words from the payload.
    ``in_timeline``: a contract's history shows it, rather than a step of the machinery that no
    reader waits for. ``moves_baskets``: it may change how much waits in somebody's baskets, so
    open pages count again. ``announced``: open pages say it aloud. ``security_event``: its name
    in the security log, when it is one.
    """

    identifier: str
    sentence: Promise
    in_timeline: bool = True
    moves_baskets: bool = True
    announced: bool = True
    security_event: Name | None = None


def of_accounts(identifier: str, sentence: Promise, event: Name | None = None) -> Verb:
    """A verb of accounts and offices: journaled, on no contract, and published to nobody."""
    return Verb(identifier, sentence, False, False, False, event)
