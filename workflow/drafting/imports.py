"""An import that its author corrects: its lines, kept sealed, shown page by page.

What a line would become is in it: ``facts["volet"]`` is the key of the volet of the contract that a volet
of the document is, nothing for a new one; ``facts["lead_key"]`` that of the organisation that leads.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any

from cryptography.fernet import InvalidToken

from contracts.forms import participants
from contracts.imports import Kind, Line, Understood, understood
from contracts.models import Contract
from stakeholders.models import Organisation, User
from stakeholders.sealing import box
from workflow.drafting.import_matching import names_in, organisation_of, volet_of
from workflow.drafting.models import DraftImport

LINES = 25  # of one page
CHARACTERS = 60_000  # of one page: its form is sent whole, and kept whole if the session has ended


@dataclass
class Held:
    """The lines of an import, the organisation that leads where a line names none, the name of the file."""

    read: Understood
    default_lead: str = ""
    name: str = ""

    @property
    def lines(self) -> list[Line]:
        return self.read.lines

    def pages(self) -> list[range]:
        """Return which lines each page shows, by their places from 0; one page at least."""
        found, start, size = [], 0, 0
        for place, line in enumerate(self.lines):
            length = len(line.title) + len(line.text) + 300
            if place > start and (place - start == LINES or size + length > CHARACTERS):
                found.append(range(start, place))
                start, size = place, 0
            size += length
        return [*found, range(start, len(self.lines))]

    def state_of(self, page: int) -> str:
        """Return a mark of what a page shows, so that its form says on what it was opened."""
        shown = [asdict(self.lines[place]) for place in self.pages()[page - 1]]
        return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()

    def page_of(self, place: int) -> int:
        """Return the page, from 1, that shows a line."""
        return next((number for number, page in enumerate(self.pages(), 1) if place in page), 1)

    def counts(self) -> dict[str, int]:
        """Return how many lines there are of each kind."""
        return {kind.value: sum(line.kind == kind for line in self.lines) for kind in Kind}


def matched(read: Understood, contract: Contract, leads: list[Organisation], name: str) -> Held:
    """Return what was understood, with the volets and the organisations that its names mean here.

    ``leads`` are those to whom its author may give a commitment.
    """
    volets, bodies = list(contract.volets.all()), list(participants(contract))
    for line in read.lines:
        if line.kind == Kind.VOLET and (volet := volet_of(line.title, volets)) is not None:
            line.facts["volet"] = str(volet.pk)
        if line.kind == Kind.COMMITMENT and (said := line.facts.get("lead", "")):
            first, *others = [said] if organisation_of(said, bodies) else names_in(said) or [said]
            if (body := organisation_of(first, bodies)) in leads and body is not None:
                line.facts["lead_key"] = str(body.pk)
                line.facts["lead"] = first
                together = [*filter(None, [line.facts.get("contributors", "")]), *others]
                if together:
                    line.facts["contributors"] = " ; ".join(together)
    return Held(read, name=name)


def keep(user: User, contract: Contract, held: Held, sha256: str) -> DraftImport:
    """Keep an import in the place of the one that its author had begun for this contract."""
    row, _new = DraftImport.objects.update_or_create(
        contract=contract,
        author=user,
        defaults={"sealed": _sealed(held, contract.pk, user.pk), "sha256": sha256},
    )
    return row


def save(row: DraftImport, held: Held) -> None:
    """Keep the corrections of an import."""
    row.sealed = _sealed(held, row.contract_id, row.author_id)
    row.save(update_fields=["sealed", "saved_at"])


def opened(row: DraftImport) -> Held | None:
    """Return what an import holds; nothing once the secret of the installation has changed."""
    try:
        plain = box(_purpose(row.contract_id, row.author_id)).decrypt(row.sealed.encode("ascii"))
    except InvalidToken:
        return None
    data: dict[str, Any] = json.loads(plain)
    return Held(understood(data["read"]), data["default_lead"], data["name"])


def _sealed(held: Held, contract: int, author: int) -> str:
    data = {"read": held.read.data(), "default_lead": held.default_lead, "name": held.name}
    return box(_purpose(contract, author)).encrypt(json.dumps(data).encode()).decode("ascii")


def _purpose(contract: int, author: int) -> str:
    return f"contreseing.import {contract} {author}"
