"""What the address on a printed contract shows: no more than the paper does."""

from __future__ import annotations

import re
from dataclasses import dataclass

from contracts.models import ContractVersion
from contracts.printed.check import MARK, mark_of

_MARK = re.compile(rf"[0-9a-f]{{{MARK}}}")


@dataclass(frozen=True)
class Paper:
    """A printed version, as its first page and its page of signatures name it."""

    reference: str
    title: str
    organisations: list[str]
    mark: str


def of_mark(mark: str) -> Paper | None:
    """Return the version that bears this mark, where its paper bears it; never what became of it since."""
    if not _MARK.fullmatch(mark):
        return None
    found = ContractVersion.objects.filter(content_sha256__startswith=mark).first()
    if found is None or not found.pdf_sha256 or not found.content.get("verified_at"):
        return None
    signatories = [str(row["organisation"]) for row in found.content["signatories"]]
    return Paper(
        found.content["reference"],
        found.content["title"],
        list(dict.fromkeys(signatories)),
        mark_of(found.content_sha256),
    )
