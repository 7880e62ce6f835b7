"""Whom a frozen text names for an office, and who holds that office since."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from contracts.models import ContractVersion, Signatory
from stakeholders.letters import plain
from stakeholders.models import Mandate, Office, User
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
    held = Mandate.objects.in_force().filter(office__in=offices, limited_type=None, person__is_active=True)
    found = {mandate.office_id: mandate.person for mandate in held.select_related("person")}
    return {office: found.get(office.pk) for office in offices}


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
