"""The annexes of a frozen version, as a page lists them: what each is, and where its reader gets it."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from contracts import annexes
from contracts.models import Contract, ContractVersion
from workflow.standing.readers import reads_restricted
from workflow.tasks.answers import Request


@dataclass(frozen=True)
class AnnexShown:
    """One annex: ``address`` is blank where its reader may not have it, or it has no file."""

    number: int
    title: str
    kind: str
    pages: str
    size: int
    publishable: bool
    reason: str
    attached: bool
    fingerprint: str
    address: str


def shown(request: Request, contract: Contract, version: ContractVersion | None) -> list[AnnexShown]:
    """Return the annexes of a version, each with its address where this reader may open it."""
    if version is None or not annexes.holds_files(version.content):
        return []
    rows = version.content["annexes"]
    all_open = all(row["publishable"] for row in rows) or reads_restricted(request.user, contract)
    return [
        AnnexShown(
            number=row["number"],
            title=row["title"],
            kind=annexes.kind_of(row),
            pages=annexes.pages_of(row["file"]["pages"]),
            size=row["file"]["size"],
            publishable=row["publishable"],
            reason=annexes.reason_of(row),
            attached=row["attached"],
            fingerprint=row["file"]["sha256"],
            address=reverse("version_annex", args=[contract.pk, version.number, row["number"]])
            if row["publishable"] or all_open
            else "",
        )
        for row in rows
    ]
