"""Empty signature fields on a finished PDF, one exactly on each printed box.

They are there before the first signature, so that a signature adds no field. Each says in
its ``/Lock`` what its signature closes (ISO 32000-2, 12.7.5.5): every field but those
still to be signed; the last one, the whole document. Each is also a node of the structure
tree, without which the file would not be PDF/UA (ISO 14289-1, 7.18.4).
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pikepdf
from django.utils.translation import gettext as _
from pikepdf import Array, Dictionary, Name, Object, Pdf, String

PRINTED_AND_LOCKED = 4 | 128  # annotation flags: PDF/A wants the first, nobody moves the widget
NO_CHANGES = 1  # DocMDP: nothing more after the last signature


@dataclass(frozen=True)
class Box:
    """Where a field goes: page from 1, rectangle (left, bottom, right, top) in points.

    ``label`` is what a screen reader says of it: the capacity and the person.
    """

    field: str
    page: int
    rectangle: tuple[float, float, float, float]
    label: str


def place(
    pdf: bytes, boxes: Sequence[Box] | None, enclose: Callable[[Pdf], None] | None = None
) -> tuple[bytes, int]:
    """Return the PDF with its fields, in signing order, and its number of pages.

    None, for a draft, leaves it no form at all: there is nothing to sign. ``enclose(document)`` adds what
    travels with it.

    Deterministic: the file's identifier comes from its content.
    """
    with pikepdf.open(io.BytesIO(pdf)) as document:
        fields = Array()
        for position, box in enumerate(boxes or ()):
            later = [other.field for other in (boxes or ())[position + 1 :]]
            fields.append(_add_field(document, box, later))
        if boxes is not None:
            document.Root.AcroForm = document.make_indirect(Dictionary(Fields=fields, SigFlags=0))
        if enclose is not None:
            enclose(document)
        for page in document.pages:
            if Name.Annots in page:
                page.Tabs = Name.S  # tab order follows the structure (ISO 14289-1, 7.18.3)
        # False is the default; written out, poppler takes it for an error.
        if Name.Suspects in document.Root.MarkInfo and not bool(document.Root.MarkInfo.Suspects):
            del document.Root.MarkInfo.Suspects
        output = io.BytesIO()
        document.save(
            output,
            deterministic_id=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            fix_metadata_version=False,
        )
        count = len(document.pages)
    data = output.getvalue()
    # ISO 19005-1, 6.1.9: once a signature is appended, its first object must start a line.
    return (data if data.endswith(b"\n") else data + b"\n"), count


def _add_field(document: Pdf, box: Box, later: Sequence[str]) -> Object:
    page = document.pages[box.page - 1]
    left, bottom, right, top = box.rectangle
    appearance = document.make_stream(
        b"",
        Type=Name.XObject,
        Subtype=Name.Form,
        BBox=Array([0, 0, right - left, top - bottom]),
        Resources=Dictionary(),
    )
    label = _("Signature : %(label)s") % {"label": box.label}
    widget = document.make_indirect(
        Dictionary(
            Type=Name.Annot,
            Subtype=Name.Widget,
            FT=Name.Sig,
            T=String(box.field),
            TU=String(label),
            F=PRINTED_AND_LOCKED,
            Rect=Array(list(box.rectangle)),
            P=page.obj,
            AP=Dictionary(N=appearance),
            Lock=document.make_indirect(_lock(later)),
        )
    )
    _add_to_structure(document, page, widget, label)
    if Name.Annots not in page:
        page.Annots = Array()
    page.Annots.append(widget)
    return widget


def _lock(later: Sequence[str]) -> Dictionary:
    if later:
        names = Array([String(name) for name in later])
        return Dictionary(Type=Name.SigFieldLock, Action=Name.Exclude, Fields=names)
    return Dictionary(Type=Name.SigFieldLock, Action=Name.All, P=NO_CHANGES)


def _add_to_structure(document: Pdf, page: pikepdf.Page, widget: Object, label: str) -> None:
    tree = document.Root.StructTreeRoot
    parents = pikepdf.NumberTree(tree.ParentTree)
    key = max([int(tree.get(Name.ParentTreeNextKey, 0)), *(number + 1 for number in parents)])
    root = tree.K[0] if isinstance(tree.K, Array) else tree.K
    element = document.make_indirect(
        Dictionary(
            Type=Name.StructElem,
            S=Name.Form,
            P=root,
            Pg=page.obj,
            Alt=String(label),
            K=Dictionary(Type=Name.OBJR, Obj=widget, Pg=page.obj),
        )
    )
    if not isinstance(root.K, Array):
        root.K = Array([root.K])
    root.K.append(element)
    widget.StructParent = key
    parents[key] = element
    tree.ParentTreeNextKey = key + 1
