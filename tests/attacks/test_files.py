"""A forger wants « valide » said of a file that was changed, or that shows two things."""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from signatures.validation import validate_here
from signatures.verification.rebuild import headers
from signatures.verification.signed import fields, pages
from signatures.verification.structure import read
from tests.attacks import forged_bytes, forged_changes
from tests.attacks.forging import BARE, Forger
from tests.pki import ServedPki
from tests.signatures import documents
from tests.signatures.test_independent import run
from tests.signatures.test_validation import Files, files, people
from tests.workflow.test_final_file import final

__all__ = ["files", "final", "people"]

FORGERIES = forged_bytes.FORGERIES | forged_changes.FORGERIES


@pytest.fixture(scope="module")
def forger(files: Files) -> Forger:
    return Forger(files.sealed)


def test_a_true_renewal_by_another_hand_is_valid(forger: Forger) -> None:
    """The workshop itself is not what the forgeries are refused for."""
    renewed = forger.stamped()
    report = validate_here(renewed)
    assert report.valid, report.problems
    again = validate_here(Forger(renewed).stamped(field=BARE.replace("Forge", "Deux"), page=None))
    assert again.valid, again.problems


@pytest.mark.parametrize("name", FORGERIES)
def test_no_forged_file_is_valid(forger: Forger, name: str) -> None:
    refused_with_a_sentence(FORGERIES[name], forger)


def refused_with_a_sentence(make: Callable[[Forger], bytes], forger: Forger) -> None:
    """Check that the file differs, is refused, and that the report says why."""
    forged = make(forger)
    assert forged != forger.pdf
    report = validate_here(forged)
    assert not report.valid
    assert report.problems and all(problem.message for problem in report.problems)


def test_a_contracts_final_file_makes_none_valid(final: bytes) -> None:
    forger = Forger(final)
    renewed = validate_here(forger.stamped())
    assert renewed.valid, renewed.problems
    for make in list(FORGERIES.values())[::3]:
        refused_with_a_sentence(make, forger)


FOLDER = Path(__file__).parent / "files"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.pdf")), ids=lambda file: file.stem)
def test_the_files_that_once_deceived_us(pki: ServedPki, file: Path) -> None:
    """Made by an attacker over a file of ours, under an authority of which the root alone is left."""
    report = validate_here(file.read_bytes(), trust_roots=[FOLDER / "root.pem"])
    assert report.valid == file.stem.startswith("valid"), report.problems


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils is not installed")
def test_what_is_valid_is_what_every_reader_shows(forger: Forger, files: Files, tmp_path: Path) -> None:
    """poppler and mupdf draw a valid file as they draw the revision that was signed."""
    for index, pdf in enumerate((files.sealed, forger.stamped())):
        assert validate_here(pdf).valid
        assert drawn(pdf, tmp_path / f"{index}a") == drawn(files.two, tmp_path / f"{index}b")


def drawn(pdf: bytes, folder: Path) -> list[str]:
    """Return a digest of each page as each reader draws it."""
    folder.mkdir()
    (folder / "file.pdf").write_bytes(pdf)
    run("pdftoppm", "-r", "40", folder / "file.pdf", folder / "poppler")
    run("mutool", "draw", "-q", "-r", "40", "-o", folder / "mupdf-%d.ppm", folder / "file.pdf")
    pages = sorted(folder.glob("*.ppm"))
    assert len(pages) >= 2
    return [hashlib.sha256(page.read_bytes()).hexdigest() for page in pages]


def test_a_lenient_reader_builds_the_same_table(files: Files) -> None:
    """The last definition of each object by its place, trailers by their word: catalog, pages, fields."""
    structure = read(files.sealed)
    rebuilt = dict(headers(files.sealed))
    table = structure.table()
    assert {number: found.start for number, found in table.items()} == rebuilt
    trailers = re.findall(rb"trailer\s*<<.*?/Root (\d+) 0 R", files.sealed, re.DOTALL)
    assert {int(root) for root in trailers} == {structure.root}
    assert len(list(pages(structure.root, table))) == 2
    assert [one.name for one in fields(structure.root, table)][:2] == documents.FIELDS


def test_a_lenient_reader_would_be_deceived(forger: Forger) -> None:
    """The forgeries are worth refusing: a rebuild finds another catalog, the chain does not."""
    forged = FORGERIES["takeover, zeros before the old offset"](forger)
    rebuilt = dict(headers(forged))
    assert b"7001 0 R" in forged[rebuilt[forger.parts.root] :][:80]
