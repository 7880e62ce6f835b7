"""What each kind of organisation is: one row a kind.

The side follows the circulaire 6258/SG (State, territorial authority, judicial authority,
partner); the powers are the acts that an organisation of the kind may do at all. An
office then holds some of them (:class:`stakeholders.models.Office`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Power(StrEnum):
    """An act, as the codename of the permission that allows it."""

    VIEW = "view_contract"
    OPEN = "open_for"
    DRAFT = "draft_for"
    REVIEW = "review_for"
    APPROVE = "approve_for"
    RECORD_RESOLUTION = "record_resolution_for"
    SIGN = "sign_for"


class ContractKind(TextChoices):
    """What kind of contract an authority to sign may cover."""

    CSI = "csi", _("Contrat de sécurité intégrée")
    COORDINATION = "coordination", _("Convention de coordination")
    AMENDMENT = "amendment", _("Avenant")
    OTHER = "other", _("Autre convention")


class Side(StrEnum):
    """On whose behalf an organisation is at the table."""

    STATE = "state"
    LOCAL = "local"
    JUDICIAL = "judicial"
    PARTNER = "partner"


@dataclass(frozen=True)
class Kind:
    """A kind of organisation: its code, its French name, its side and its powers."""

    code: str
    label: Promise
    side: Side
    powers: frozenset[Power]
    independent: bool = False  # of the prefect, who can neither assign it anything nor edit what it leads


_PILOT = frozenset({Power.DRAFT, Power.REVIEW, Power.APPROVE, Power.SIGN})
_COUNCIL = _PILOT | {Power.RECORD_RESOLUTION}
_REVIEWER = frozenset({Power.REVIEW, Power.SIGN})

KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in (
        Kind("prefecture", _("Préfecture"), Side.STATE, _PILOT | {Power.OPEN}),
        Kind("national_police", _("Police nationale"), Side.STATE, _REVIEWER),
        Kind("gendarmerie", _("Gendarmerie nationale"), Side.STATE, _REVIEWER),
        Kind("prosecution", _("Parquet"), Side.JUDICIAL, _REVIEWER, independent=True),
        Kind("youth_justice", _("Protection judiciaire de la jeunesse"), Side.JUDICIAL, _REVIEWER),
        Kind("probation", _("Service pénitentiaire d’insertion et de probation"), Side.JUDICIAL, _REVIEWER),
        Kind("education", _("Éducation nationale"), Side.STATE, _REVIEWER),
        Kind("municipality", _("Commune"), Side.LOCAL, _COUNCIL | {Power.OPEN}),
        Kind("intermunicipality", _("Intercommunalité"), Side.LOCAL, _COUNCIL),
        Kind("social_landlord", _("Bailleur social"), Side.PARTNER, _REVIEWER),
        Kind("transport_operator", _("Opérateur de transport"), Side.PARTNER, _REVIEWER),
        Kind("association", _("Association"), Side.PARTNER, _REVIEWER),
    )
}
