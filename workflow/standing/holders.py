"""Whom a frozen text names for an office, and who holds that office since."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import ContractVersion, Signatory
from stakeholders.letters import plain
from stakeholders.models import Mandate, Office, User
from stakeholders.prepared import A_DAY, MARKER, Prepared
from stakeholders.reading import asked_for_each


@dataclass(frozen=True)
class Changed:
    """A place of signature whose printed name is no longer the holder's; ``holder`` is None if vacant."""

    signatory: Signatory
    printed: str
    holder: User | None

    @property
    def holder_name(self) -> str:
        """The present holder as a text names people; blank where the office is vacant."""
        return plain(str(self.holder)) if self.holder else ""

    @property
    def sentence(self) -> str:
        """Say both names in words."""
        words = {"printed": self.printed, "capacity": self.signatory.capacity, "holder": self.holder_name}
        if self.holder is None:
            said = _("Le contrat nomme %(printed)s (%(capacity)s) ; cette fonction n’a plus de titulaire.")
        else:
            said = _("Le contrat nomme %(printed)s (%(capacity)s) ; titulaire désormais : %(holder)s.")
        return said % words


@asked_for_each
def holder_of(offices: list[Office]) -> dict[Office, User | None]:
    """Return who holds each office today, with an open account; None where it is vacant."""
    held = _HELD.rows(timezone.localdate(), [office.pk for office in offices])
    found = {mandate.office_id: mandate.person for mandate in held}
    return {office: found.get(office.pk) for office in offices}


def _held(on: dt.date, offices: list[int]) -> QuerySet[Mandate]:
    held = Mandate.objects.in_force(on).filter(limited_type=None, person__is_active=True)
    return held.filter(office__among=offices).select_related("person")


_HELD: Prepared[Mandate] = Prepared(_held, A_DAY, [MARKER])


def changed_since(version: ContractVersion) -> list[Changed]:
    """Return the places of a frozen text that name somebody else than today's holder, in signing order.

    A place printed without a name, its office being vacant then, contradicts nobody.
    """
    printed = {row["field"]: row["person"] for row in version.content["signatories"]}
    places = version.contract.places
    holders = holder_of.of(place.office for place in places)
    found = [
        Changed(place, name, holders[place.office])
        for place in places
        if (name := printed.get(place.field_name))
    ]
    return [one for one in found if one.holder_name != one.printed]
