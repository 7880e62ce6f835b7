"""Forged files whose trick is a change after the signatures, covered or not by a true token.

Shadow documents, evil annotations, sneaky time-stamps, metadata, proofs: each is a
well-formed revision, which a reader would follow.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tests.attacks.forging import BARE, PAINT, Forger, stream

Forgery = Callable[[Forger], bytes]
Objects = Callable[[Forger], dict[int, bytes]]

NEW = 6_000
AREA = "[50 400 545 800]"
SCRIPT = "<< /S /JavaScript /JS (app.alert\\(1\\)) >>"


def _catalog(entry: str) -> Objects:
    return lambda f: {f.parts.root: f.with_key(f.parts.root, entry)}


def _page(entry: str) -> Objects:
    return lambda f: {f.parts.page: f.with_key(f.parts.page, entry)}


def _form(entry: str) -> Objects:
    return lambda f: {f.parts.form: f.with_key(f.parts.form, entry)}


def _signed_field(entry: str) -> Objects:
    return lambda f: {f.parts.fields[0]: f.with_key(f.parts.fields[0], entry)}


def _dss(entry: str) -> Objects:
    return lambda f: {f.parts.dss: f.with_key(f.parts.dss, entry)}


def _annotation(body: str) -> Objects:
    def make(f: Forger) -> dict[int, bytes]:
        annots = f.changed(f.parts.page, "/Annots [", f"/Annots [ {NEW} 0 R ")
        return {f.parts.page: annots, NEW: f"<< /Type /Annot {body} >>".encode()}

    return make


def _repainted(f: Forger) -> dict[int, bytes]:
    return {f.parts.contents: stream(PAINT)}


def _painted_elsewhere(f: Forger) -> dict[int, bytes]:
    page = f.changed(f.parts.page, f"/Contents {f.parts.contents} 0 R", f"/Contents {NEW} 0 R")
    return {f.parts.page: page, NEW: stream(PAINT)}


def _moved_stamp(f: Forger) -> dict[int, bytes]:
    """Put the box of a signature over the whole page, with another appearance."""
    body = f.body(f.parts.fields[0])
    start = body.index(b"/Rect [")
    moved = body[:start] + b"/Rect [0 0 595 842]" + body[body.index(b"]", start) + 1 :]
    return {f.parts.fields[0]: moved}


def _other_stamp(f: Forger) -> dict[int, bytes]:
    body = f.body(f.parts.fields[0])
    start = body.index(b"/AP <<")
    replaced = body[:start] + f"/AP << /N {NEW} 0 R >>".encode() + body[body.index(b">>", start) + 2 :]
    return {f.parts.fields[0]: replaced, NEW: stream(PAINT, "/Subtype /Form /BBox [0 0 200 100]")}


def _wrapped(f: Forger) -> dict[int, bytes]:
    """Move the value of a signature into a second field, as signature wrapping does."""
    body = f.body(f.parts.fields[1])
    value = body[body.index(b"/V ") :].split(b"R")[0] + b"R"
    form = f.changed(f.parts.form, "/Fields [", f"/Fields [ {NEW} 0 R ")
    return {f.parts.form: form, NEW: b"<< /FT /Sig /T (Copie) " + value + b" >>"}


def _without(f: Forger, number: int) -> dict[int, bytes]:
    return {f.parts.form: f.changed(f.parts.form, f" {number} 0 R", "")}


def _unsigned(f: Forger) -> dict[int, bytes]:
    body = f.body(f.parts.fields[0])
    start = body.index(b"/V ")
    return {f.parts.fields[0]: body[:start] + body[body.index(b" R", start) + 2 :]}


def _proof(entries: str = "", data: bytes = b"junk", kind: str = "Certs") -> Objects:
    """Add to the proofs a stream that is none."""

    def make(f: Forger) -> dict[int, bytes]:
        added = f.changed(f.parts.dss, f"/{kind} [", f"/{kind} [ {NEW} 0 R ")
        return {f.parts.dss: added, NEW: stream(data, entries)}

    return make


def _other_version(f: Forger) -> dict[int, bytes]:
    """Say another version of PDF, in whichever words this tool's catalogue says its own."""
    body = f.body(f.parts.root)
    said = re.sub(rb"/Version\s*/[12]\.\d", b"/Version /1.4", body)
    return {f.parts.root: said if said != body else f.with_key(f.parts.root, "/Version /1.4")}


def _metadata(f: Forger) -> dict[int, bytes]:
    if f.parts.metadata is None:
        entry = f.with_key(f.parts.root, f"/Metadata {NEW} 0 R")
        return {f.parts.root: entry, NEW: stream(b"<x/>", "/Type /Metadata /Subtype /XML")}
    return {f.parts.metadata: stream(b"<x:xmpmeta/>", "/Type /Metadata /Subtype /XML")}


CHANGES: dict[str, Objects] = {
    "the page repainted in place": _repainted,
    "the page painted elsewhere": _painted_elsewhere,
    "a rotated page": _page("/Rotate 180"),
    "a page action": _page(f"/AA << /O {SCRIPT} >>"),
    "a hidden page part": _page("/UserUnit 10"),
    "a note": _annotation("/Subtype /Text /Rect [0 0 20 20] /Contents (Nul)"),
    "a square over the text": _annotation(f"/Subtype /Square /Rect {AREA} /IC [1 1 1]"),
    "a stamp over the text": _annotation(f"/Subtype /Stamp /Rect {AREA}"),
    "a redaction": _annotation(f"/Subtype /Redact /Rect {AREA}"),
    "a link": _annotation(f"/Subtype /Link /Rect {AREA} /A {SCRIPT}"),
    "an annotation that is no field": _annotation("/Subtype /Widget /Rect [0 0 0 0]"),
    "an opening action": _catalog(f"/OpenAction {SCRIPT}"),
    "catalog actions": _catalog(f"/AA << /WC {SCRIPT} >>"),
    "an attachment": _catalog("/Names << /EmbeddedFiles << /Names [] >> >>"),
    "named scripts": _catalog(f"/Names << /JavaScript << /Names [(a) {SCRIPT}] >> >>"),
    "associated files": _catalog("/AF []"),
    "optional content": _catalog("/OCProperties << /OCGs [] /D << >> >>"),
    "a collection": _catalog("/Collection << >>"),
    "page labels": _catalog("/PageLabels << /Nums [0 << /P (Z) >>] >>"),
    "an unknown key": _catalog("/Forge (texte)"),
    "a requirement": _catalog("/Requirements []"),
    "a base address": _catalog("/URI << /Base (http://x) >>"),
    "threads": _catalog("/Threads []"),
    "a page layout": _catalog("/PageMode /UseOutlines"),
    "pieces": _catalog("/PieceInfo << /X << /Private (texte) >> >>"),
    "text in the extensions": lambda f: {
        f.parts.root: f.changed(f.parts.root, "/ESIC <<", "/XTXT << /Note (Nul et non avenu) >> /ESIC <<")
    },
    "text in our own extension": lambda f: {
        f.parts.root: f.changed(f.parts.root, "/ESIC <<", "/ESIC << /Note (Nul et non avenu)")
    },
    "another version": _other_version,
    "no certification any more": lambda f: {f.parts.root: f.changed(f.parts.root, "/Perms <<", "/Perm5 <<")},
    "other pages": lambda f: {
        f.parts.root: f.with_key(f.parts.root, "/X 1").replace(b"/Pages ", b"/Pages 6001 0 R /Y ", 1),
        6_001: f"<< /Type /Pages /Count 1 /Kids [{f.parts.page} 0 R] >>".encode(),
    },
    "the metadata": _metadata,
    "the title": lambda f: {f.parts.info: b"<< /Title (Autre contrat) >>"},
    "the author": lambda f: {f.parts.info: f.with_key(f.parts.info, "/Forge (Moi)")},
    "a form script": _form(f"/CO [] /XFA [(a) {NEW} 0 R]"),
    "appearances to be made again": _form("/NeedAppearances true"),
    "default appearance": _form("/DA (/Helv 12 Tf)"),
    "signature flags lowered": lambda f: {
        f.parts.form: f.changed(f.parts.form, "/SigFlags 3", "/SigFlags 1")
    },
    "the form's fields turned": lambda f: {
        f.parts.form: f.changed(
            f.parts.form,
            f"{f.parts.fields[0]} 0 R {f.parts.fields[1]} 0 R",
            f"{f.parts.fields[1]} 0 R {f.parts.fields[0]} 0 R",
        )
    },
    "a signature taken off the form": lambda f: _without(f, f.parts.fields[0]),
    "a signature emptied": _unsigned,
    "the seal taken off the form": lambda f: _without(f, f.parts.fields[2]),
    "a signature wrapped": _wrapped,
    "a moved stamp": _moved_stamp,
    "another stamp": _other_stamp,
    "a stamp's tooltip": _signed_field("/TM (Autre)"),
    "a stamp's action": _signed_field(f"/A {SCRIPT}"),
    "a stamp hidden": _signed_field("/OC << /Type /OCG >>"),
    "a text field": lambda f: {
        f.parts.form: f.changed(f.parts.form, "/Fields [", f"/Fields [ {NEW} 0 R "),
        NEW: b"<< /FT /Tx /T (Prix) /V (1 euro) >>",
    },
    "an empty signature field": lambda f: {
        f.parts.form: f.changed(
            f.parts.form, f"{f.parts.fields[2]} 0 R", f"{f.parts.fields[2]} 0 R {NEW} 0 R"
        ),
        NEW: b"<< /FT /Sig /T (Tiers) >>",
    },
    "a useless object": lambda f: {NEW: b"(une page de rechange)"},
    "a useless page": lambda f: {NEW: b"<< /Type /Page >>"},
    "a proof that is none": _proof(),
    "a proof with text": _proof("/Note (texte)"),
    "a proof that refers": _proof(f"/X {NEW + 1} 0 R"),
    "a list that is none": _proof(kind="CRLs"),
    "an answer that is none": _proof(kind="OCSPs"),
    "proofs that lead nowhere": lambda f: {
        f.parts.dss: f.changed(f.parts.dss, "/Certs [", "/Certs [ 5999 0 R ")
    },
    "a proof that is a content": lambda f: {
        f.parts.dss: f.changed(f.parts.dss, "/Certs [", f"/Certs [ {f.parts.contents} 0 R ")
    },
    "a proof that is a page": lambda f: {
        f.parts.dss: f.changed(f.parts.dss, "/Certs [", f"/Certs [ {f.parts.page} 0 R ")
    },
    "proofs taken away": lambda f: {f.parts.dss: f.changed(f.parts.dss, "/CRLs", "/Forg")},
    "proofs emptied": lambda f: {f.parts.dss: b"<< >>"},
    "text in the proofs": _dss("/Note (texte)"),
    "proofs by signature with text": _dss("/VRI << /AB << /Note (x) >> >>"),
    "other proofs": lambda f: {
        f.parts.root: f.changed(f.parts.root, f"/DSS {f.parts.dss} 0 R", f"/DSS {NEW} 0 R"),
        NEW: f.body(f.parts.dss),
    },
    "no proofs": lambda f: {f.parts.root: f.changed(f.parts.root, f"/DSS {f.parts.dss} 0 R", "")},
    "a page tree cut": lambda f: {
        f.parts.root: f.changed(f.parts.root, "/Type /Catalog", "/Type /Catalog /Lang (zz)")
    },
}


def _dressed(field: str, objects: Objects = lambda f: {}, **options: object) -> Forgery:
    return lambda f: f.stamped(objects(f), field=field, **options)  # type: ignore[arg-type]


def _as(subtype: str, entries: str = "", area: str = "[0 0 0 0]") -> str:
    return f"/FT /Sig /T (Forge) /Type /Annot /Subtype /{subtype} /F 4 /Rect {area} {entries}"


_FORM = {NEW: stream(PAINT, "/Type /XObject /Subtype /Form /BBox [0 0 600 800]")}
_NUMBERS = {6_101: b"50", 6_102: b"400", 6_103: b"545", 6_104: b"800"}

TIMESTAMPS: dict[str, Forgery] = {
    "a polygon": _dressed(_as("Polygon", "/Vertices [50 400 545 400 545 800 50 800] /IC [1 1 1]")),
    "a polyline": _dressed(_as("PolyLine", "/Vertices [50 400 545 800] /BS << /W 90 >>")),
    "a free text": _dressed(_as("FreeText", "/Contents (Nul) /DA (/Helv 24 Tf)", AREA)),
    "a free text without area": _dressed(_as("FreeText", "/Contents (Nul) /DA (/Helv 24 Tf)")),
    "a link": _dressed(_as("Link", f"/A {SCRIPT}", AREA)),
    "a stamp": _dressed(_as("Stamp", f"/AP << /N {NEW} 0 R >>", AREA), lambda f: _FORM),
    "ink": _dressed(_as("Ink", "/InkList [[50 400 545 800]]")),
    "a line": _dressed(_as("Line", "/L [50 400 545 800] /BS << /W 200 >>")),
    "a highlight": _dressed(_as("Highlight", "/QuadPoints [50 800 545 800 50 400 545 400]")),
    "a popup": _dressed(_as("Popup", "/Open true", AREA)),
    "a widget with an area": _dressed(_as("Widget", "", AREA)),
    "a widget with an appearance": _dressed(_as("Widget", f"/AP << /N {NEW} 0 R >>"), lambda f: _FORM),
    "a widget with a caption": _dressed(_as("Widget", "/MK << /CA (Nul) /BG [1 1 1] >>")),
    "a widget with an action": _dressed(_as("Widget", f"/A {SCRIPT}")),
    "a widget with actions": _dressed(_as("Widget", f"/AA << /PO {SCRIPT} >>")),
    "a widget with a border": _dressed(_as("Widget", "/BS << /W 900 >>")),
    "a widget with an old border": _dressed(_as("Widget", "/Border [0 0 900]")),
    "a widget with kids": _dressed(_as("Widget", "/Kids []")),
    "a widget with a parent": _dressed(_as("Widget", "/Parent 1 0 R")),
    "a widget with a lock": _dressed(_as("Widget", "/Lock << /Type /SigFieldLock /Action /All >>")),
    "a widget with a seed": _dressed(_as("Widget", "/SV << /Type /SV >>")),
    "a widget with text": _dressed(_as("Widget", "/Contents (Nul et non avenu)")),
    "a rectangle by references": _dressed(
        _as("Widget", "", "[6101 0 R 6102 0 R 6103 0 R 6104 0 R]"), lambda f: _NUMBERS
    ),
    "a rectangle that is a reference": _dressed(
        _as("Widget", "", "6101 0 R"), lambda f: {6_101: b"[50 400 545 800]"}
    ),
    "a rectangle of five": _dressed(_as("Widget", "", "[0 0 0 0 500]")),
    "a rectangle of three": _dressed(_as("Widget", "", "[0 0 0]")),
    "a flat rectangle": _dressed(_as("Widget", "", "[0 400 600 400]")),
    "a widget without rectangle": _dressed("/FT /Sig /T (Forge) /Type /Annot /Subtype /Widget /F 4"),
    "no subtype": _dressed("/FT /Sig /T (Forge) /Rect [0 0 0 0]"),
    "another type": _dressed("/FT /Sig /T (Forge) /Type /XObject /Subtype /Widget /Rect [0 0 0 0]"),
    "another page": _dressed(f"{BARE} /P 1 0 R"),
    "outside the form": _dressed(BARE, in_form=False),
    "a value with a reason": _dressed(BARE, value="/Reason (Nul et non avenu)"),
    "a value with references": _dressed(BARE, value="/Reference []"),
    "a value with a cert": _dressed(BARE, value="/Cert (x)"),
    "a value of another kind": lambda f: f.stamped().replace(b"/DocTimeStamp", b"/Sig         "),
    "bytes after the token": _dressed(BARE, after=b"<html>autre</html>"),
    "a trailer with text": lambda f: f.stamped(trailer="/Note (texte)"),
    "a trailer with another title": lambda f: f.stamped(
        {NEW: b"<< /Title (Autre) >>"}, trailer=f"/Info {NEW} 0 R"
    ),
}


def _open(objects: Objects) -> Forgery:
    return lambda f: f.update(objects(f))


FORGERIES: dict[str, Forgery] = {
    **{f"left open, {name}": _open(make) for name, make in CHANGES.items()},
    **{f"covered, {name}": _dressed(BARE, make) for name, make in CHANGES.items()},
    **{f"time-stamp, {name}": make for name, make in TIMESTAMPS.items()},
}
