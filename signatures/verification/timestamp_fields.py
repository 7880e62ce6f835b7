"""A document time-stamp shows nothing: its field is a bare widget without a surface.

A reader draws whatever annotation a field is (a polygon, a free text, a stamp), so one
token of a time-stamping authority would be enough to write over a signed page.
"""

from __future__ import annotations

import re
from typing import Any

from signatures.verification.syntax import Ref

_FIELD_KEYS = {"FT", "T", "TU", "V", "Type", "Subtype", "Rect", "F", "P", "Ff"}
_VALUE_KEYS = {"Type", "Filter", "SubFilter", "Contents", "ByteRange", "V", "M"}
_DATE = re.compile(rb"D:\d{8,14}(?:Z(?:00'?(?:00'?)?)?|[+-]\d\d'?(?:\d\d'?)?)?")
_FLAGS = 1 | 2 | 4 | 64 | 128 | 512  # invisible, hidden, print, read-only, locked, locked contents


def is_bare(field: dict[str, Any], page: int | None) -> bool:
    """Tell whether this new field, on that page or on none, can show nothing."""
    is_widget = field.get("Type", "Annot") == "Annot" and field.get("Subtype") == "Widget"
    if page is None and "Subtype" not in field and "Rect" not in field:
        is_widget = "Type" not in field
    elif not _is_no_area(field.get("Rect")):
        return False
    placed = field.get("P")
    return (
        is_widget
        and field.keys() <= _FIELD_KEYS
        and field.get("FT") == "Sig"
        and isinstance(field.get("T"), bytes)
        and isinstance(field.get("V"), Ref)
        and (placed is None or isinstance(placed, Ref))
        and (page is None or placed is None or placed.number == page)
        and _are_flags(field.get("F", 0))
        and field.get("Ff", 0) in (0, 1)
        and isinstance(field.get("TU", b""), bytes)
    )


def is_token(value: dict[str, Any]) -> bool:
    """Tell whether this value is a token and nothing else (EN 319 142-1 § 5.4.3)."""
    return (
        value.keys() <= _VALUE_KEYS
        and value.get("Type") == "DocTimeStamp"
        and value.get("SubFilter") == "ETSI.RFC3161"
        and isinstance(value.get("Filter"), str)
        and value.get("V", 0) == 0
        and ("M" not in value or (isinstance(value["M"], bytes) and bool(_DATE.fullmatch(value["M"]))))
    )


def _is_no_area(rectangle: Any) -> bool:
    """Four direct zeros: what is indirect or longer, readers do not all read alike."""
    return (
        isinstance(rectangle, list)
        and len(rectangle) == 4
        and all(type(side) in (int, float) and side == 0 for side in rectangle)
    )


def _are_flags(flags: Any) -> bool:
    return type(flags) is int and flags >= 0 and not flags & ~_FLAGS
