"""The letter of initiative of an opened contract: said in its journal, read by whoever sees the contract."""

from __future__ import annotations

import hashlib

from django.utils.translation import gettext as _

from stakeholders.wording import day
from workflow.opening.access import Preparing
from workflow.record import journal


def record(met: Preparing) -> None:
    """Say in the journal on whose initiative the contract is opened, by which letter, down to its hash."""
    opening = met.contract.opening
    text = hashlib.sha256(opening.letter_text.encode()).hexdigest() if opening.letter_text else ""
    if not (text or opening.letter_sha256):
        letter = _("sans lettre jointe")
    elif opening.letter_on:
        letter = _("lettre du %(day)s") % {"day": day(opening.letter_on)}
    else:
        letter = _("lettre sans date")
    journal.record(
        "initiative_recorded",
        contract=met.contract,
        actor=met.mandate.person,
        mandate=met.mandate,
        payload={
            "initiative": opening.get_initiative_display(),
            "letter": letter,
            "letter_sha256": opening.letter_sha256,
            "letter_text_sha256": text,
        },
    )
