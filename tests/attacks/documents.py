"""Documents that no word processor writes, or that cost a careless reader its memory, time or secrets."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

from tests.contracts.documents import (
    MAIN,
    ODT,
    docx,
    odt,
    odt_parts,
    p,
    relations,
    run,
    tbl,
    word_parts,
    zipped,
)

TYPES = "[Content_Types].xml"
BODY = "word/document.xml"
MIB = 1024 * 1024
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
EMPTY_CELL = "<w:tc><w:p/></w:tc>"
LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
BILLION = f'<!DOCTYPE d [<!ENTITY e0 "ha">{LAUGHS}]>'.encode()
OUTSIDE = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'


def word(*, body: str = p("Volet 1 – Justice"), **changed: bytes) -> bytes:
    """Return a .docx some parts of which are others; in their names « / » is « __ » and « . » is « _x »."""
    return zipped(word_parts(body) | {_name(name): data for name, data in changed.items()})


def loose(*body: str) -> bytes:
    """Return a .docx that is not packed: its sizes are what they seem."""
    return zipped(word_parts(*body), loose=True)


def text(*, body: str = "<text:p>Volet 1</text:p>", kind: str = ODT, **changed: bytes) -> bytes:
    """Return an .odt, likewise."""
    return zipped(odt_parts(body, kind=kind) | {_name(name): data for name, data in changed.items()})


def _name(name: str) -> str:
    return name.replace("__", "/").replace("_x", ".")


def of_type(kind: str) -> bytes:
    """Return a file whose main part is of another kind."""
    parts = word_parts(p("a"))
    return zipped(parts | {TYPES: parts[TYPES].replace(MAIN.encode(), kind.encode())})


def with_name(name: str, data: bytes = b"x") -> bytes:
    """Return a .docx that has one more part."""
    return zipped(word_parts(p("a")) | {name: data})


def also_odt(name: str, data: bytes) -> bytes:
    """Return an .odt that has one more part."""
    return zipped(odt_parts("") | {name: data})


def without(name: str) -> bytes:
    """Return a .docx that lacks a part."""
    return zipped({key: data for key, data in word_parts(p("a")).items() if key != name})


def before(doctype: bytes, name: str = BODY) -> bytes:
    """Return a .docx one of whose parts declares a document type."""
    parts = word_parts(p("a"))
    return zipped(parts | {name: doctype + parts[name]})


def in_utf16() -> bytes:
    parts = word_parts(p("a"))
    said = '<?xml version="1.0" encoding="UTF-16"?>' + BILLION.decode() + parts[BODY].decode()
    return zipped(parts | {BODY: said.encode("utf-16")})


def twice() -> bytes:
    """Two parts of one name: which one is read depends on who reads."""
    page = io.BytesIO(docx(p("a")))
    with zipfile.ZipFile(page, "a") as file:
        file.writestr(BODY.upper(), b"<other/>")
    return page.getvalue()


def link() -> bytes:
    page = io.BytesIO(docx(p("a")))
    with zipfile.ZipFile(page, "a") as file:
        entry = zipfile.ZipInfo("word/media/a")
        entry.external_attr = 0o120777 << 16
        file.writestr(entry, "/etc/passwd")
    return page.getvalue()


def packed_otherwise() -> bytes:
    page = io.BytesIO(docx(p("a")))
    with zipfile.ZipFile(page, "a", zipfile.ZIP_LZMA) as file:
        file.writestr("word/media/a.bin", b"x" * 100)
    return page.getvalue()


def flagged_encrypted() -> bytes:
    """Say of every part that it is encrypted."""
    data = bytearray(docx(p("a")))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.find(magic)
        while start >= 0:
            data[start + place] |= 1
            start = data.find(magic, start + 4)
    return bytes(data)


def lying() -> bytes:
    """Declare of the text a hundredth of its size."""
    data = bytearray(word(word__document_xxml=b"<a>" + b" " * MIB + b"</a>"))
    size = struct.pack("<I", MIB + 7)
    return bytes(data.replace(size, struct.pack("<I", 10_000)))


def overlapping() -> bytes:
    """Many names for the same bytes."""
    page = io.BytesIO(word(word__media__a_xbin=zlib.compress(bytes(MIB))))
    with zipfile.ZipFile(page, "a") as file:
        first = file.getinfo("word/media/a.bin")
        for number in range(20):
            other = zipfile.ZipInfo(f"word/media/{number}.bin")
            for name in ("header_offset", "CRC", "compress_size", "file_size", "compress_type"):
                setattr(other, name, getattr(first, name))
            file.filelist.append(other)
            file.NameToInfo[other.filename] = other
        file.comment = b"x"  # have the directory be written again
    return page.getvalue()


def cut(file: bytes, share: float) -> bytes:
    return file[: int(len(file) * share)]


def spoilt() -> bytes:
    """Change bytes in the middle of the packed text."""
    data = bytearray(word(body=p("Un texte. ") * 500))
    start = data.find(BODY.encode()) + len(BODY) + 60
    data[start : start + 40] = bytes(40)
    return bytes(data)


def nested(depth: int) -> str:
    return "<w:sdt><w:sdtContent>" * depth + p("a") + "</w:sdtContent></w:sdt>" * depth


def scripted() -> bytes:
    listener = (
        '<office:event-listeners><script:event-listener script:language="Basic"/></office:event-listeners>'
    )
    parts = odt_parts("<text:p>a</text:p>")
    changed = parts["content.xml"].replace(b"<office:body>", f"{listener}<office:body>".encode())
    return zipped(parts | {"content.xml": changed})


def encrypted_odt() -> bytes:
    parts = odt_parts("<text:p>a</text:p>")
    name = "META-INF/manifest.xml"
    inside = b"><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>"
    return zipped(parts | {name: parts[name].replace(b"/>", inside)})


REFUSED: dict[str, tuple[str, Callable[[], bytes]]] = {
    # what it is not
    "nothing": ("empty", lambda: b""),
    "zeros": ("empty", lambda: bytes(4096)),
    "eleven megabytes": ("too_large", lambda: b"PK\x03\x04" + bytes(11 * MIB)),
    "a PDF": ("pdf", lambda: b"%PDF-1.7\n"),
    "an RTF": ("rtf", lambda: b"{\\rtf1 a}"),
    "a web page": ("flat", lambda: b"<html><p>a</p></html>"),
    "a flat document": ("flat", lambda: b'\xef\xbb\xbf<?xml version="1.0"?><office:document/>'),
    "an old .doc": ("old_word", lambda: OLE + b"WordDocument"),
    "a .docx with a password": ("encrypted", lambda: OLE + "EncryptedPackage".encode("utf-16-le")),
    "anything": ("other", lambda: b"GIF89a" + bytes(range(200))),
    "a packed tar": ("other", lambda: b"\x1f\x8b\x08" + bytes(range(200))),
    "a spreadsheet of Excel": (
        "other_office",
        lambda: of_type("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"),
    ),
    "slides": (
        "other_office",
        lambda: of_type("application/vnd.openxmlformats-officedocument.presentationml.slide.main+xml"),
    ),
    "an .ods": ("other_office", lambda: text(kind="application/vnd.oasis.opendocument.spreadsheet")),
    "an archive of anything": ("incomplete", lambda: zipped({"a.txt": b"a"})),
    # macros and objects
    "a .docm": ("macros", lambda: of_type("application/vnd.ms-word.document.macroEnabled.main+xml")),
    "a project of macros": ("macros", lambda: word(word__vbaProject_xbin=OLE)),
    "an ActiveX control": ("macros", lambda: with_name("word/activeX/activeX1.xml", b"<a/>")),
    "Basic": ("macros", lambda: also_odt("Basic/script-lc.xml", b"<a/>")),
    "a script": ("macros", lambda: also_odt("Scripts/python/a.py", b"import os")),
    "a listener": ("macros", scripted),
    "an embedded workbook": ("objects", lambda: with_name("word/embeddings/book.bin", b"x")),
    "an OLE object": ("objects", lambda: with_name("word/media/image1.emf", OLE)),
    "a program": ("objects", lambda: with_name("word/media/image1.png", b"MZ\x90\x00")),
    "an object in the text": ("objects", lambda: docx(p(inner="<w:r><w:object/></w:r>"))),
    "a foreign text": ("objects", lambda: docx("<w:altChunk/>")),
    "a relation to an object": (
        "objects",
        lambda: with_name("word/_rels/document.xml.rels", relations("oleObject", "a.bin")),
    ),
    "an object of LibreOffice": (
        "objects",
        lambda: zipped(odt_parts("") | {"Object 1/content.xml": b"<a/>"}),
    ),
    "a frame of LibreOffice": ("objects", lambda: odt("<draw:frame><draw:floating-frame/></draw:frame>")),
    # what is fetched from elsewhere
    "a model elsewhere": (
        "outside",
        lambda: with_name(
            "word/_rels/settings.xml.rels",
            relations("attachedTemplate", "http://192.0.2.1/a.dotm", outside=True),
        ),
    ),
    "an image elsewhere": (
        "outside",
        lambda: with_name(
            "word/_rels/document.xml.rels", relations("image", "https://192.0.2.1/a.png", outside=True)
        ),
    ),
    # XML
    "a billion laughs": ("doctype", lambda: before(BILLION)),
    "an outside entity": ("doctype", lambda: before(OUTSIDE)),
    "a document type in the styles": ("doctype", lambda: before(OUTSIDE, "word/styles.xml")),
    "laughs in UTF-16": ("doctype", in_utf16),
    "laughs in an .odt": ("doctype", lambda: also_odt("styles.xml", BILLION + b"<a/>")),
    "a document type far below": ("doctype", lambda: before(b"<!--" + b"-a" * 9000 + b"-->" + BILLION)),
    "ten thousand levels": ("deep", lambda: docx(nested(10_000))),
    "a huge attribute": ("attribute", lambda: loose(p("a"), f'<w:p w:rsid="{"9" * 5 * MIB}"/>')),
    "no end": ("damaged", lambda: word(word__document_xxml=b"<w:document><w:body>")),
    "no XML": ("damaged", lambda: word(word__document_xxml=b"\x00\x01\x02")),
    "no body": ("incomplete", lambda: word(word__document_xxml=b"<a/>")),
    "only images": ("no_text", lambda: docx(p())),
    # sizes
    "a bomb": ("bomb", lambda: word(word__document_xxml=bytes(120 * MIB))),
    "many small bombs": (
        "bomb",
        lambda: zipped(word_parts(p("a")) | {f"word/media/{n}.bin": bytes(MIB) for n in range(160)}),
    ),
    "overlapping parts": ("bomb", overlapping),
    "a size that lies": ("damaged", lying),
    "two thousand parts": (
        "too_many_parts",
        lambda: zipped(word_parts(p("a")) | {f"word/media/{n}": b"" for n in range(2001)}),
    ),
    "a hundred thousand paragraphs": ("too_long", lambda: loose(p("a") * 100_000)),
    "a million elements": ("too_long", lambda: loose("<w:p/>" * 1_000_000)),
    "a sentence of two million signs": ("too_long", lambda: loose(p("aé1 " * 500_000))),
    "a table of fifty thousand cells": (
        "too_long",
        lambda: docx(tbl(*[["<w:tc><w:p/></w:tc>"] * 50] * 1000)),
    ),
    "two thousand commitments": (
        "too_long",
        lambda: docx(p("Volet 1 – Justice"), *[p(f"1.{n} Former") for n in range(1, 999)] * 2),
    ),
    # the archive
    "an archive in it, by its name": ("nested", lambda: with_name("word/media/a.zip", b"x")),
    "an archive in it, by its content": ("nested", lambda: with_name("word/media/a.png", docx(p("a")))),
    "a name that goes up": ("names", lambda: with_name("word/../../etc/cron.d/a")),
    "a name from the root": ("names", lambda: with_name("/etc/passwd")),
    "a name of a disk": ("names", lambda: with_name("C:/Windows/a.dll")),
    "a name of Windows": ("names", lambda: with_name("word\\..\\..\\a")),
    "a link": ("names", link),
    "twice the same part": ("twice", twice),
    "a part under a password": ("encrypted", flagged_encrypted),
    "an .odt under a password": ("encrypted", encrypted_odt),
    "another way to pack": ("damaged", packed_otherwise),
    "half of it": ("damaged", lambda: cut(docx(p("Un texte. ") * 500), 0.5)),
    "all but its end": ("damaged", lambda: docx(p("a"))[:-12]),
    "bytes changed": ("damaged", spoilt),
    "no text part": ("incomplete", lambda: without(BODY)),
    "no list of types": ("incomplete", lambda: without(TYPES)),
}

HARD: dict[str, Callable[[], bytes]] = {
    "styles in a circle": lambda: zipped(
        word_parts(
            p("Volet 1 – Justice", "A"),
            styles='<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
            '<w:style w:styleId="A"><w:basedOn w:val="B"/></w:style>'
            '<w:style w:styleId="B"><w:basedOn w:val="A"/></w:style></w:styles>',
        )
    ),
    "numbers without end": lambda: docx(p("1." * 300_000), p("1.1 " * 100_000)),
    "dots without end": lambda: loose(p("." * 600_000), p("\t" * 600_000 + "a")),
    "a span of millions": lambda: docx(
        tbl(["Engagement", "Pilote"], ['<w:tc><w:tcPr><w:gridSpan w:val="99"/></w:tcPr><w:p/></w:tc>', "a"])
        + p("a")
    ),
    "ten thousand paragraphs": lambda: docx(p("Volet 1 – Justice"), p("Un texte. ") * 10_000),
    "tables in tables": lambda: docx(_in_tables(12)),
    "an address on each word": lambda: loose(
        p("Volet 1 – Justice"), p(inner=f"<w:hyperlink>{run('a')}</w:hyperlink>" * 20_000)
    ),
    "a model on a disk": lambda: zipped(
        word_parts(p("Volet 1 – Justice"))
        | {
            "word/_rels/settings.xml.rels": relations(
                "attachedTemplate", "file:///C:\\Users\\a\\Normal.dotm", outside=True
            )
        }
    ),
}


def _in_tables(depth: int) -> str:
    inner = p("Un texte")
    for _level in range(depth):
        inner = "<w:tbl>" + f"<w:tr><w:tc>{inner}</w:tc><w:tc><w:p/></w:tc></w:tr>" * 2 + "</w:tbl>"
    return inner
