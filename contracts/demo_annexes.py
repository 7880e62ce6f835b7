"""The annexes of the demonstration: each a true PDF of a page, which says that it is an example."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from typing import Any, cast

import typst

from contracts.models import Annex, AnnexKind, Contract, Restriction
from contracts.printed.typography import FONTS, printable

KINDS = {
    "diagnostic": AnnexKind.DIAGNOSTIC,
    "commitment_table": AnnexKind.TABLE,
    "camera_plan": AnnexKind.MAP,
    "partner_commitment_letters": AnnexKind.LETTER,
    "legal_note": AnnexKind.NOTE,
}
REASONS = {"camera_plan": Restriction.PUBLIC_SECURITY, "legal_note": Restriction.PREVENTION}
MADE = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
PAGE = b"""
#let said = json(bytes(sys.inputs.said))
#set document(title: said.title, date: none)
#set page(paper: "a4", margin: 2.5cm)
#set text(lang: "fr", font: "Contreseing Serif", size: 11pt)
#text(size: 9pt)[#said.reference]
= #said.title
#said.notice
"""
NOTICE = (
    "Document d’exemple de la démonstration, sans valeur juridique : les communes, les services et les "
    "personnes qu’il nommerait seraient fictifs."
)


def add(contract: Contract, rows: list[dict[str, Any]], keep: Callable[[bytes], str]) -> None:
    """Give a contract the annexes of the data; ``keep`` stores their files, by their SHA-256."""
    for order, row in enumerate(rows, start=1):
        pdf = _page(contract.reference, row["title"])
        Annex.objects.create(
            contract=contract,
            order=order,
            kind=KINDS[row["kind"]],
            title=row["title"],
            publishable=row["publishable"],
            reason="" if row["publishable"] else REASONS[row["kind"]],
            attached=row["publishable"],
            file_sha256=keep(pdf),
            size=len(pdf),
            pages=1,
        )


def _page(reference: str, title: str) -> bytes:
    said = {"reference": reference, "title": printable(title), "notice": printable(NOTICE)}
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)])
    compiler = typst.Compiler(PAGE, font_paths=fonts, sys_inputs={"said": json.dumps(said)})
    return cast(bytes, compiler.compile(format="pdf", timestamp=int(MADE.timestamp())))
