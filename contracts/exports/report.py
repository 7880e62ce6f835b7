"""A report for paper: a verdict, facts under headings, lists; every word of it given."""

from __future__ import annotations

import datetime as dt
import json
import re
from functools import cache
from pathlib import Path
from typing import Any, cast

import typst

from contracts.printed.typography import FONTS, printable

TEMPLATE = Path(__file__).resolve().parent / "report.typ"
# a SHA-256, an indication: they fit on a line, and whoever copies them wants nothing between their letters
_COPIED = re.compile(r"[0-9a-f]{64}|[A-Z_-]{1,40}( [A-Z_-]{1,40})?")


def report_pdf(said: dict[str, Any], made_at: dt.datetime) -> bytes:
    """Return an accessible PDF (ISO 14289-1); ``said`` holds what ``report.typ`` shows, as JSON data.

    What no font of ours has is named by its code point. It takes a tenth of a second of a processor.
    """
    files = {"main.typ": TEMPLATE.read_bytes(), "said.json": json.dumps(_printable(said)).encode()}
    compiler = typst.Compiler(cast(Any, files), font_paths=_fonts(), ignore_system_fonts=True)
    pdf = compiler.compile(format="pdf", pdf_standards=["ua-1"], timestamp=int(made_at.timestamp()))
    return cast(bytes, pdf)


def _printable(value: Any) -> Any:
    if isinstance(value, str):
        return value if _COPIED.fullmatch(value) else printable(value)
    if isinstance(value, dict):
        return {name: _printable(one) for name, one in value.items()}
    return [_printable(one) for one in value] if isinstance(value, list | tuple) else value


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[str(FONTS)])
