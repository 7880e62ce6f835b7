"""Why a PDF that somebody hands in (a resolution, a delegation) is refused.

``active_content(pdf)`` is the road: it reads the file in the limited process, whole, and
returns None for a plain document or one sentence in French for the person who sent it.
Refused: what is no PDF or malformed, encrypted, too large or too long, and whatever acts by
itself, hides or carries something else: scripts, actions other than going to a page or to a
web address, attached files, XFA, layers that can be switched off, sound, film or 3D. A
signed PDF is accepted: an act may well be signed.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from signatures.limited import client
from signatures.limited.limits import MAX_BYTES

MAX_PAGES = 1_000
MAX_OBJECTS = 100_000
MAX_DEPTH = 60

SCRIPT, LAUNCH, ATTACHED, XFA, LAYERS, MEDIA, ACTION = range(7)
_KEYS = {
    "/JS": SCRIPT,
    "/JavaScript": SCRIPT,
    "/XFA": XFA,
    "/EmbeddedFiles": ATTACHED,
    "/EmbeddedFile": ATTACHED,
    "/EF": ATTACHED,
    "/Collection": ATTACHED,
    "/AA": ACTION,
    "/OCProperties": LAYERS,
    "/RichMediaContent": MEDIA,
    "/RichMediaSettings": MEDIA,
    "/3DD": MEDIA,
}
_ACTIONS = {
    "/JavaScript": SCRIPT,
    "/Launch": LAUNCH,
    "/GoToR": ACTION,
    "/GoToE": ACTION,
    "/SubmitForm": ACTION,
    "/ImportData": ACTION,
    "/ResetForm": ACTION,
    "/Hide": ACTION,
    "/Named": ACTION,
    "/SetOCGState": LAYERS,
    "/Rendition": MEDIA,
    "/Movie": MEDIA,
    "/Sound": MEDIA,
    "/GoTo3DView": MEDIA,
    "/RichMediaExecute": MEDIA,
}
_SUBTYPES = {
    "/FileAttachment": ATTACHED,
    "/RichMedia": MEDIA,
    "/Movie": MEDIA,
    "/Sound": MEDIA,
    "/Screen": MEDIA,
    "/3D": MEDIA,
}
_PASSIVE = {"/GoTo", "/URI"}


class Refused(Exception):
    """The file is refused; the text is the sentence, in French, for who sent it."""


def active_content(pdf: bytes | Path) -> str | None:
    """Return why this PDF is refused, in French, or None when it is a plain document.

    Blocks for some milliseconds (8 s of processor at most): never inside a transaction nor on an event
    loop. Raises ``signatures.limited.Unavailable`` when the server is too busy to look.
    """
    try:
        answer = client.run("why_refused", pdf, {})
    except client.Exhausted as death:
        return why_exhausted(death)
    return None if answer is None else str(answer)


def why_exhausted(death: client.Exhausted) -> str:
    """Say why a PDF that ended the process which read it is refused."""
    if death.of == "crash":  # hostile files make the parsers raise anything: it ends that process
        return _malformed()
    return _("Ce PDF demande trop de mémoire ou de temps pour être lu : imprimez-le en PDF à nouveau.")


def why_refused(data: bytes, options: dict[str, Any] | None = None) -> str | None:
    """Do the work of ``active_content`` in this very process: for the limited one."""
    try:
        look(data)
    except Refused as refusal:
        return str(refusal)
    return None


def look(data: bytes) -> int:
    """Read a PDF whole and return its number of pages; raises Refused, or what parsers raise."""
    if not data:
        raise Refused(_("Le fichier est vide."))
    if len(data) > MAX_BYTES:
        raise Refused(_("Le fichier dépasse 50 Mo : réduisez-le."))
    if not data.startswith(b"%PDF-"):
        raise Refused(_("Le fichier n’est pas un PDF : enregistrez-le au format PDF."))
    reader = PdfFileReader(io.BytesIO(data), strict=False)
    if reader.encrypted:
        raise Refused(_("Ce PDF est chiffré ou protégé : enregistrez-le sans mot de passe."))
    if reader.xrefs.hybrid_xrefs_present:
        raise Refused(_malformed())
    if len(reader.xrefs.explicit_refs_in_revision(reader.xrefs.total_revisions - 1)) > MAX_OBJECTS:
        raise Refused(_too_long())
    pages = _count_pages(reader)  # first: to read ten thousand pages takes what one file may
    _look_at_objects(reader)
    _look_at_catalog(reader.root)
    return pages


def _look_at_catalog(root: generic.DictionaryObject) -> None:
    """The action on opening may only be to go to a page."""
    opening = root.get("/OpenAction")
    if isinstance(opening, generic.DictionaryObject) and opening.get("/S") != "/GoTo":
        raise Refused(_sentence(_ACTIONS.get(_name(opening, "/S"), ACTION)))


def _look_at_objects(reader: PdfFileReader) -> None:
    """Look at every object of every revision, reachable or not: what is hidden is looked at too."""
    seen: set[tuple[int, int]] = set()
    for revision in range(reader.xrefs.total_revisions):
        resolver = reader.get_historical_resolver(revision)
        for reference in resolver.explicit_refs_in_revision():
            seen.add((reference.idnum, reference.generation))
            if len(seen) > MAX_OBJECTS:
                raise Refused(_too_long())
            for dictionary in _dictionaries(resolver.get_object(reference)):
                _look_at(dictionary)


def _malformed() -> str:
    return _("Ce PDF est malformé : imprimez-le en PDF à nouveau, ou numérisez l’original.")


def _dictionaries(value: Any, depth: int = 0) -> Iterator[generic.DictionaryObject]:
    """Yield the dictionaries of one object, without following any reference."""
    if depth > MAX_DEPTH:
        raise Refused(_malformed())
    if isinstance(value, generic.DictionaryObject):
        yield value
        parts = [value.raw_get(key) for key in value]
    elif isinstance(value, generic.ArrayObject):
        parts = [value.raw_get(index) for index in range(len(value))]
    else:
        return
    for part in parts:
        yield from _dictionaries(part, depth + 1)


def _look_at(dictionary: generic.DictionaryObject) -> None:
    """Refuse a dictionary that acts, hides or carries."""
    for key in dictionary:
        kind = _KEYS.get(str(key))
        if kind is not None:
            raise Refused(_sentence(kind))
    if _name(dictionary, "/Type") == "/StructElem":  # its /S is the element's kind, not an action's
        return
    kinds: tuple[tuple[str, dict[str, int]], ...] = (
        ("/S", _ACTIONS),
        ("/Subtype", _SUBTYPES),
        ("/Type", _SUBTYPES | {"/EmbeddedFile": ATTACHED}),
    )
    for key, by_name in kinds:
        kind = by_name.get(_name(dictionary, key))
        if kind is not None:
            raise Refused(_sentence(kind))
    action = dictionary.get("/A") if "/A" in dictionary else None
    if isinstance(action, generic.DictionaryObject) and "/S" in action and _is_odd(action):
        raise Refused(_sentence(_ACTIONS.get(_name(action, "/S"), ACTION)))


def _is_odd(action: generic.DictionaryObject) -> bool:
    """Whether an annotation's action is another than to go to a page or to an address."""
    kind = _name(action, "/S")
    # elements of the structure tree have attributes under the same key
    return kind not in _PASSIVE and "/O" not in action


def _name(dictionary: generic.DictionaryObject, key: str) -> str:
    return str(dictionary.get(key, "")) if key in dictionary else ""


def _count_pages(reader: PdfFileReader) -> int:
    """Count the leaves of the page tree; refuse one that readers do not follow alike, or too long.

    As for what is signed (``verification.signed.pages``): each node is met once, names as its parent the
    one above it, and says how many pages it has.
    """
    above: dict[int, int] = {}
    below: dict[int, int] = {}
    counts: dict[int, Any] = {}
    pages, nodes = 0, [(reader.root.raw_get("/Pages"), 0)]
    while nodes:
        node, parent = nodes.pop()
        if not isinstance(node, generic.IndirectObject) or node.idnum in above:
            raise Refused(_malformed())
        above[node.idnum] = parent
        found = node.get_object()
        if not isinstance(found, generic.DictionaryObject):
            raise Refused(_malformed())
        named = found.raw_get("/Parent") if "/Parent" in found else generic.NullObject()
        if not (
            named.idnum == parent if isinstance(named, generic.IndirectObject) else _is_top(named, parent)
        ):
            raise Refused(_bad_tree())
        if "/Kids" in found:
            kids = found["/Kids"]
            below[node.idnum], counts[node.idnum] = 0, found.get("/Count")
            nodes += [(kids.raw_get(index), node.idnum) for index in range(len(kids))]
        else:
            pages += 1
        if pages > MAX_PAGES or len(above) > MAX_OBJECTS:
            raise Refused(_too_long())
    if not pages:
        raise Refused(_("Ce PDF n’a aucune page."))
    for number, parent in reversed(above.items()):  # those below a node were met after it
        if number in below and counts[number] != below[number]:
            raise Refused(_bad_tree())
        if parent:
            below[parent] += below.get(number, 1)
    return pages


def _is_top(named: generic.PdfObject, parent: int) -> bool:
    """Tell whether a node that names no parent is the one above all."""
    return isinstance(named, generic.NullObject) and not parent


def _bad_tree() -> str:
    return _(
        "Les pages de ce PDF ne s’enchaînent pas de même pour tous les lecteurs, qui pourraient en montrer "
        "d’autres : ouvrez-le et enregistrez-le de nouveau en PDF."
    )


def _too_long() -> str:
    return _(
        "Ce PDF est trop long (plus de 1 000 pages ou 100 000 objets) : n’envoyez que le document utile."
    )


def _sentence(kind: int) -> str:
    return {
        SCRIPT: _("Ce PDF contient un script : imprimez-le en PDF à nouveau avant de l’envoyer."),
        LAUNCH: _("Ce PDF lance un programme : il est refusé."),
        ATTACHED: _("Ce PDF contient un fichier joint : envoyez le document seul."),
        XFA: _("Ce PDF est un formulaire dynamique (XFA) : imprimez-le en PDF à nouveau."),
        LAYERS: _("Ce PDF a des calques que l’on peut masquer : imprimez-le en PDF à nouveau."),
        MEDIA: _("Ce PDF contient du son, de la vidéo ou de la 3D : imprimez-le en PDF à nouveau."),
        ACTION: _("Ce PDF agit de lui-même (action ou formulaire actif) : imprimez-le en PDF à nouveau."),
    }[kind]
