"""By whose rules a file is judged: those of any signed PDF, or also those of our contracts.

Ours: the first signature protects the document, the last closes it, every field is signed,
a document time-stamp seals the whole at level B-LTA. They say nothing of other tools' files.
A file is taken for a contract of ours by what its first signature covers, which nobody
can change without breaking it: the names of its signature fields.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Literal

from django.utils.translation import gettext as _
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from signatures.report import Problem

Profile = Literal["contract", "general"]
CONTRACT: Profile = "contract"
GENERAL: Profile = "general"
_OUR_FIELD = re.compile(r"Signataire-\d{2,3}")
_OUR_BYTES = re.compile(rb"Signataire-\d{2,3}")


def recognised(fields: Iterable[str]) -> Profile:
    """Return the profile of a file by the names of its signature fields, signed or not.

    A contract cut back to its first signature keeps the fields still to be signed, so it is
    recognised, and found incomplete.
    """
    return CONTRACT if any(_OUR_FIELD.fullmatch(name) for name in fields) else GENERAL


def looks_ours(pdf: bytes) -> bool:
    """Tell whether the bytes name a field of ours: to be asked when the fields cannot be read."""
    return any(_OUR_BYTES.search(one) is not None for one in (pdf, pdf.replace(b"\0", b"")))


def profile_name(profile: str) -> str:
    """Name a profile, to be printed."""
    if profile == CONTRACT:
        return _("contrat Contreseing")
    return _("général (tout PDF signé, sans les règles de nos contrats)")


def check_locks(signed: list[EmbeddedPdfSignature], *, awaited: Collection[str]) -> Iterable[Problem]:
    """Yield what is wrong: the first signature protects the document, the last one closes it, none before.

    Ours certifies it (DocMDP). A tool of the signatory's own need not: it then observes the lock of its
    field (FieldMDP), and whatever else follows is refused all the same by what may follow a signature.
    ``awaited`` are the fields that nobody signed yet.
    """
    ordered = sorted(signed, key=lambda signature: int(signature.signed_revision))
    first, last = ordered[0], ordered[-1]
    certified = first.docmdp_level in (MDPPerm.FILL_FORMS, MDPPerm.NO_CHANGES)
    if not certified and (first.docmdp_level is not None or not _observes_its_lock(first)):
        yield Problem("not_certified", first.field_name)
    later = set(awaited)
    for signature in reversed(ordered):
        if later and _closes(signature, later):
            yield Problem("closed_too_early", signature.field_name)
        later.add(signature.field_name)
    lock = last.fieldmdp
    if not awaited and (lock is None or lock.action != FieldMDPAction.ALL):
        yield Problem("not_closed", last.field_name)


def _observes_its_lock(signature: EmbeddedPdfSignature) -> bool:
    """Tell whether a signature protects what the lock of its field says (ISO 32000-2 § 12.7.5.5)."""
    field = signature.sig_field
    return "/Lock" in field and signature.fieldmdp == FieldMDPSpec.from_pdf_object(field["/Lock"])


def _closes(signature: EmbeddedPdfSignature, later: Collection[str]) -> bool:
    """Tell whether a signature forbids those that must follow it."""
    if signature.docmdp_level == MDPPerm.NO_CHANGES:
        return True
    lock = signature.fieldmdp
    return lock is not None and any(lock.is_locked(name) for name in later)
