"""A name written from right to left, in a sentence written from left to right: each keeps its own direction.

Unicode's algorithm (UAX 9) lets the letters of a name draw what stands beside it (a comma, a number, a
bracket) to their side, and its controls turn round all that follows. People may not type those controls
(:mod:`stakeholders.text`); a stranger's certificate may hold them. Here they go, and each run of letters
from right to left is isolated, wherever it is shown: no template has to think of it.
"""

from __future__ import annotations

import re

from stakeholders.text import TURNING

FIRST_STRONG, POP = "\u2068", "\u2069"  # the isolates of plain text
_LETTERS = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
# what holds two words of one name together; a comma or a dot in the middle parts two names
_WITHIN = r"(?:[\s\d'’.\-]|&#x27;)*"
_RUN = re.compile(f"[{_LETTERS}](?:{_WITHIN}[{_LETTERS}])*")
_CONTROLS = re.compile(f"[{''.join(sorted(TURNING))}]")
_ANYTHING = re.compile(f"[{_LETTERS}{''.join(sorted(TURNING))}]")
# a piece of a page: what is not to be touched, what holds plain text alone, a tag, or text
_PIECE = re.compile(
    r"(?P<kept><(?P<raw>textarea|script|style|template)\b.*?</(?P=raw)>|<!--.*?-->)"
    r"|(?P<opened><(?P<plain>title|option)\b(?:[^>\"']|\"[^\"]*\"|'[^']*')*>)(?P<words>[^<]*)"
    r"|(?P<tag><(?:[^>\"']|\"[^\"]*\"|'[^']*')*>)"
    r"|(?P<text>[^<]+|<)",
    re.DOTALL | re.IGNORECASE,
)


def isolated(text: str) -> str:
    """Return plain text whose runs from right to left are between isolates, without other controls."""
    if not _ANYTHING.search(text):
        return text
    return _RUN.sub(lambda run: f"{FIRST_STRONG}{run[0]}{POP}", _CONTROLS.sub("", text))


def isolated_in_page(page: str) -> str:
    """Return a page of HTML in which each run from right to left is in a ``<bdi>``.

    Fields keep what they hold as it was typed.
    """
    return _PIECE.sub(_piece, page) if _ANYTHING.search(page) else page


def _piece(found: re.Match[str]) -> str:
    if found["text"] is not None:
        return _RUN.sub(lambda run: f"<bdi>{run[0]}</bdi>", _CONTROLS.sub("", found["text"]))
    if found["opened"] is not None:
        return found["opened"] + isolated(found["words"])
    return found[0]
