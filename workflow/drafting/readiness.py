"""Before a version is frozen: what blocks it, what it lacks, where each is put right."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.urls import reverse
from django.utils.translation import gettext as _

from contracts import soundness
from contracts.canonical import Content, commitments
from contracts.models import Contract, Part, Signatory
from contracts.soundness import Lack, Spot
from signatures import blobs
from stakeholders.authority import Basis
from stakeholders.models import SigningAuthority, User
from stakeholders.titles import as_subject
from workflow.standing.parties import taking_part
from workflow.standing.standings import standings_of

# What no page of the draft holds is put right where a running contract is changed, at its part.
FRAMEWORK = {"signatory": "#signataires", "signatories": "#signataires", "participants": "#participants"}


@dataclass(frozen=True)
class Point:
    """Something wrong or missing: the sentence, and (name, address) of each place where it is put right."""

    sentence: str
    links: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Readiness:
    """What stands between a draft and its version: ``blocking`` first, then what is only pointed out."""

    blocking: list[Point]
    warnings: list[Point]


def readiness(contract: Contract, content: Content) -> Readiness:
    """Return what blocks this content of the contract, and what is pointed out."""
    ways = _Ways(contract)
    lacks = [*soundness.lacks(content), *_not_asked(contract, content), *_nobody_to_sign(contract)]
    return Readiness(
        [ways.point(lack) for lack in blocking(contract, content)], [ways.point(lack) for lack in lacks]
    )


def blocking(contract: Contract, content: Content) -> list[Lack]:
    """Return what keeps this content of the contract from being frozen."""
    return [*soundness.faults(content, contract.kind), *_files_lost(content)]


def _files_lost(content: Content) -> Iterable[Lack]:
    """Say which files of annexes the store no longer has as they came."""
    for annex in content["annexes"]:
        file = annex["file"]
        if file and not blobs.holds(file["sha256"], file["size"]):
            yield Lack(
                _("Le fichier de l’annexe %(number)s, « %(title)s », n’est plus lisible : remplacez-le.")
                % annex,
                (Spot("annex", annex["key"], _("Annexe %(number)s") % annex, "file"),),
            )


class _Ways:
    """The addresses of a contract's parts, as a content names them."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.volets = {volet.order: volet.pk for volet in contract.volets.all()}

    def point(self, lack: Lack) -> Point:
        """Return a lack with its addresses."""
        links = ((spot.name or _("Corriger"), self.to(spot)) for spot in lack.spots)
        return Point(lack.sentence, [(name, address) for name, address in links if address])

    def to(self, spot: Spot) -> str:
        """Return where a part is written, at its field; nothing where no page of the draft holds it."""
        anchor = f"#id_{spot.field}" if spot.field else ""
        if spot.part == "commitment":
            return reverse("commitment_edit", args=[self.contract.pk, spot.key]) + anchor
        if spot.part == "volet" and spot.key in self.volets:
            return f"{reverse('draft_editor', args=[self.contract.pk])}#volet-{self.volets[spot.key]}"
        if spot.part == "annex":
            return reverse("annex_edit", args=[self.contract.pk, spot.key]) + anchor
        if spot.part in FRAMEWORK:
            return reverse("contract_framework", args=[self.contract.pk]) + FRAMEWORK[spot.part]
        if spot.part == "clauses":
            return reverse("draft_clauses", args=[self.contract.pk])
        if spot.part == "contract" and spot.field:
            return reverse("contract_edit", args=[self.contract.pk]) + anchor
        if spot.part == "contract":
            return reverse("draft_editor", args=[self.contract.pk])
        return ""


def _not_asked(contract: Contract, content: Content) -> Iterable[Lack]:
    """Say who leads commitments and will be asked nothing about them."""
    asked = {row.organisation_id for row in taking_part(contract) if row.part != Part.OBSERVER}
    led: dict[str, list[Content]] = {}
    for row in commitments(content):
        if row["lead"]["id"] not in asked:
            led.setdefault(row["lead"]["name"], []).append(row)
    for name, rows in led.items():
        spots = (
            *(Spot("commitment", row["id"], row["number"], "lead") for row in rows),
            Spot("participants", name=_("lui demander un avis")),
        )
        yield Lack(
            _("%(organisation)s est responsable d’engagements et ne sera pas consultée :")
            % {"organisation": as_subject(name)},
            spots,
        )


def _nobody_to_sign(contract: Contract) -> Iterable[Lack]:
    """Say which places nobody could fill today: the office is vacant, and no act lets anybody sign for it."""
    for place in contract.places:
        if place.office.holder() is None and not _deputies(place):
            yield Lack(
                _(
                    "Personne ne pourrait signer aujourd’hui pour « %(capacity)s » : la fonction est vacante "
                    "et le registre n’y habilite personne. L’administrateur de l’organisation la pourvoit."
                )
                % {"capacity": place.capacity},
                (Spot("signatory", place.order, _("Signataires du contrat")),),
            )


def _deputies(place: Signatory) -> list[User]:
    """Return whom an act of the register lets sign at this place today."""
    named = SigningAuthority.objects.filter(office=place.office).select_related("delegate__person")
    people = {row.delegate.person for row in named}
    return [person for person in people if isinstance(standings_of(person).basis(place), Basis)]
