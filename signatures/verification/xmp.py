"""What an XMP packet says (ISO 16684-1), however it is written: tools that sign write it anew in their way.

The same property may be an attribute or an element, a structure a nested description or ``parseType``, a
prefix any prefix, an address a resource or a text. Order counts within a list, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lxml import etree

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
META, TOOLKIT = "{adobe:ns:meta/}xmpmeta", "{adobe:ns:meta/}xmptk"
MOST_BYTES = 1 << 20
DEEPEST = 12  # structures in structures; ours has four
_LISTS = {f"{{{RDF}}}{name}" for name in ("Bag", "Seq", "Alt")}
_DESCRIPTION, _LI = f"{{{RDF}}}Description", f"{{{RDF}}}li"
_ABOUT, _RESOURCE, _PARSE = (f"{{{RDF}}}{name}" for name in ("about", "resource", "parseType"))
_XMP, _PDF, _MM = (f"http://ns.adobe.com/{name}/" for name in ("xap/1.0", "pdf/1.3", "xap/1.0/mm"))
# of the tool that wrote last, and of the file; nothing of them is said of the document
OF_THE_TOOL = {
    *(f"{{{_XMP}}}{name}" for name in ("ModifyDate", "MetadataDate", "CreatorTool")),
    f"{{{_PDF}}}Producer",
    *(f"{{{_MM}}}{name}" for name in ("InstanceID", "DocumentID")),
}
Said = dict[str, Any]


class _Unreadable(Exception):
    """It is no packet that we read: nothing is believed of it."""


def said(packet: bytes) -> Said | None:
    """Return each property of the document by its name, but those of the tool; None for what is no packet."""
    if len(packet) > MOST_BYTES or b"<!DOCTYPE" in packet or b"<!ENTITY" in packet:
        return None
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True)
    try:
        root = etree.fromstring(packet.strip(b"\0 \r\n\t"), parser)
        found = _properties(_descriptions(root))
    except (etree.XMLSyntaxError, _Unreadable):
        return None
    return {name: value for name, value in found.items() if name not in OF_THE_TOOL}


def _descriptions(root: Any) -> Iterator[Any]:
    """Yield the descriptions of the document, under one envelope or none."""
    if root.tag == META and root.keys() in ([], [TOOLKIT]):
        [root] = _only(root)
    if root.tag != f"{{{RDF}}}RDF" or root.keys() or _text(root):
        raise _Unreadable
    for one in _children(root):
        if one.tag != _DESCRIPTION or one.get(_ABOUT, ""):
            raise _Unreadable
        yield one


def _properties(described: Iterator[Any] | list[Any], depth: int = 0) -> Said:
    found: Said = {}
    for one in described:
        if _text(one):
            raise _Unreadable
        given = [(name, ("text", value)) for name, value in one.items() if name not in {_ABOUT, _PARSE}]
        given += [(each.tag, _value(each, depth + 1)) for each in _children(one)]
        for name, value in given:
            if name in found or name.startswith(f"{{{RDF}}}"):
                raise _Unreadable  # said twice: which of the two a reader shows is its own affair
            found[name] = value
    return found


def _value(element: Any, depth: int) -> tuple[Any, ...]:
    """Return what a property, or an item of a list, is: a text, a list or a structure; its language too."""
    if depth > DEEPEST:
        raise _Unreadable
    within, language = _children(element), element.get(LANG, "")
    others = [name for name in element.keys() if name != LANG]  # noqa: SIM118 (an element)
    if others == [_RESOURCE] and not within and not _text(element):
        return ("text", element.get(_RESOURCE), *_in(language))
    if others == [_PARSE] and element.get(_PARSE) == "Resource":
        return ("structure", _properties([_without(element)], depth), *_in(language))
    if others:
        raise _Unreadable
    if not within:
        return ("text", element.text or "", *_in(language))
    [inner] = _only(element)
    if inner.tag == _DESCRIPTION:
        return ("structure", _properties([inner], depth), *_in(language))
    if inner.tag not in _LISTS or inner.keys() or _text(inner):
        raise _Unreadable
    items = _children(inner)
    if any(one.tag != _LI for one in items):
        raise _Unreadable
    return (inner.tag, [_value(one, depth + 1) for one in items], *_in(language))


def _without(element: Any) -> Any:
    """Return the element as a description: its language is the property's."""
    copy = etree.Element(_DESCRIPTION)
    copy.text = element.text
    copy.extend(_children(element))
    return copy


def _in(language: str) -> tuple[str, ...]:
    return (language,) if language else ()


def _only(element: Any) -> list[Any]:
    found = _children(element)
    if len(found) != 1 or _text(element):
        raise _Unreadable
    return found


def _children(element: Any) -> list[Any]:
    """Return the elements inside; a processing instruction or an entity there is nothing that we read."""
    found = list(element)
    if any(not isinstance(one.tag, str) for one in found):
        raise _Unreadable
    return found


def _text(element: Any) -> bool:
    """Tell whether there is text beside the elements inside."""
    beside = [element.text, *(one.tail for one in element)]
    return any(one and one.strip() for one in beside)
