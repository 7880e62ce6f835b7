"""A part of a document in XML: gone through once by its measures, then read.

No document type is taken, so no entity can be declared, and none expanded nor fetched. Names come with a
short prefix in place of their namespace: Word's own has two (ISO/IEC 29500, transitional and strict).
"""

from __future__ import annotations

from functools import cache
from xml.etree.ElementTree import Element, ParseError, XMLParser
from xml.parsers import expat

from contracts.imports.faults import Unreadable

ELEMENTS = 600_000
DEPTH = 160
ATTRIBUTE = 64 * 1024  # characters of one value

_PREFIXES = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/officeDocument/2006/math": "m",
    "http://purl.oclc.org/ooxml/officeDocument/math": "m",
    "urn:oasis:names:tc:opendocument:xmlns:office:1.0": "office",
    "urn:oasis:names:tc:opendocument:xmlns:text:1.0": "text",
    "urn:oasis:names:tc:opendocument:xmlns:table:1.0": "table",
    "urn:oasis:names:tc:opendocument:xmlns:style:1.0": "style",
    "urn:oasis:names:tc:opendocument:xmlns:drawing:1.0": "draw",
    "urn:oasis:names:tc:opendocument:xmlns:script:1.0": "script",
    "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0": "manifest",
}


class _Measures:
    """What a part may not go beyond, as it is gone through."""

    def __init__(self) -> None:
        self.elements = self.depth = 0
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.parser.EntityDeclHandler = self.refuse
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end

    @staticmethod
    def refuse(*_declared: object) -> None:
        raise Unreadable("doctype")

    def start(self, _name: str, attributes: dict[str, str]) -> None:
        self.elements += 1
        self.depth += 1
        if self.elements > ELEMENTS:
            raise Unreadable("too_long")
        if self.depth > DEPTH:
            raise Unreadable("deep")
        if attributes and any(len(value) > ATTRIBUTE for value in attributes.values()):
            raise Unreadable("attribute")

    def end(self, _name: str) -> None:
        self.depth -= 1


def read(data: bytes) -> Element:
    """Return the root of a part; raises Unreadable."""
    try:
        _Measures().parser.Parse(data, True)
        parser = XMLParser()  # noqa: S314 (what makes it dangerous was just refused)
        parser.feed(data)
        root = parser.close()
    except (expat.ExpatError, ParseError, ValueError, LookupError) as error:
        raise Unreadable("damaged") from error
    assert isinstance(root, Element)  # noqa: S101
    return root


@cache
def short(tag: str) -> str:
    """Return « {namespace}name » as « w:name », a name of no namespace of ours as « ?:name »."""
    if not tag.startswith("{"):
        return tag
    namespace, _end, name = tag[1:].partition("}")
    return f"{_PREFIXES.get(namespace, '?')}:{name}"


def named(element: Element) -> str:
    """Return the name of an element; nothing for a comment or an instruction."""
    return short(element.tag) if isinstance(element.tag, str) else ""


def attribute(element: Element | None, name: str) -> str:
    """Return an attribute by its short name, nothing where it is not there."""
    if element is None:
        return ""
    return next((value for key, value in element.attrib.items() if short(key) == name), "")


def child(element: Element | None, name: str) -> Element | None:
    """Return the first child of this name."""
    if element is None:
        return None
    return next((one for one in element if named(one) == name), None)


def inside(element: Element | None, *names: str) -> Element | None:
    """Return what is found by going down these names."""
    for name in names:
        element = child(element, name)
    return element
