"""By what a version was printed: our sources, our fonts, the typesetter and what adds the fields.

Two versions of one edition were printed by the same means; of another edition, the same content may
give other bytes. Nothing is ever printed again for that: the bytes that were approved are kept.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import version
from pathlib import Path

from contracts.printed.typography import FONTS

LIBRARIES = ("typst", "pikepdf", "segno")


@cache
def edition_of(template: Path) -> str:
    """Return the SHA-256 (64 hexadecimal digits) of all that prints with ``template``.

    Hashed: the name and the SHA-256 of the template's neighbours (``.typ``), of this package's
    sources and of the fonts, then the libraries' versions. Read once a process, as a process prints
    with what it started with.
    """
    sources = [*template.parent.glob("*.typ"), *Path(__file__).parent.glob("*.py"), *FONTS.glob("*.ttf")]
    lines = [f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in sources]
    lines += [f"{library} {version(library)}" for library in LIBRARIES]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
