"""What the styles and the lists of a .docx say of a paragraph: a heading of which level, counted or not."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from contracts.imports.markup import attribute, child, inside, named

_HEADING = re.compile(r"(?:heading|titre|überschrift|titolo|título)\s*([1-9])", re.IGNORECASE)
_CONTENTS = re.compile(r"(?:toc|tm|table des mati[eè]res)\s*[1-9]?", re.IGNORECASE)
_TITLE = {"title", "titre", "subtitle", "sous-titre", "titre du document"}
_UP = 20  # styles that one is based on, at most


class Styles:
    """The styles of a document, by their identifiers."""

    def __init__(self, root: Element | None) -> None:
        self._styles = {
            attribute(style, "w:styleId"): style
            for style in (root if root is not None else ())
            if named(style) == "w:style"
        }

    def _chain(self, identifier: str) -> list[tuple[str, Element]]:
        """Return a style, what it is based on, and so on, each with its name."""
        found: list[tuple[str, Element]] = []
        while identifier in self._styles and len(found) < _UP:
            style = self._styles[identifier]
            name = attribute(child(style, "w:name"), "w:val") or identifier
            found.append((name.strip(), style))
            identifier = attribute(child(style, "w:basedOn"), "w:val")
        return found

    def level(self, identifier: str, own: Element | None) -> int:
        """Return of which level of heading a paragraph is, 0 for none; ``own`` is its own outline level."""
        if own is not None:
            return _level(attribute(own, "w:val"))
        chain = self._chain(identifier)
        for name, style in chain:
            if (outline := inside(style, "w:pPr", "w:outlineLvl")) is not None:
                return _level(attribute(outline, "w:val"))
            if match := _HEADING.fullmatch(name):
                return int(match[1])
        match = _HEADING.fullmatch(identifier) if not chain else None
        return int(match[1]) if match else 0

    def role(self, identifier: str) -> str:
        """Return "title" or "contents" for what is one by its style."""
        for name in [name for name, _style in self._chain(identifier)] or [identifier]:
            if name.lower() in _TITLE:
                return "title"
            if _CONTENTS.fullmatch(name):
                return "contents"
        return ""

    def numbered(self, identifier: str) -> Element | None:
        """Return how a style counts its paragraphs."""
        for _name, style in self._chain(identifier):
            if (found := inside(style, "w:pPr", "w:numPr")) is not None:
                return found
        return None


class Numbering:
    """The lists of a document: whether each level is counted, or marked by a bullet."""

    def __init__(self, root: Element | None) -> None:
        self._abstract: dict[str, Element] = {}
        self._lists: dict[str, str] = {}
        for one in root if root is not None else ():
            if named(one) == "w:abstractNum":
                self._abstract[attribute(one, "w:abstractNumId")] = one
            elif named(one) == "w:num":
                self._lists[attribute(one, "w:numId")] = attribute(child(one, "w:abstractNumId"), "w:val")

    def of(self, numbered: Element | None) -> str:
        """Return "number", "bullet", or nothing for what is in no list."""
        key = attribute(child(numbered, "w:numId"), "w:val")
        if key in {"", "0"}:
            return ""
        abstract = self._abstract.get(self._lists.get(key, ""))
        level = attribute(child(numbered, "w:ilvl"), "w:val") or "0"
        for one in abstract if abstract is not None else ():
            if named(one) == "w:lvl" and attribute(one, "w:ilvl") == level:
                shown = attribute(child(one, "w:numFmt"), "w:val")
                return "bullet" if shown in {"bullet", "none", ""} else "number"
        return "bullet"


def _level(value: str) -> int:
    """Return a level from 1; nine is that of ordinary text."""
    return int(value) + 1 if re.fullmatch(r"[0-8]", value) else 0
