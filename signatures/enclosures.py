"""A document that goes with another (an annex): read in the limited process, taken as it is or refused.

``prepared(file, name)`` is the road. A plain PDF keeps its bytes; a JPEG or a PNG becomes a PDF
(:mod:`signatures.pictures`); all else is refused by its name, with what to do. Of a PDF, what
:mod:`signatures.uploads` refuses is refused, and a form to be filled in: what it says would depend on who
opens it. One that is signed is taken: its bytes do not change, and its signatures remain.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

from django.utils.translation import gettext as _
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from signatures.limited import client
from signatures.pictures import as_pdf
from signatures.uploads import Refused, look, why_exhausted

MAX_FIELDS = 5_000  # of a form, and no deeper than MAX_DEPTH
MAX_DEPTH = 20
PICTURES = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
SIGNED = "/Sig"
WORD_PROCESSORS = {".docx", ".doc", ".docm", ".dotx", ".odt", ".ott", ".rtf", ".pages"}
SPREADSHEETS = {".xlsx", ".xls", ".xlsm", ".ods", ".csv", ".numbers"}
SLIDES = {".pptx", ".ppt", ".odp", ".key"}
OTHER_PICTURES = {".heic", ".heif", ".tif", ".tiff", ".webp", ".gif", ".bmp", ".svg", ".avif"}


@dataclass(frozen=True)
class Prepared:
    """A document as it is to be kept: the bytes of a PDF, its pages, what it was made from or blank.

    ``is_signed``: it bears signatures of its own, which nobody verified.
    """

    pdf: bytes
    pages: int
    converted_from: str = ""
    is_signed: bool = False


def prepared(file: bytes, name: str = "") -> Prepared:
    """Return a file that somebody hands in as the PDF to keep, or raise Refused with the sentence.

    ``name`` is the file's own: what it is told by where it is refused. Blocks for some milliseconds (8 s of
    processor at most): never inside a transaction. Raises ``signatures.limited.Unavailable``.
    """
    if refusal := _why_not_read(file, name):
        raise Refused(refusal)
    picture = _picture(file)
    try:
        answer = client.run("enclosure", file, {})
    except client.Exhausted as death:
        if picture:
            raise Refused(
                _("Cette image demande trop de mémoire ou de temps : réduisez-la, puis recommencez.")
            ) from death
        raise Refused(why_exhausted(death)) from death
    if answer["refusal"]:
        raise Refused(answer["refusal"])
    pdf = base64.b64decode(answer["pdf"]) if picture else file
    return Prepared(pdf, answer["pages"], picture, answer["is_signed"])


def for_another_process(data: bytes, _options: dict[str, Any]) -> dict[str, Any]:
    """Do the work of ``prepared`` in this very process: for the limited one."""
    told: dict[str, Any] = {"refusal": "", "pages": 0, "pdf": "", "is_signed": False}
    try:
        if _picture(data):
            return told | {"pages": 1, "pdf": base64.b64encode(as_pdf(data)).decode()}
        pages = look(data)
        return told | {"pages": pages, "is_signed": _look_at_form(data)}
    except Refused as refusal:
        return told | {"refusal": str(refusal)}


def _picture(data: bytes) -> str:
    return next((name for start, name in PICTURES.items() if data.startswith(start)), "")


def _why_not_read(data: bytes, name: str) -> str:
    """Return why a file is none of those that are taken, by what it is; nothing is unpacked to know."""
    if not data or data.startswith(b"%PDF-") or _picture(data):
        return ""
    extension = PurePath(name).suffix.lower()
    if extension in WORD_PROCESSORS:
        return _(
            "Ce fichier est un document de traitement de texte (%(extension)s) : ouvrez-le, enregistrez-le "
            "ou exportez-le au format PDF, puis joignez ce PDF."
        ) % {"extension": extension}
    if extension in SPREADSHEETS or extension in SLIDES:
        return _(
            "Ce fichier (%(extension)s) peut s’afficher autrement d’un poste à l’autre : exportez-le au "
            "format PDF, puis joignez ce PDF."
        ) % {"extension": extension}
    if extension in OTHER_PICTURES:
        return _(
            "Cette image (%(extension)s) n’est pas reprise : enregistrez-la au format JPEG, PNG ou PDF."
        ) % {"extension": extension}
    if data.startswith((b"MZ", b"\x7fELF", b"#!")):
        return _("Ce fichier est un programme, quel que soit son nom : il est refusé.")
    if data.startswith(b"PK"):
        return _("Ce fichier est une archive ou un document bureautique : joignez un PDF, un JPEG ou un PNG.")
    return _("Le fichier n’est ni un PDF, ni une image JPEG ou PNG : enregistrez-le au format PDF.")


def _look_at_form(data: bytes) -> bool:
    """Refuse a form to be filled in; return whether the document bears signatures."""
    reader = PdfFileReader(io.BytesIO(data), strict=False)
    form = reader.root.get("/AcroForm")
    if not isinstance(form, generic.DictionaryObject):
        return False
    signed, left = False, MAX_FIELDS
    waiting = [(field, "", 0) for field in _children(form, "/Fields")]
    while waiting:
        field, inherited, depth = waiting.pop()
        left -= 1
        if not left or depth > MAX_DEPTH or not isinstance(field, generic.DictionaryObject):
            raise Refused(_form())
        kind = str(field.get("/FT", inherited))
        if kids := [kid for kid in _children(field, "/Kids") if _is_field(kid)]:
            waiting += [(kid, kind, depth + 1) for kid in kids]
        elif kind != SIGNED:
            raise Refused(_form())
        else:
            signed = signed or "/V" in field
    return signed


def _children(holder: generic.DictionaryObject, key: str) -> list[Any]:
    found = holder.get(key)
    if not isinstance(found, generic.ArrayObject):
        return []
    return [found[index] for index in range(len(found))]


def _is_field(kid: Any) -> bool:
    """Whether a kid is a field of its own, rather than a place where its parent is shown."""
    return isinstance(kid, generic.DictionaryObject) and ("/T" in kid or "/Kids" in kid)


def _form() -> str:
    return _(
        "Ce PDF est un formulaire à remplir : ce qu’il dit pourrait changer. Imprimez-le en PDF, puis "
        "joignez cette copie."
    )
