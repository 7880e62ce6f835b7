"""Who may fill a place of signature: the holder of its office, and those whom the register names for it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from contracts.models import Signatory
from stakeholders.authority import Basis, NoBasis, Rule
from stakeholders.models import Mandate, SigningAuthority, User
from workflow.standing.standings import Standings


@dataclass(frozen=True)
class Signer:
    """Somebody who may sign at a place, and on what basis; without one, a delay has yet to run out."""

    person: User
    basis: Basis | None
    why_later: str = ""

    @property
    def formula(self) -> str:
        """As what they would sign, in French as the act is; empty for the holder of the office."""
        return self.basis.formula if self.basis else ""


def signers_of(place: Signatory) -> list[Signer]:
    """Return who may sign at this place today, its holder first; those too who may once a delay has run.

    A few queries for each person whom the office or the register names.
    """
    named = SigningAuthority.objects.filter(office=place.office, withdrawn_at=None)
    held = Mandate.objects.in_force().filter(
        Q(office=place.office) | Q(person__in=named.values("delegate__person")),
        limited_type=None,
        person__is_active=True,
    )
    holds: dict[User, bool] = {}
    for mandate in held.select_related("person").order_by("pk"):
        holds[mandate.person] = holds.get(mandate.person, False) or mandate.office_id == place.office_id
    found = []
    for person in sorted(holds, key=lambda one: (not holds[one], one.pk)):
        basis = Standings(person).basis(place)
        if isinstance(basis, Basis):
            found.append(Signer(person, basis))
        elif isinstance(basis, NoBasis) and basis.rule == Rule.COOLING:
            found.append(Signer(person, None, basis.message))
    return found
