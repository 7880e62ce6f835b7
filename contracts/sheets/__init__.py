"""Sheets that go with a contract and are no contract: what a judge or an archivist reads of its evidence.

Apart from the printed contract, whose edition (:mod:`contracts.printed.edition`) they must not change.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

import typst

from contracts.printed.typography import FONTS, printable

__all__ = ["edition", "print_evidence"]

TEMPLATE = Path(__file__).resolve().parent / "evidence.typ"
STANDARDS: list[typst.PDFStandard] = ["a-2a", "ua-1"]  # ISO 19005-2 level A, ISO 14289-1


def print_evidence(data: dict[str, Any], moment: dt.datetime) -> bytes:
    """Print the sheet of an evidence (PDF/A-2a, PDF/UA-1); the same data and moment give the same bytes.

    ``data`` are words already, by the names that ``evidence.typ`` reads.
    """
    files = {
        "main.typ": TEMPLATE.read_bytes(),
        "sheet.json": json.dumps(_printable(data), ensure_ascii=False).encode(),
    }
    fonts = typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)])
    compiler = typst.Compiler(cast(Any, files), font_paths=fonts, ignore_system_fonts=True)
    pdf = compiler.compile(format="pdf", pdf_standards=STANDARDS, timestamp=int(moment.timestamp()))
    return cast(bytes, pdf)


@cache
def edition() -> str:
    """Return what the sheet is printed by, 64 hexadecimal digits: its template, its fonts, the typesetter."""
    sources = [Path(__file__), TEMPLATE, *FONTS.glob("*.ttf")]
    lines = [f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in sources]
    lines.append(f"typst {version('typst')}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_printable(item) for item in value]
    if isinstance(value, dict):
        return {name: _printable(item) for name, item in value.items()}
    return value
