"""Documents of word processors made by hand, part by part, so that each says one thing."""

from __future__ import annotations

import io
import zipfile
from xml.sax.saxutils import escape

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
ODF = "urn:oasis:names:tc:opendocument:xmlns"
ODT = "application/vnd.oasis.opendocument.text"
_NAMESPACES = (
    f'xmlns:w="{WORD}" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" '
    'xmlns:wps="http://schemas.microsoft.com/office/word/2010/wordprocessingShape" '
    'xmlns:v="urn:schemas-microsoft-com:vml"'
)
# as a French Word names its headings: the identifiers are French, the names are English
STYLES = f"""<w:styles xmlns:w="{WORD}">
<w:style w:type="paragraph" w:styleId="Titre"><w:name w:val="Title"/></w:style>
<w:style w:type="paragraph" w:styleId="Titre1"><w:name w:val="heading 1"/></w:style>
<w:style w:type="paragraph" w:styleId="Titre2"><w:name w:val="heading 2"/></w:style>
<w:style w:type="paragraph" w:styleId="Volets"><w:name w:val="Mes volets"/>
<w:basedOn w:val="Titre1"/></w:style>
<w:style w:type="paragraph" w:styleId="Plan"><w:name w:val="Plan"/>
<w:pPr><w:outlineLvl w:val="0"/></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="TM1"><w:name w:val="toc 1"/></w:style>
</w:styles>"""
NUMBERING = f"""<w:numbering xmlns:w="{WORD}">
<w:abstractNum w:abstractNumId="0"><w:lvl w:ilvl="0"><w:numFmt w:val="decimal"/></w:lvl></w:abstractNum>
<w:abstractNum w:abstractNumId="1"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/></w:lvl></w:abstractNum>
<w:num w:numId="1"><w:abstractNumId w:val="0"/></w:num>
<w:num w:numId="2"><w:abstractNumId w:val="1"/></w:num></w:numbering>"""
COUNTED, BULLETED = 1, 2  # the lists of NUMBERING


def run(text: str) -> str:
    """Return a run of Word."""
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def p(text: str = "", style: str = "", *, listed: int = 0, inner: str = "") -> str:
    """Return a paragraph of Word: of a text, or of what is ``inner``."""
    said = f'<w:pStyle w:val="{style}"/>' if style else ""
    if listed:
        said += f'<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{listed}"/></w:numPr>'
    return f"<w:p><w:pPr>{said}</w:pPr>{inner or run(text)}</w:p>"


def tc(text: str, *, span: int = 0, merge: str = "") -> str:
    """Return a cell; ``merge`` is "restart" or "continue"."""
    said = f'<w:gridSpan w:val="{span}"/>' if span else ""
    said += f'<w:vMerge w:val="{merge}"/>' if merge else ""
    return f"<w:tc><w:tcPr>{said}</w:tcPr>{''.join(p(line) for line in text.split(chr(10)))}</w:tc>"


def tbl(*rows: list[str]) -> str:
    """Return a table of these rows, whose cells are texts or made by :func:`tc`."""
    cells = [[cell if cell.startswith("<w:tc>") else tc(cell) for cell in row] for row in rows]
    return f"<w:tbl>{''.join(f'<w:tr>{chr(10).join(row)}</w:tr>' for row in cells)}</w:tbl>"


def word_parts(*body: str, styles: str = STYLES, numbering: str = NUMBERING) -> dict[str, bytes]:
    """Return the parts of a .docx with this body."""
    return {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Override PartName="/word/document.xml" ContentType="{MAIN}"/></Types>'
        ).encode(),
        "_rels/.rels": relations("officeDocument", "word/document.xml"),
        "word/document.xml": (
            f"<w:document {_NAMESPACES}><w:body>{''.join(body)}<w:sectPr/></w:body></w:document>"
        ).encode(),
        "word/styles.xml": styles.encode(),
        "word/numbering.xml": numbering.encode(),
    }


def relations(kind: str, target: str, *, outside: bool = False) -> bytes:
    """Return a part of relations that has one."""
    mode = ' TargetMode="External"' if outside else ""
    return (
        f'<Relationships xmlns="{RELATIONS}"><Relationship Id="r1" Type="{OFFICE_RELATIONS}/{kind}" '
        f'Target="{escape(target)}"{mode}/></Relationships>'
    ).encode()


def zipped(parts: dict[str, bytes], *, loose: bool = False) -> bytes:
    """Return an archive of these parts, ``loose`` as they are; the type of an .odt always is."""
    page = io.BytesIO()
    with zipfile.ZipFile(page, "w") as file:
        for name, data in parts.items():
            packed = zipfile.ZIP_STORED if loose or name == "mimetype" else zipfile.ZIP_DEFLATED
            file.writestr(name, data, packed)
    return page.getvalue()


def docx(*body: str) -> bytes:
    """Return a .docx with this body."""
    return zipped(word_parts(*body))


def odt_parts(body: str, *, styles: str = "", kind: str = ODT) -> dict[str, bytes]:
    """Return the parts of an .odt with this text."""
    names = " ".join(
        f'xmlns:{name}="{ODF}:{full}:1.0"'
        for name, full in {
            "office": "office",
            "text": "text",
            "table": "table",
            "style": "style",
            "draw": "drawing",
            "script": "script",
        }.items()
    )
    return {
        "mimetype": kind.encode(),
        "content.xml": (
            f"<office:document-content {names}><office:automatic-styles>{styles}</office:automatic-styles>"
            f"<office:body><office:text>{body}</office:text></office:body></office:document-content>"
        ).encode(),
        "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{ODF}:manifest:1.0"/>'.encode(),
    }


def odt(body: str, *, styles: str = "") -> bytes:
    """Return an .odt with this text."""
    return zipped(odt_parts(body, styles=styles))
