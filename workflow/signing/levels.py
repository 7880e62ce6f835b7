"""The level that a signature owes at each place: the parties' is qualified, the partners' by policy.

eIDAS gives the effect of a handwritten signature to the qualified one alone (article 25, 2): the State and
the commune owe it (``settings.PARTY_SIGNATURE_LEVEL``), and so do those who sign beside them for the State;
a partner or a witness may sign by a qualified certificate without the device (``PARTNER_SIGNATURE_LEVEL``).
Below that, only what is marked « SPÉCIMEN ».
"""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _

from contracts.models import Signatory, SignatoryKind
from signatures import keys, levels
from signatures.key_errors import LevelTooLow
from signatures.models import EnrolledKey, Envelope

PARTNERS = frozenset({SignatoryKind.ADHERING_PARTNER, SignatoryKind.WITNESS})


def required_of(signatory: Signatory) -> str:
    """Return the least level of the signature at this place."""
    is_partner = signatory.kind in PARTNERS
    level: str = settings.PARTNER_SIGNATURE_LEVEL if is_partner else settings.PARTY_SIGNATURE_LEVEL
    return level


def why_not(key: EnrolledKey, signatory: Signatory, *, specimen: bool) -> str:
    """Return why this key is not enough at this place, by the lists of now; blank when it is.

    ``specimen`` is whether the document is marked « SPÉCIMEN ».
    """
    if specimen:
        return ""
    return levels.why_not(keys.facts_now(key), required_of(signatory), specimen=False)


def why_too_low(key: EnrolledKey, signatory: Signatory, *, specimen: bool) -> str:
    """Say in a few words that this key is not enough at this place, as far as is known; blank when it is.

    By the level that the row keeps, which each new list renews: nothing is asked. What counts is what
    :func:`sufficient` finds when the key is chosen.
    """
    required = required_of(signatory)
    if specimen or levels.reaches(key.level, required):
        return ""
    words = {"level": levels.level_name(key.level), "required": levels.level_name(required)}
    return (
        _("Ce certificat donne une signature %(level)s, et une signature %(required)s est demandée.") % words
    )


def sufficient(key: EnrolledKey, signatory: Signatory, envelope: Envelope) -> EnrolledKey:
    """Return the key, if it is enough at this place; raises LevelTooLow, which says what to do."""
    if obstacle := why_not(key, signatory, specimen=envelope.specimen):
        raise LevelTooLow(obstacle)
    return key
