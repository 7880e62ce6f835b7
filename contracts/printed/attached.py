"""The annexes that travel inside the printed contract: files embedded as PDF/A-3 wants them.

ISO 19005-3, 6.8: each is named, has a media type, says how it relates to the document, and is associated
with it in the catalog's ``/AF``. The signatures, which cover the whole file, cover them.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from pikepdf import Array, Dictionary, Name, NameTree, Object, Pdf, String

from contracts.annexes import enclosed, file_name


class AnnexAltered(Exception):
    """The bytes that were given for an annex are not those that the content names."""

    permanent = True

    def __init__(self, annex: Mapping[str, Any]) -> None:
        super().__init__(
            _("Le fichier de l’annexe %(number)s, « %(title)s », manque ou n’est plus celui qui a été figé.")
            % {"number": annex["number"], "title": annex["title"]}
        )


def attach(
    document: Pdf, content: Mapping[str, Any], files: Mapping[str, bytes], frozen_at: dt.datetime
) -> None:
    """Embed the annexes of a content that are to travel with it; ``files`` are bytes by their SHA-256.

    Raises AnnexAltered where one is not given, or is another. Adds nothing where none travels.
    """
    rows = enclosed(dict(content))
    if not rows:
        return
    tree = _tree_of_files(document)
    associated = Array()
    for annex in rows:
        data = files.get(annex["file"]["sha256"], b"")
        if hashlib.sha256(data).hexdigest() != annex["file"]["sha256"]:
            raise AnnexAltered(annex)
        one = _specification(document, annex, data, frozen_at)
        tree[file_name(annex)] = one
        associated.append(one)
    document.Root.AF = associated


def _tree_of_files(document: Pdf) -> NameTree:
    if Name.Names not in document.Root:
        document.Root.Names = document.make_indirect(Dictionary())
    tree = NameTree.new(document)
    document.Root.Names.EmbeddedFiles = tree.obj
    return tree


def _specification(document: Pdf, annex: dict[str, Any], data: bytes, frozen_at: dt.datetime) -> Object:
    made = String(frozen_at.astimezone(dt.UTC).strftime("D:%Y%m%d%H%M%SZ"))
    stream = document.make_stream(
        data,
        Type=Name.EmbeddedFile,
        Subtype=Name("/application/pdf"),
        Params=Dictionary(
            Size=len(data),
            CheckSum=String(hashlib.md5(data, usedforsecurity=False).digest()),  # ISO 32000-1, table 46
            CreationDate=made,
            ModDate=made,
        ),
    )
    name = String(file_name(annex))
    label = _("Annexe %(number)s, %(title)s") % {"number": annex["number"], "title": annex["title"]}
    return document.make_indirect(
        Dictionary(
            Type=Name.Filespec,
            F=name,
            UF=name,
            Desc=String(label),
            AFRelationship=Name.Supplement,
            EF=Dictionary(F=stream, UF=stream),
        )
    )
