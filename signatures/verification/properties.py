"""What signing tools write of themselves in the properties of a file, and nothing else."""

from __future__ import annotations

import re
from typing import Any

from signatures.verification import xmp
from signatures.verification.crossref import Definition
from signatures.verification.syntax import same

VERSIONS = {"1.7", "2.0"}
_EXTENSION_KEYS = {"Type", "BaseVersion", "ExtensionLevel"}
_ISO_KEYS = _EXTENSION_KEYS | {"URL", "ExtensionRevision"}
_OF_SIGNING = {32001, 32002}  # ISO/TS 32001 (hashes of SHA-3) and 32002 (curves), which a signature may need
_DATE = re.compile(rb"D:\d{14}(?:Z|[+-]\d\d'(?:\d\d'?)?)?")
# « ; pyHanko 0.38 », « ; modified using iText® … »
_PRODUCER = re.compile(
    rb"(?:(?P<before>.*); )?(?:pyHanko [0-9.]{1,20}|modified using iText[^\x00-\x1f;]{0,80})", re.DOTALL
)
_XMP_DATE = re.compile(
    rb"(xmp:(?:ModifyDate|MetadataDate)(?:=\"|>))"
    rb"\d{4}-\d\d-\d\dT[0-9:.]{5,15}(?:Z|[+-]\d\d:\d\d)?(?=[\"<])"
)

LONGEST_NAME = 500  # octets of a tool's name
OF_THE_TOOL = {"Producer", "ModDate"}  # in /Info: neither says anything of the document


def is_maintained(key: str, was: Any, now: bytes) -> bool:
    """Tell whether it is what signing tools write of themselves: their name, and when."""
    if key == "ModDate":
        return _DATE.fullmatch(now) is not None
    if key != "Producer":
        return False
    found = _PRODUCER.fullmatch(now)
    return found is not None and (found["before"] or None) == was


def is_of_the_tool(key: str, now: bytes) -> bool:
    """Tell whether a signatory's own tool may write it of itself: a name of some length, or a date."""
    if key == "ModDate":
        return _DATE.fullmatch(now) is not None
    return key in OF_THE_TOOL and len(now) <= LONGEST_NAME


def are_extensions(was: Any, now: Any) -> bool:
    """Tell whether only developers' extensions by their level were added (ISO 32000-2 § 7.12)."""
    was = {} if was is None else was
    if not isinstance(was, dict) or not isinstance(now, dict):
        return False
    return all(_is_extension(key, was.get(key), now.get(key)) for key in was.keys() | now.keys())


def _are_of_iso(was: Any, now: Any) -> bool:
    """Tell whether those of ISO (an array) are the former ones, then some of the standards of signing."""
    was = [] if was is None else was
    if not isinstance(was, list) or not isinstance(now, list) or not same(was, now[: len(was)]):
        return False
    return all(
        isinstance(one, dict)
        and one.keys() <= _ISO_KEYS
        and one.get("Type", "DeveloperExtensions") == "DeveloperExtensions"
        and one.get("BaseVersion") == "2.0"
        and one.get("ExtensionLevel") in _OF_SIGNING
        and all(isinstance(one.get(key, b""), bytes) for key in ("URL", "ExtensionRevision"))
        for one in now[len(was) :]
    )


def _is_extension(prefix: str, was: Any, now: Any) -> bool:
    if same(was, now):
        return True
    if prefix == "ISO_":
        return _are_of_iso(was, now)
    if prefix not in ("ESIC", "ADBE") or not isinstance(now, dict) or not now.keys() <= _EXTENSION_KEYS:
        return False
    level = now.get("ExtensionLevel")
    kinds = now.get("Type", "DeveloperExtensions") == "DeveloperExtensions"
    return kinds and now.get("BaseVersion") in VERSIONS and type(level) is int and 0 < level < 10


def differ_by_date(data: bytes, old: Definition, new: Definition) -> bool:
    """Tell whether two XMP streams of ``data`` say the same but for the date of the last change."""
    if old.stream is None or new.stream is None or "Filter" in old.value or "Filter" in new.value:
        return False
    entries = [{k: v for k, v in one.value.items() if k != "Length"} for one in (old, new)]
    was, now = (_XMP_DATE.sub(rb"\1", data[slice(*stream)]) for stream in (old.stream, new.stream))
    return same(*entries) and was == now


def differ_by_tool(data: bytes, old: Definition, new: Definition) -> bool:
    """Tell whether two XMP streams say the same of the document, whatever the tools say of themselves."""
    if old.stream is None or new.stream is None or "Filter" in old.value or "Filter" in new.value:
        return False
    entries = [{k: v for k, v in one.value.items() if k != "Length"} for one in (old, new)]
    was, now = (xmp.said(data[slice(*stream)]) for stream in (old.stream, new.stream))
    return same(*entries) and was is not None and was == now
