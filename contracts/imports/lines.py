"""What was understood of a document, line by line: the neutral form between a file and a draft."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What a line of the document would become."""

    VOLET = "volet"
    TEXT = "text"
    COMMITMENT = "commitment"
    LEFT = "left"


@dataclass
class Line:
    """One thing understood, or left out and why.

    ``place`` is the path of headings above it, ``paragraph`` its number in the document; ``number`` the one
    that it has there (« Volet 1 », « 2.3 »). ``text`` is the text of a volet, the description of a
    commitment, what is left. ``facts`` of a commitment, as they are typed in its form: lead, contributors,
    owner, party, indicator, unit, baseline, target, due_date (ISO 8601), budget_eur, direction, periodicity.
    ``reason``: the code of why it is left, or doubtful.
    """

    kind: Kind
    place: str = ""
    paragraph: int = 0
    number: str = ""
    title: str = ""
    text: str = ""
    facts: dict[str, str] = field(default_factory=dict)
    reason: str = ""


@dataclass
class Understood:
    """The lines of a document in their order; ``told`` counts what was not read, by its code."""

    lines: list[Line] = field(default_factory=list)
    told: dict[str, int] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return asdict(self)


def understood(data: dict[str, Any]) -> Understood:
    """Return what :meth:`Understood.data` gave."""
    lines = [Line(**{**line, "kind": Kind(line["kind"])}) for line in data["lines"]]
    return Understood(lines, dict(data["told"]))
