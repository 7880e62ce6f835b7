"""What is proposed of itself: who takes part as what, who signs in which order. Pure: reads what it is given.

The kind of contract says it (:mod:`contracts.kinds`); whoever prepares the contract changes what they like.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contracts.kinds import KindOfContract
from contracts.models import Part
from stakeholders.kinds import KINDS, Power, Side
from stakeholders.models import Office, Organisation


@dataclass(frozen=True)
class Seat:
    """A place proposed on the signature page; ``office`` is None where the organisation has none such yet."""

    organisation: Organisation
    office: Office | None
    capacity: str
    kind: str
    required: bool
    waits_for_council: bool


def parts_open_to(kind: str) -> list[Part]:
    """Return the parts that an organisation of this kind may take."""
    known = KINDS[kind]
    found = []
    if Power.DRAFT in known.powers and known.side == Side.STATE:
        found.append(Part.STATE_PILOT)
    if Power.DRAFT in known.powers and known.side == Side.LOCAL:
        found.append(Part.CITY_PILOT)
    if Power.REVIEW in known.powers:
        found.append(Part.REVIEWER)
    return [*found, Part.OBSERVER]


def proposed_part(kind: KindOfContract, organisation: Organisation, communes: set[int]) -> Part | None:
    """Return the part proposed to an organisation of the territory, or None: it takes no part.

    A municipality pilots where it is one of the ``communes`` (primary keys), and is not proposed else.
    """
    if organisation.kind == "municipality":
        return Part.CITY_PILOT if organisation.pk in communes else None
    part = kind.part_of(organisation.kind)
    return Part(part) if part and Part(part) in parts_open_to(organisation.kind) else None


def proposed_seats(
    kind: KindOfContract, organisations: Sequence[Organisation], offices: Iterable[Office]
) -> list[Seat]:
    """Return who is proposed to sign, in order: each place of the kind, for each organisation of its kind.

    ``organisations`` take part; ``offices`` are theirs. Several communes make several mayors.
    """
    found, by_role = [], _by_role(offices)
    for place in kind.signatories:
        for organisation in organisations:
            if organisation.kind != place.organisation_kind:
                continue
            office = by_role.get((organisation.pk, place.role))
            title = office.title if office else organisation.name
            found.append(
                Seat(
                    organisation,
                    office,
                    place.capacity.format(office=title),
                    place.kind,
                    place.required,
                    place.waits_for_council,
                )
            )
    return found


def _by_role(offices: Iterable[Office]) -> dict[tuple[int, str], Office]:
    """Return the first office of each role in each organisation."""
    found: dict[tuple[int, str], Office] = {}
    for office in offices:
        found.setdefault((office.organisation_id, office.role), office)
    return found
