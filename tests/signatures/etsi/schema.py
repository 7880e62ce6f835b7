"""Whether a report is one of ETSI TS 119 102-2: by its schema, by pyHanko's types, by what points where."""

from __future__ import annotations

import shutil
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from lxml import etree
from pyhanko.generated.etsi import ts_11910202
from xsdata.formats.dataclass.parsers import XmlParser
from xsdata.formats.dataclass.parsers.config import ParserConfig

HERE = Path(__file__).parent
NAMES = {
    "vr": "http://uri.etsi.org/19102/v1.2.1#",
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "XAdES": "http://uri.etsi.org/01903/v1.3.2#",
}


def checked(xml: str) -> Any:
    """Return the tree of a report, once it is held against the schema; nothing is fetched."""
    tree = etree.fromstring(xml.encode(), etree.XMLParser(no_network=True, resolve_entities=False))
    _schema().assertValid(tree)
    ids = tree.xpath("//@id")
    assert len(ids) == len(set(ids))
    pointed = {name for names in tree.xpath("//@VOReference") for name in names.split()}
    assert pointed <= set(ids)
    strict = ParserConfig(fail_on_unknown_properties=True, fail_on_unknown_attributes=True)
    assert XmlParser(config=strict).from_string(xml, ts_11910202.ValidationReport)
    return tree


def told(tree: Any, path: str) -> list[str]:
    """Return the texts, or attributes, at a path."""
    return [one if isinstance(one, str) else one.text for one in tree.xpath(path, namespaces=NAMES)]


def _schema() -> etree.XMLSchema:
    with TemporaryDirectory() as folder:
        for part in HERE.glob("*.xsd"):
            shutil.copy(part, folder)
        text = files("signxml").joinpath("schemas/xmldsig-core-schema.xsd").read_text()
        # its document type is at an address of the W3C, and of no use to a validator of schemas
        Path(folder, "xmldsig-core-schema.xsd").write_text(_without_doctype(text))
        return etree.XMLSchema(etree.parse(Path(folder, "validation-report-part.xsd")))


def _without_doctype(text: str) -> str:
    start = text.find("<!DOCTYPE")
    if start < 0:
        return text
    end = text.index("]>", start) + 2
    return text[:start] + text[end:]
