"""The annexes of a text: each named by its hash, listed in the print, inside it where it may be."""

from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from pikepdf import Name

from contracts import annexes, copying
from contracts.canonical import content_of, digest
from contracts.differences import differences, shown
from contracts.models import Annex, Contract
from contracts.printed import render
from contracts.printed.attached import AnnexAltered
from contracts.soundness import faults
from tests.cast import Cast, small_contract
from tests.contracts.contents import FROZEN_AT, act, annex
from tests.contracts.layout import faults as misplaced
from tests.contracts.layout import runs
from tests.contracts.test_exports import word, words_of
from tests.contracts.test_rendering import text_of

# of tests/contracts/contents.py by the layout of schema 3, before annexes had files
BEFORE_FILES = "62934adffffaf91dda9a8b3f360988d0949111ade90d035d360dca5ea6698b10"
PLAN, MAP = b"%PDF-1.7 a plan", b"%PDF-1.7 a map of cameras"
FILES = {hashlib.sha256(data).hexdigest(): data for data in (PLAN, MAP)}


def text(*rows: dict[str, Any]) -> dict[str, Any]:
    return act(schema=5, annexes=list(rows))


def printed(content: dict[str, Any], **options: Any) -> bytes:
    return render(content, specimen=False, frozen_at=FROZEN_AT, **options).pdf


TWO = text(
    annex(1, PLAN, attached=True, title="Plan d’action", kind="table"),
    annex(2, MAP, publishable=False, reason="public_security", title="Caméras"),
)


@pytest.mark.skipif(
    (version("typst"), version("pikepdf")) != ("0.15.2", "10.17.0"), reason="another typesetter, other bytes"
)
def test_a_text_of_schema_3_prints_byte_for_byte_as_it_did() -> None:
    assert hashlib.sha256(printed(act())).hexdigest() == BEFORE_FILES


def test_the_print_lists_each_annex_and_says_which_is_not_published() -> None:
    told = text_of(printed(TWO, annexes=FILES)).replace("\u00a0", " ")
    flat = " ".join(told.split())
    assert "Liste des annexes" in flat
    assert "Annexe 1. Plan d’action" in flat and "Tableau, 2 pages" in flat
    assert "Publiable, jointe au présent fichier." in flat
    assert "La présente annexe n’est pas publiée : sûreté de l’État, sécurité publique" in flat
    for data in (PLAN, MAP):
        assert annexes.grouped(hashlib.sha256(data).hexdigest()) in flat


def test_the_list_holds_in_its_margins_whatever_the_titles() -> None:
    rows = [
        annex(n, title=f"{'W' * 240} {n}", reason_words="x" * 240, publishable=False) for n in range(1, 4)
    ]
    assert list(misplaced(runs(printed(text(*rows))), [])) == []


def test_what_travels_is_inside_as_pdf_a_3_wants_it(tmp_path: Path) -> None:
    data = printed(TWO, annexes=FILES)
    assert data == printed(TWO, annexes=FILES), "the same bytes each time"
    with pikepdf.open(io.BytesIO(data)) as pdf:
        assert list(pdf.attachments) == ["Annexe-01-plan-d-action.pdf"], "a restricted one never travels"
        (one,) = pdf.Root.AF
        assert one.AFRelationship == Name.Supplement
        assert one.EF.F.Subtype == Name("/application/pdf")
        assert bytes(one.EF.F.read_bytes()) == PLAN
        assert int(one.EF.F.Params.Size) == len(PLAN)
        assert str(one.UF) == "Annexe-01-plan-d-action.pdf" and str(one.Desc) == "Annexe 1, Plan d’action"
        with pdf.open_metadata() as metadata:
            assert (metadata["pdfaid:part"], metadata["pdfaid:conformance"]) == ("3", "A")
    file = tmp_path / "contrat.pdf"
    file.write_bytes(data)
    assert (qpdf := shutil.which("qpdf")) is not None
    subprocess.run([qpdf, "--check", str(file)], check=True, capture_output=True)


def test_another_file_than_the_one_named_is_never_put_inside() -> None:
    for files in ({}, {hashlib.sha256(PLAN).hexdigest(): b"another"}):
        with pytest.raises(AnnexAltered, match="Plan d’action"):
            printed(TWO, annexes=files)
    assert b"EmbeddedFile" not in printed(TWO, draft=True), "a draft lists them, and holds none"


def test_a_restriction_without_reason_and_an_annex_without_file_block() -> None:
    assert not faults(TWO)
    bad = text(
        annex(1, file=None, title="Sans fichier"),
        annex(2, publishable=False, title="Sans motif"),
        annex(3, publishable=False, reason="other", title="Sans loi"),
    )
    said = [lack.sentence for lack in faults(bad)]
    assert len(said) == 3
    assert "« Sans fichier », n’a pas de fichier".replace("« ", "«\u00a0").replace(" »", "\u00a0»") in said[0]
    assert all("restreinte sans motif" in one for one in said[1:])
    assert [lack.spots[0].key for lack in faults(bad)] == [1, 2, 3]


def test_two_versions_tell_their_annexes_apart() -> None:
    first, second = TWO["annexes"]
    later = text({**second, "number": 1}, {**first, "number": 2, **annex(9, b"new") | {"key": 1}}, annex(3))
    found = {one.title: one for one in differences(TWO, later)}
    assert any(one.kind == "added" for one in found.values())
    changed = next(one for one in found.values() if one.kind == "changed")
    assert {"Fichier", "Intitulé"} <= {name for name, _was, _now in changed.changes}
    assert any(one.kind == "renumbered" and one.changes == [("Caméras", "2", "1")] for one in found.values())
    assert [one.kind for one in differences(TWO, text(first))] == ["removed"]
    assert differences(TWO, TWO) == []
    assert [one.title for one in differences(act(), TWO)] == ["Annexes"], "an older text has titles alone"
    assert shown(TWO).moved(text(first)) == ["Caméras (supprimé)"]


def test_the_hash_of_the_text_covers_the_file(players: Cast) -> None:
    contract = small_contract(players)
    row = given(contract, "Plan", PLAN)
    before = digest(content_of(contract))
    Annex.objects.filter(pk=row.pk).update(file_sha256=hashlib.sha256(MAP).hexdigest())
    assert digest(content_of(contract)) != before
    (told,) = content_of(contract)["annexes"]
    assert told["file"] == {"sha256": hashlib.sha256(MAP).hexdigest(), "size": len(PLAN), "pages": 1}


def given(contract: Contract, title: str, data: bytes, **facts: Any) -> Annex:
    return Annex.objects.create(
        contract=contract,
        order=annexes.next_place(contract),
        title=title,
        file_sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        pages=1,
        **facts,
    )


def test_annexes_keep_places_without_a_gap(players: Cast) -> None:
    contract = small_contract(players)
    rows = [given(contract, title, PLAN) for title in ("a", "b", "c", "d")]

    def order() -> str:
        assert [row.order for row in contract.annexes.all()] == [1, 2, 3, 4][: contract.annexes.count()]
        return "".join(row.title for row in contract.annexes.all())

    annexes.step(rows[2], annexes.UP)
    assert order() == "acbd"
    rows[0].refresh_from_db()
    annexes.step(rows[0], annexes.UP)
    assert order() == "acbd", "the first does not go up"
    annexes.step(rows[0], annexes.DOWN)
    assert order() == "cabd"
    rows[3].refresh_from_db()
    annexes.step(rows[3], annexes.DOWN)
    annexes.put(rows[3], 1)
    assert order() == "dcab"
    annexes.withdraw(rows[2])
    assert order() == "dab"


def test_too_many_or_too_heavy_is_refused_with_what_to_do(players: Cast) -> None:
    contract = small_contract(players)
    given(contract, "Lourde", PLAN, attached=True)
    contract.annexes.update(size=annexes.MOST_ATTACHED)
    assert annexes.why_too_much(contract, Annex(size=1, attached=True))[0] == "attached"
    assert annexes.why_too_much(contract, Annex(size=1, attached=False)) == ("", "")
    contract.annexes.update(size=annexes.MOST_KEPT)
    assert annexes.why_too_much(contract, Annex(size=1, attached=False))[0] == "file"
    contract.annexes.update(size=1)
    for n in range(2, annexes.AT_MOST + 1):
        given(contract, str(n), PLAN)
    assert annexes.why_too_much(contract, Annex(size=1))[0] == "title"
    assert annexes.why_too_much(contract, contract.annexes.all()[0]) == ("", "")


def test_a_contract_begun_from_another_takes_up_its_list_without_the_files(players: Cast) -> None:
    source, into = small_contract(players), small_contract(players, "CSI-00-2026-901")
    into.volets.all().delete()
    given(source, "Caméras", MAP, publishable=False, reason="public_security")
    copying.copy(source, into, figures=False)
    row = into.annexes.get()
    assert (row.title, row.reason, row.file_sha256, row.size) == ("Caméras", "public_security", "", 0)
    assert any("n’a pas de fichier" in lack.sentence for lack in faults(content_of(into)))


def test_the_word_file_lists_them() -> None:
    told = words_of(word(TWO)).replace("\u00a0", " ")
    assert "Annexe 1. Plan d’action" in told
    assert "La présente annexe n’est pas publiée" in told
    assert annexes.grouped(hashlib.sha256(PLAN).hexdigest()) in told
