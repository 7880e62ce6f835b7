"""What a contract in preparation lacks before it is opened, and what deserves a second look."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from contracts.kinds import kind
from contracts.models import PILOTING, Commitment, Contract, Part
from stakeholders.kinds import KINDS, Power, Side
from stakeholders.models import Mandate, Organisation
from stakeholders.titles import as_subject
from stakeholders.wording import day
from workflow.guests.models import Contact
from workflow.opening import pages, seats, signers, timetable
from workflow.opening.participants import taking_part
from workflow.opening.proposals import Seat

_SIDES = {
    Side.STATE: lambda: _("l’État"),
    Side.LOCAL: lambda: _("la commune"),
    Side.JUDICIAL: lambda: _("l’autorité judiciaire"),
    Side.PARTNER: lambda: _("un partenaire"),
}


@dataclass(frozen=True)
class Gap:
    """Something missing: on which page, in a sentence; ``blocking``: the contract cannot be opened so."""

    page: str
    sentence: str
    blocking: bool = True

    @property
    def slug(self) -> str:
        """The place of the page in the address."""
        return pages.BY_CODE[self.page].slug


def gaps(contract: Contract) -> list[Gap]:
    """Return all that is missing, page by page, the blocking ones first."""
    found = [
        *_unsaved(contract),
        *_initiative(contract),
        *people(contract),
        *_unreached(contract),
        *places(contract),
        *_calendar(contract),
    ]
    return sorted(found, key=lambda gap: not gap.blocking)


def _unsaved(contract: Contract) -> Iterator[Gap]:
    for page in pages.PAGES:
        if page.code not in contract.opening.saved:
            yield Gap(
                page.code, _("La page « %(page)s » n’est pas encore enregistrée.") % {"page": page.title}
            )


def _initiative(contract: Contract) -> Iterator[Gap]:
    opening = contract.opening
    if not contract.participations.filter(organisation=opening.organisation_id, part__in=PILOTING).exists():
        words = {"name": as_subject(opening.organisation.name)}
        yield Gap(pages.PARTICIPANTS, _("%(name)s prépare ce contrat et n’en est pas pilote.") % words)
    if not opening.letter_text and not opening.letter_sha256:
        yield Gap(pages.INITIATIVE, _("La lettre d’initiative n’est pas jointe."), blocking=False)


def people(contract: Contract) -> Iterator[Gap]:
    """Say which pilots and which parties, that the kind of contract requires, do not take part."""
    present = taking_part(contract)
    parts = {part for _organisation, part in present}
    if Part.STATE_PILOT not in parts:
        yield Gap(pages.PARTICIPANTS, _("Aucune organisation ne pilote le contrat pour l’État."))
    if Part.CITY_PILOT not in parts:
        yield Gap(pages.PARTICIPANTS, _("Aucune organisation ne pilote le contrat pour la commune."))
    kinds_present = {organisation.kind for organisation, _part in present}
    for party in kind(contract.kind).parties:
        if party.required and not kinds_present & set(party.organisation_kinds):
            yield Gap(
                pages.PARTICIPANTS,
                _("%(title)s lie aussi %(side)s : ajoutez l’organisation qui convient (%(kinds)s).")
                % {
                    "title": capfirst(kind(contract.kind).the_title),
                    "side": _SIDES[Side(party.side)](),
                    "kinds": ", ".join(str(KINDS[code].label) for code in party.organisation_kinds),
                },
            )
    for organisation, numbers in unasked_leads(contract):
        yield Gap(
            pages.PARTICIPANTS,
            _("%(organisation)s est responsable d’engagements (%(numbers)s) et n’est pas consultée.")
            % {"organisation": as_subject(organisation.name), "numbers": ", ".join(numbers)},
            blocking=False,
        )


def _unreached(contract: Contract) -> Iterator[Gap]:
    for organisation in unreached(contract):
        yield Gap(
            pages.PARTICIPANTS,
            _(
                "%(organisation)s n’a personne qui puisse rendre son avis. Une fois le contrat ouvert, "
                "désignez un contact par son nom et son adresse, à la page « Contacts »."
            )
            % {"organisation": organisation.name},
            blocking=False,
        )


def unreached(contract: Contract) -> list[Organisation]:
    """Return who is asked for an opinion and has nobody to give it: neither an account nor a contact."""
    asked = [organisation for organisation, part in taking_part(contract) if part == Part.REVIEWER]
    held = Mandate.objects.in_force().filter(
        office__organisation__in=asked, limited_type=None, person__is_active=True
    )
    reached = {
        mandate.office.organisation_id
        for mandate in held.select_related("office__organisation")
        if Power.REVIEW in mandate.office.powers
    }
    alone = [organisation for organisation in asked if organisation.pk not in reached]
    if not alone:
        return []
    named = Contact.objects.filter(contract=contract, organisation__in=alone, removed_at=None)
    contacted = set(named.values_list("organisation", flat=True))
    return [organisation for organisation in alone if organisation.pk not in contacted]


def unasked_leads(contract: Contract) -> list[tuple[Organisation, list[str]]]:
    """Return who leads commitments of the draft and is neither a pilot nor asked for an opinion."""
    asked = [o.pk for o, part in taking_part(contract) if part != Part.OBSERVER]
    led = Commitment.objects.filter(volet__contract=contract).exclude(lead__in=asked)
    found: dict[Organisation, list[str]] = {}
    for commitment in led.select_related("lead", "volet"):
        found.setdefault(commitment.lead, []).append(commitment.number)
    return list(found.items())


def places(contract: Contract) -> Iterator[Gap]:
    """Say who has to sign and has no place, and in which places nobody could sign today."""
    yield from missing_places(contract)
    rows = list(contract.signatories.select_related("office__organisation", "contract"))
    for place, found in signers.candidates.of(rows).items():
        if said := signers.nobody(place, found):
            yield Gap(pages.SIGNATORIES, said, blocking=False)


def missing_places(contract: Contract) -> Iterator[Gap]:
    """Say who has to sign and has no place."""
    rows = list(contract.signatories.select_related("office__organisation"))
    if not any(place.required for place in rows):
        yield Gap(pages.SIGNATORIES, _("Désignez au moins un signataire obligatoire."))
    signing = {place.office.organisation_id for place in rows}
    for seat in seats.proposed(contract):
        if seat.required and seat.organisation.pk not in signing:
            yield Gap(pages.SIGNATORIES, without_a_place(seat))


def without_a_place(seat: Seat) -> str:
    """Say that an organisation that has to sign has no place, and what to do."""
    if seat.office is None:
        return _(
            "%(organisation)s n’a pas encore de fonction qui signe : "
            "demandez à son administrateur de la créer."
        ) % {"organisation": as_subject(seat.organisation.name)}
    return _("%(organisation)s n’a pas de place parmi les signataires : ajoutez « %(office)s ».") % {
        "organisation": as_subject(seat.organisation.name),
        "office": seat.office.title,
    }


def _calendar(contract: Contract) -> Iterator[Gap]:
    if contract.target_date and contract.target_date < timezone.localdate():
        yield Gap(pages.CALENDAR, _("La date de signature souhaitée est passée."), blocking=False)
    elif contract.target_date and contract.days:
        laid = timetable.of(contract)
        if not laid.holds(contract.target_date):
            yield Gap(
                pages.CALENDAR,
                _("Les délais mènent au %(end)s, après la date souhaitée du %(target)s.")
                % {"end": day(laid.ends_on), "target": day(contract.target_date)},
                blocking=False,
            )
