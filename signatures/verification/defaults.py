"""The defaults of text fields that a signing tool adds to a form that has none (ISO 32000-2 § 12.7.3).

Acrobat writes « /DA (/Helv 0 Tf 0 g) » and « /DR » with two fonts in whatever form it signs. Both are read
where a reader makes the appearance of a field that holds text; where there is none, and whatever else is
shown names its own resources, they change nothing of what any reader shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from signatures.verification.signed import Table, array, dictionary, fields, pages, resolve
from signatures.verification.syntax import Name, Ref

MOST_FONTS = 20
_APPEARANCE = re.compile(
    rb"\s*/[A-Za-z0-9+_-]{1,40} \d{1,3}(?:\.\d{1,4})? Tf(?: [0-9. ]{1,40} (?:g|rg|k))?\s*"
)
_FONT_KEYS = {"Type", "Subtype", "BaseFont", "Name", "Encoding"}
_ENCODING_KEYS = {"Type", "BaseEncoding", "Differences"}
# the fonts that every reader has (§ 9.6.2.2): nothing of theirs is in the file
_STANDARD = {
    *("Helvetica", "Helvetica-Bold", "Helvetica-Oblique", "Helvetica-BoldOblique"),
    *("Times-Roman", "Times-Bold", "Times-Italic", "Times-BoldItalic"),
    *("Courier", "Courier-Bold", "Courier-Oblique", "Courier-BoldOblique", "Symbol", "ZapfDingbats"),
}


def are_idle(root: int, before: Table, after: Table) -> bool:
    """Tell whether nothing that this file shows could draw on the defaults of its form."""
    if not all(one.is_signature for one in fields(root, after)):
        return False
    places = {number for one in fields(root, before) for number in (one.number, *one.widgets)}
    others = [
        one for one in _annotations(root, before) if not (isinstance(one, Ref) and one.number in places)
    ]
    return all(_shows_by_itself(before[number].value, before, empty=True) for number in places) and all(
        _shows_by_itself(resolve(one, before), before, empty=False) for one in others
    )


def _annotations(root: int, table: Table) -> Iterator[Any]:
    for page in pages(root, table):
        yield from array(table[page].value.get("Annots"), table)


def _shows_by_itself(value: Any, table: Table, *, empty: bool) -> bool:
    """Tell whether this annotation is a link, or drawn with resources that it names, or may be ``empty``."""
    if not isinstance(value, dict):
        return False
    appearance = dictionary(value.get("AP"), table)
    if not appearance:
        return empty or value.get("Subtype") == "Link"
    drawn = appearance.get("N")
    found = table.get(drawn.number) if isinstance(drawn, Ref) and appearance.keys() == {"N"} else None
    if found is None or found.stream is None or not isinstance(found.value, dict):
        return False
    begin, end = found.stream
    return begin == end or isinstance(resolve(found.value.get("Resources"), table), dict)


def is_appearance(value: Any) -> bool:
    """Tell whether this is a font, its size and its colour (§ 12.7.4.3), and nothing else."""
    return isinstance(value, bytes) and _APPEARANCE.fullmatch(value) is not None


def are_fonts(value: Any, table: Table) -> bool:
    """Tell whether these resources are fonts that every reader has, and how their letters are coded."""
    resources = resolve(value, table)
    if not isinstance(resources, dict) or not resources.keys() <= {"Font", "Encoding"}:
        return False
    found, codes = (resolve(resources.get(key, {}), table) for key in ("Font", "Encoding"))
    if not isinstance(found, dict) or not isinstance(codes, dict) or len(found) + len(codes) > MOST_FONTS:
        return False
    return all(_is_font(one, table) for one in found.values()) and all(
        _is_encoding(one, table) for one in codes.values()
    )


def _is_font(value: Any, table: Table) -> bool:
    font = resolve(value, table)
    if not isinstance(font, dict) or not font.keys() <= _FONT_KEYS:
        return False
    name = font.get("BaseFont")
    known = (font.get("Type"), font.get("Subtype")) == ("Font", "Type1") and isinstance(name, Name)
    return (
        known
        and name in _STANDARD
        and isinstance(font.get("Name", Name()), Name)
        and _is_encoding(font.get("Encoding"), table)
    )


def _is_encoding(value: Any, table: Table) -> bool:
    code = resolve(value, table)
    if code is None or isinstance(code, Name):
        return True
    if not isinstance(code, dict) or not code.keys() <= _ENCODING_KEYS:
        return False
    named = (code.get("Type", Name()), code.get("BaseEncoding", Name()))
    differences = resolve(code.get("Differences", []), table)
    return (
        all(isinstance(one, Name) for one in named)
        and isinstance(differences, list)
        and len(differences) <= 512
        and all(type(one) is int or isinstance(one, Name) for one in differences)
    )
