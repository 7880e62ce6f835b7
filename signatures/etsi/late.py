"""The report as XML, its classes loaded when it is first asked for.

They are pyHanko's, of three whole schemas: an eighth of what every command and worker took to start, for
what is written once a contract and shown to whoever asks for it. A process that serves pages loads them
before it answers (:mod:`config.loaded`).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signatures.validation import Examined

WRITER = "signatures.etsi.xml"


def as_xml(examined: Examined) -> str:
    """Return the report as XML, in UTF-8 once encoded (ETSI TS 119 102-2)."""
    text: str = import_module(WRITER).as_xml(examined)
    return text
