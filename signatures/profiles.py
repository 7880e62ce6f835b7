"""By whose rules a file is judged: those of any signed PDF, or also those of our contracts.

Ours: the first signature certifies the document, the last closes it, every field is signed,
a document time-stamp seals the whole at level B-LTA. They say nothing of other tools' files.
A file is taken for a contract of ours by what its first signature covers, which nobody
can change without breaking it: the names of its signature fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal

from django.utils.translation import gettext as _
from pyhanko.sign.fields import FieldMDPAction, MDPPerm
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


def check_locks(signed: list[EmbeddedPdfSignature], *, intermediate: bool) -> Iterable[Problem]:
    """Yield what is wrong: the first signature certifies the document, the last one closes it."""
    first = min(signed, key=lambda signature: int(signature.signed_revision))
    last = max(signed, key=lambda signature: int(signature.signed_revision))
    if first.docmdp_level not in (MDPPerm.FILL_FORMS, MDPPerm.NO_CHANGES):
        yield Problem("not_certified", first.field_name)
    if intermediate:
        return
    lock = last.fieldmdp
    if lock is None or lock.action != FieldMDPAction.ALL:
        yield Problem("not_closed", last.field_name)
