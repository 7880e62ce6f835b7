"""The draft and its versions are downloaded as files, by whoever may read them and by nobody else."""

from __future__ import annotations

import io
from typing import Any

import openpyxl
from django.urls import reverse
from docx import Document

from contracts.models import Contract
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.sockets import logged_in

EXTENSIONS = ("docx", "xlsx", "csv")


def draft_of(contract: Contract, extension: str) -> str:
    return reverse("draft_export", args=[contract.pk, extension])


def version_of(contract: Contract, extension: str) -> str:
    return reverse("version_export", args=[contract.pk, 1, extension])


def check(answer: Any, name: str) -> bytes:
    assert answer.status_code == 200
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    return bytes(answer.content)


def test_a_draft_then_its_version_are_exported(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    contract.volets.update(text="Texte du jour.")
    pilot, base = logged_in(cast.pilote_ville), contract.reference.lower()
    files = {e: check(pilot.get(draft_of(contract, e)), f"{base}-projet.{e}") for e in EXTENSIONS}
    assert "Texte du jour." in [p.text for p in Document(io.BytesIO(files["docx"])).paragraphs]
    rows = [c for v in contract.volets.all() for c in v.commitments.all()]
    assert openpyxl.load_workbook(io.BytesIO(files["xlsx"])).active.max_row == len(rows) + 1
    assert all(row.title in files["csv"].decode() for row in rows)
    editor = pilot.get(reverse("draft_editor", args=[contract.pk])).content.decode()
    assert all(draft_of(contract, e) in editor for e in EXTENSIONS)
    assert pilot.get(draft_of(contract, "odt")).status_code == 404
    assert pilot.get(version_of(contract, "csv")).status_code == 404, "no version yet"

    plot.draft_and_freeze(contract)
    assert pilot.get(draft_of(contract, "docx")).status_code == 404, "nothing is in draft any more"
    assert (
        draft_of(contract, "csv")
        not in pilot.get(reverse("draft_editor", args=[contract.pk])).content.decode()
    )
    for extension in EXTENSIONS:
        check(pilot.get(version_of(contract, extension)), f"{base}-v1.{extension}")
    page = pilot.get(reverse("version", args=[contract.pk, 1])).content.decode()
    assert all(version_of(contract, e) in page for e in EXTENSIONS)
    assert logged_in(cast.maire).get(version_of(contract, "csv")).status_code == 200
    assert logged_in(cast.outsider).get(version_of(contract, "csv")).status_code == 404


def test_who_does_not_write_it_exports_no_draft(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    for person in (cast.outsider, cast.maire, cast.greffe, cast.admin):
        for extension in EXTENSIONS:
            assert logged_in(person).get(draft_of(contract, extension)).status_code == 404, person
