"""One result: the report, what it means for us, and all of it in the form that is asked for.

Nothing is kept: what is needed to give the report in another form travels in the page itself, signed, for
two hours.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _

from signatures.errors import to_the_second
from signatures.etsi.late import as_xml
from signatures.lists import standing
from signatures.sheets import Sheet, sheets_of
from signatures.validation import Examined, examine
from workflow.verification.known import Entry, Is, Known, known
from workflow.verification.verdicts import Said, told_of, verdict_of

SALT = "workflow.verification.result"
HELD_FOR = 2 * 3600  # seconds
LONGEST = 900 * 1024  # characters that a page holds; a report longer than that has no other form


@dataclass(frozen=True)
class Result:
    """What was found of one file."""

    examined: Examined
    known: Known | None

    @property
    def said(self) -> Said:
        """Return the one verdict."""
        return verdict_of(self.examined, self.known)

    @property
    def told(self) -> str:
        """Say what the file is to this installation."""
        return told_of(self.examined, self.known)

    @property
    def sheets(self) -> list[Sheet]:
        """Return the sheet of each signature."""
        return sheets_of(self.examined)

    @property
    def entries(self) -> list[str]:
        """Return the entries of the journal that agree, in words."""
        return [
            _("n° %(number)s, le %(moment)s : %(told)s")
            % {"number": one.number, "moment": to_the_second(one.at), "told": one.told}
            for one in (self.known.entries if self.known else [])
            if one.holds
        ]

    def held(self) -> str:
        """Return it signed, for the page to hold; blank when it is too long for that."""
        text = signing.dumps(self.as_data(), salt=SALT, compress=True)
        return text if len(text) <= LONGEST else ""

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON data: the report, the evidence, and what is known of the contract."""
        found = asdict(self.known) if self.known else None
        if found is not None and self.known is not None:
            found["sealed_at"] = self.known.sealed_at and self.known.sealed_at.isoformat()
            found["entries"] = [{**asdict(one), "at": one.at.isoformat()} for one in self.known.entries]
        return {**self.examined.as_dict(), "contract": found}

    def as_json(self) -> str:
        """Return it for machines, with the verdict that the page gives."""
        said = {"headline": self.said.headline, "told": self.told}
        return json.dumps({"result": said, **self.as_data()}, ensure_ascii=False, indent=2)

    def as_xml(self) -> str:
        """Return the report of ETSI TS 119 102-2."""
        return as_xml(self.examined)


def result_of(pdf: bytes) -> Result:
    """Verify a file, with what it holds and what we know; raises ``limited.Unavailable`` or NoTrustRoot."""
    with standing.at_hand():
        examined = examine(pdf)
    return Result(examined, known(pdf, examined.evidence))


def unheld(text: str) -> Result:
    """Return the result that a page held; raises ``signing.BadSignature``."""
    data = signing.loads(text, salt=SALT, max_age=HELD_FOR)
    return Result(Examined.from_dict(data), _known(data["contract"]))


def _known(data: dict[str, Any] | None) -> Known | None:
    if data is None:
        return None
    entries = [Entry(**{**one, "at": datetime.fromisoformat(one["at"])}) for one in data["entries"]]
    sealed_at = data["sealed_at"] and datetime.fromisoformat(data["sealed_at"])
    return Known(**{**data, "what": Is(data["what"]), "entries": entries, "sealed_at": sealed_at})
