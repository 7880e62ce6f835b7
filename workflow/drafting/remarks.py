"""What was answered about the last versions, beside the articles of the draft that it names."""

from __future__ import annotations

import re
from collections.abc import Iterable

from contracts.canonical import commitments
from contracts.models import Contract, ContractVersion
from workflow.record.answers import Answer, Answers


def beside(contract: Contract, answered: Answers) -> dict[int, list[Answer]]:
    """Return the answers that name a commitment, by the key of that commitment.

    It is named by its number in the version that the answer is about: numbers move from one to the next.
    """
    said = {
        id(answer): answer for answer in (*answered.returns, *answered.opinions.values()) if answer.reason
    }
    numbers: dict[int, dict[str, int]] = {
        version.number: {row["number"]: row["id"] for row in commitments(version.content)}
        for version in _versions(contract, {answer.version for answer in said.values()})
    }
    found: dict[int, list[Answer]] = {}
    for answer in said.values():
        known = numbers.get(answer.version, {})
        for number in named(answer.reason, known):
            found.setdefault(known[number], []).append(answer)
    return found


def named(reason: str, numbers: Iterable[str]) -> list[str]:
    """Return which of these numbers a text names: « 4.1 » anywhere, « 4 » only as « l’engagement 4 »."""
    return [number for number in numbers if re.search(_pattern(number), reason, re.IGNORECASE)]


def _pattern(number: str) -> str:
    before = r"(?<![\w.,])" if re.search(r"\D", number) else r"\b(?:engagement|article|action|n°)s?\s*"
    return rf"{before}{re.escape(number)}(?![\w])(?![.,]\w)"


def _versions(contract: Contract, numbers: set[int]) -> Iterable[ContractVersion]:
    return contract.versions.filter(number__in=numbers) if numbers else ()
