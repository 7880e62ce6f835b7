"""The text of a contract as a .docx file (ISO/IEC 29500), to be annotated in a word processor.

It says what the PDF says (:mod:`contracts.printed.wording`), with the headings of the word processor, so that
its navigation, its comments and its tracked changes work. A word that is too long breaks there by itself: the
marks by which the PDF breaks it are left out.
"""

from __future__ import annotations

import datetime as dt
import io
from typing import Any
from xml.sax.saxutils import escape

from django.utils import translation
from django.utils.translation import gettext as _
from docx import Document
from docx.document import Document as Docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm
from docx.text.paragraph import Paragraph

from contracts.canonical import Content
from contracts.exports.letters import legal
from contracts.exports.long_texts import write_long_text
from contracts.printed.typography import ZERO_WIDTH_SPACE
from contracts.printed.wording import document

LANGUAGE = "fr-FR"
LONGEST_PROPERTY = 255  # characters, in the properties of a file
_FACTS = (Cm(5), Cm(11))
_RECAPITULATION = (Cm(1.4), Cm(5), Cm(3.6), Cm(2), Cm(2), Cm(2))
_SIGNATURES = (Cm(2.6), Cm(4), Cm(3), Cm(3.4), Cm(3))


def docx_of(content: Content, *, specimen: bool, frozen_at: dt.datetime, draft: bool) -> bytes:
    """Return a content as a .docx file; a ``draft`` is marked « PROJET » in its title and on each page.

    ``frozen_at`` (aware): when the version was frozen, or when a draft was read. ``specimen`` marks each page
    as without legal value, as in :func:`contracts.printed.render`.
    """
    with translation.override("fr"):
        data = _unbroken(document(content, specimen=specimen, frozen_at=frozen_at, draft=draft))
        file = Document()
        _set_up(file, data, frozen_at)
        _write(file, data)
    page = io.BytesIO()
    file.save(page)
    return page.getvalue()


def _unbroken(value: Any) -> Any:
    if isinstance(value, str):
        return legal(value.replace(ZERO_WIDTH_SPACE, ""))
    if isinstance(value, list):
        return [_unbroken(item) for item in value]
    if isinstance(value, dict):
        return {name: _unbroken(item) for name, item in value.items()}
    return value


def _set_up(file: Docx, data: dict[str, Any], moment: dt.datetime) -> None:
    """Say the language, the properties, the paper, and what stands at the head and the foot of each page."""
    for language in file.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), LANGUAGE)
    for language in file.settings.element.iter(qn("w:themeFontLang")):
        language.set(qn("w:val"), LANGUAGE)
    known = file.core_properties
    known.title = data["name"][:LONGEST_PROPERTY]
    known.subject = data["subject"][:LONGEST_PROPERTY]
    known.author = " ; ".join(data["authors"])[:LONGEST_PROPERTY]
    known.keywords = data["reference"][:LONGEST_PROPERTY]
    known.language, known.comments, known.last_modified_by = LANGUAGE, "", ""
    known.created = known.modified = moment.astimezone(dt.UTC).replace(tzinfo=None)
    section = file.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.5)
    section.top_margin = section.bottom_margin = Cm(2.5)
    head = section.header.paragraphs[0]
    head.text = " – ".join(filter(None, (data["reference"], data["territory"])))
    foot = section.footer.paragraphs[0]
    told = _("Copie de travail : seul le PDF de la version fait foi")
    if data["draft"]:
        told = data["draft"]["foot"]
    foot.text = " – ".join(filter(None, (told, data["specimen"])))
    pages = section.footer.add_paragraph()
    pages.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    before, between = _("page {page} sur {pages}").split("{page}")
    middle, after = between.split("{pages}")
    pages.add_run(before)
    _field(pages, "PAGE")
    pages.add_run(middle)
    _field(pages, "NUMPAGES")
    pages.add_run(after)


def _field(paragraph: Paragraph, code: str) -> None:
    """Add what the word processor counts by itself."""
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), code)
    paragraph._p.append(field)
    shown = paragraph.add_run("1")
    field.append(shown._r)


def _write(file: Docx, data: dict[str, Any]) -> None:
    act, words = data["act"], data["words"]
    if data["draft"]:
        file.add_paragraph(data["draft"]["mark"], "Subtitle")
    file.add_paragraph(data["title"], "Title")
    for name, value in data["facts"]:
        line = file.add_paragraph()
        line.add_run(_("%(name)s : ") % {"name": name}).bold = True
        line.add_run(value)
    if act:
        file.add_heading(act["between"], 1)
        for line in filter(None, [*act["parties"], act["with"], *act["visas"]]):
            file.add_paragraph(line)
    else:
        _people(file, data)
    if data["preamble"]:
        file.add_heading(words["preamble"], 1)
        write_long_text(file, data["preamble"], below=1)
    if data["frameworks"]:
        file.add_heading(words["frameworks"], 1)
        file.add_paragraph(words["frameworks-intro"])
        for label in data["frameworks"]:
            file.add_paragraph(label, "List Bullet")
    if act:
        file.add_paragraph().add_run(act["agreed"]).bold = True
        _articles(file, act["before-title"], act["before"])
    for volet in data["volets"]:
        _volet(file, volet, words["measure"])
    _recapitulation(file, data)
    if act:
        _articles(file, act["after-title"], act["after"])
    if data["annexes"]:
        file.add_heading(words["annexes"], 1)
        for annex in data["annexes"]:
            file.add_paragraph(annex, "List Number")
    _enclosures(file, data)
    _signatures(file, data)


def _enclosures(file: Docx, data: dict[str, Any]) -> None:
    """List the annexes, each with what the act says of it."""
    if not data["enclosures"]:
        return
    file.add_heading(data["words"]["enclosures"], 1)
    for annex in data["enclosures"]:
        file.add_heading(f"{annex['number']} {annex['title']}", 2)
        file.add_paragraph(f"{annex['what']}. {annex['travel']}")
        if annex["fingerprint"]:
            named = _("%(name)s : ") % {"name": data["words"]["fingerprint"]}
            file.add_paragraph(named + annex["fingerprint"])


def _people(file: Docx, data: dict[str, Any]) -> None:
    """Name the parties as the contracts of before did."""
    for party in data["parties"]:
        file.add_paragraph().add_run(party["name"]).bold = True
        for person in party["people"]:
            file.add_paragraph(", ".join(filter(None, (person["person"], person["capacity"]))))
    for person in data["cosignatories"]:
        file.add_paragraph(", ".join(filter(None, (person["person"], person["capacity"]))))


def _paragraphs(file: Docx, blocks: list[list[str]]) -> None:
    for block in blocks:
        file.add_paragraph("\n".join(block))


def _articles(file: Docx, title: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    file.add_heading(title, 1)
    for row in rows:
        file.add_heading(f"{row['number']} {row['heading']}", 2)
        write_long_text(file, row["text"], below=2)


def _volet(file: Docx, volet: dict[str, Any], measure: list[str]) -> None:
    file.add_heading(volet["title"], 1)
    if volet["lead"]:
        file.add_paragraph().add_run(volet["lead"]).italic = True
    write_long_text(file, volet["text"], below=1)
    for commitment in volet["commitments"]:
        file.add_heading(f"{commitment['number']} {commitment['title']}", 2)
        write_long_text(file, commitment["description"], below=2)
        facts = [*commitment["who"], *zip(measure, commitment["measure"], strict=True)]
        _table(file, [_("Rubrique"), _("Contenu")], [list(fact) for fact in facts], _FACTS)


def _recapitulation(file: Docx, data: dict[str, Any]) -> None:
    if not data["recapitulation"]:
        return
    words = data["words"]
    file.add_heading(words["recapitulation"], 1)
    file.add_paragraph(words["recapitulation-intro"])
    for group in data["recapitulation"]:
        file.add_heading(group["title"], 2)
        _table(file, words["recapitulation-columns"], group["rows"], _RECAPITULATION)
    if data["total"]:
        file.add_paragraph().add_run(data["total"]).bold = True


def _signatures(file: Docx, data: dict[str, Any]) -> None:
    if not data["signatories"]:
        return
    file.add_heading(data["words"]["signatures"], 1)
    _paragraphs(file, data["words"]["signatures-intro"])
    if data["act"]:
        file.add_paragraph(data["act"]["done"])
    headings = [_("Rang"), _("Qualité"), _("Personne"), _("Organisation"), _("Condition")]
    named = ("rank", "capacity", "person", "organisation", "note")
    rows = [[signatory[name] for name in named] for signatory in data["signatories"]]
    _table(file, headings, rows, _SIGNATURES)


def _table(file: Docx, headings: list[str], rows: list[list[str]], widths: tuple[Cm, ...]) -> None:
    """Add a table of fixed columns, whose headings come again on each page.

    Written as XML at once: cell by cell, three hundred commitments cost a second and a half more.
    """
    grid = "".join(f'<w:gridCol w:w="{width.twips}"/>' for width in widths)
    head = "<w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>" + _cells(headings, widths, "<w:rPr><w:b/></w:rPr>")
    lines = "".join(f"<w:tr>{_cells(row, widths, '')}</w:tr>" for row in rows)
    style = file.styles["Table Grid"].style_id
    table = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblStyle w:val="{style}"/><w:tblW w:w="0" w:type="auto"/>'
        f'<w:tblLayout w:type="fixed"/><w:tblLook w:val="0020" w:firstRow="1"/></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid><w:tr>{head}</w:tr>{lines}</w:tbl>"
    )
    file.add_paragraph()._p.addprevious(table)


def _cells(texts: list[str], widths: tuple[Cm, ...], look: str) -> str:
    return "".join(
        f'<w:tc><w:tcPr><w:tcW w:w="{width.twips}" w:type="dxa"/></w:tcPr><w:p><w:r>{look}'
        f'<w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p></w:tc>'
        for text, width in zip(texts, widths, strict=True)
    )
