"""The QR code of a printed version leads where its letters say, and older texts print as they did."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image

from contracts.canonical import SCHEMA, digest
from contracts.printed import render
from contracts.printed.check import address_of
from tests.contracts.contents import FROZEN_AT, act
from tests.contracts.layout import faults as misplaced
from tests.contracts.layout import runs
from tests.contracts.test_rendering import text_of

BASE = "https://contreseing.clairval.example/v/"
NOW = act(schema=SCHEMA, verified_at=BASE)


def printed(**options: object) -> bytes:
    return render(NOW, specimen=False, frozen_at=FROZEN_AT, **options).pdf  # type: ignore[arg-type]


def codes(pdf: bytes, folder: Path, dots: int) -> list[str]:
    """Return what a telephone reads on the pages, printed at so many dots an inch."""
    (folder / "contrat.pdf").write_bytes(pdf)
    subprocess.run(
        ["pdftoppm", "-r", str(dots), "-png", folder / "contrat.pdf", folder / "page"], check=True, timeout=60
    )
    return [
        found.text
        for page in sorted(folder.glob("page-*.png"))
        for found in zxingcpp.read_barcodes(Image.open(page))
    ]


def test_the_code_on_the_page_of_signatures_is_the_address_in_letters(tmp_path: Path) -> None:
    pdf = printed()
    address = f"{BASE}{digest(NOW)[:16]}"
    assert address_of(NOW) == address
    assert codes(pdf, tmp_path, 100) == [address]
    assert address in text_of(pdf).replace("\n", "")
    assert list(misplaced(runs(pdf), [])) == []


@pytest.mark.parametrize("host", ["w" * 200 + ".example", "127.0.0.1:8000"])
def test_a_long_address_stays_on_the_page_and_is_read(host: str, tmp_path: Path) -> None:
    base = f"https://{host}/v/"
    content = act(schema=SCHEMA, verified_at=base)
    pdf = render(content, specimen=True, frozen_at=FROZEN_AT).pdf
    assert codes(pdf, tmp_path, 150) == [address_of(content)]
    assert list(misplaced(runs(pdf), [])) == []


def test_a_draft_and_a_text_of_before_have_none(tmp_path: Path) -> None:
    draft = printed(draft=True)
    assert codes(draft, tmp_path, 100) == []
    assert BASE not in text_of(draft)
    before = act()
    assert address_of(before) == ""
    assert "envoyez le fichier" not in text_of(render(before, specimen=False, frozen_at=FROZEN_AT).pdf)


def test_printing_again_gives_the_same_bytes() -> None:
    assert printed() == printed()
