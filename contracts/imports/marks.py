"""What tells a volet, a commitment or a table of contents by the words it begins with."""

from __future__ import annotations

import re

from contracts.imports.columns import column, folded

LONG_HEADING = 200  # characters: what is longer is a sentence
LONG_TITLE = 300  # of a commitment, as its column takes

_DASH = r"[.:)\u2013\u2014-]"
_VOLET = re.compile(
    rf"(?:volet|axe|chapitre|th[ée]matique|orientation|partie|titre)\s*(?:n\s*[°º]\s*)?"
    rf"(?:[0-9]{{1,2}}|[ivxl]{{1,6}})(?![\w,])\s*{_DASH}*\s*",
    re.IGNORECASE,
)
_COMMITMENT = re.compile(
    rf"(?:engagement|action|mesure|fiche[\s-]?action|fiche|disposition)\s*(?:n\s*[°º]\s*)?"
    rf"[A-Z]?[0-9]{{1,3}}(?:[.-][0-9]{{1,3}}){{0,3}}(?![\w,])\s*{_DASH}*\s*",
    re.IGNORECASE,
)
_NUMBER = re.compile(rf"[0-9]{{1,2}}(?:\.[0-9]{{1,3}}){{1,3}}\.?(?![\w,/])\s*{_DASH}*\s+")
_SIMPLE = re.compile(r"[0-9]{1,2}\s*(?:[.)\u2013\u2014]|-(?=\s))\s+")
_PAGE = re.compile(r"(?:\t|\.{4,}|…{2,}|_{4,})\s*[0-9]{1,4}$")
_KEYED = re.compile(r"([^:\n]{2,50}?)\s*:\s*(.+)", re.DOTALL)
_OWN = re.compile(
    r"^(?:entre(?: les soussignes)?|preambule|visas?|vu|sommaire|table des matieres|annexes?|signatures?"
    r"|signataires|recapitulatif(?: des engagements)?|cadres existants|clauses?(?: generales| communes)?"
    r"|dispositions (?:generales|communes|finales)|article [0-9ivxl]+.*|parties(?: signataires)?"
    r"|introduction|liste des (?:annexes|signataires))$"
)


def volet(text: str) -> tuple[str, str] | None:
    """Return « Volet 1 » and its title, for a heading that says so."""
    return _cut(_VOLET, text) if len(text) <= LONG_HEADING else None


def commitment(text: str) -> tuple[str, str] | None:
    """Return its number in the document and what it says, for what is numbered as a commitment is."""
    return _cut(_COMMITMENT, text) or _cut(_NUMBER, text)


def item(text: str) -> tuple[str, str] | None:
    """Return the number and the words of a line of a list that was counted by hand: « 3. Former… »."""
    return _cut(_SIMPLE, text)


def is_contents(text: str) -> bool:
    """Whether a line is one of a table of contents, by the page it ends with."""
    return len(text) <= 2 * LONG_HEADING and bool(_PAGE.search(text))


def is_own(heading: str) -> bool:
    """Whether a heading is that of a part which the application writes by itself, or keeps elsewhere."""
    return bool(_OWN.match(folded(heading)))


def keyed(text: str) -> tuple[str, str, str] | None:
    """Return the field, the words and the value of « Pilote : la préfecture »."""
    match = _KEYED.fullmatch(text)
    name = column(match[1]) if match else ""
    if match is None or name in {"", "number", "volet", "title", "description"}:
        return None
    return name, match[1].strip(), match[2].strip()


def titled(text: str) -> tuple[str, str]:
    """Cut what a commitment says into a title of one line, and the rest."""
    first, _end, rest = text.partition("\n")
    if len(first) <= LONG_TITLE:
        return first.strip(), rest.strip()
    sentence = re.match(rf".{{20,{LONG_TITLE - 1}}}?[.;:](?=\s)", first)
    end = sentence.end() if sentence else first.rfind(" ", 1, LONG_TITLE)
    end = end if end > 0 else LONG_TITLE
    return first[:end].strip(), f"{first[end:].strip()}\n{rest}".strip()


def _cut(pattern: re.Pattern[str], text: str) -> tuple[str, str] | None:
    match = pattern.match(text)
    if match is None:
        return None
    rest = text[match.end() :].strip()
    return (match[0].strip(" \u00a0\u202f.:)\u2013\u2014-\t\n"), rest) if rest else None
