"""Before anybody is asked to sign: who would, by which means, and what of it is to be put right.

A table by place of signature, looked at when the text is settled and again whenever something of it changes.
With a warning that nobody accepted the signing does not open (:mod:`workflow.signing.launch_acts`); a
rehearsal that fails is accepted by nobody.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from functools import cached_property

from django.utils import timezone

from contracts.models import Contract, ContractVersion, Signatory, Status
from signatures import keys, levels_now
from signatures.backends import backend
from signatures.levels import level_name
from signatures.models import EnrolledKey
from stakeholders.models import User
from workflow.council.rules import council_allows
from workflow.engine import purposes
from workflow.engine.tasks import Task, is_open, open_tasks, serves
from workflow.signing import holders, preflight, rules, warned
from workflow.signing.levels import required_of
from workflow.signing.models import AcceptedWarning, Rehearsal
from workflow.signing.warned import Warned
from workflow.standing.signers import Signer, signers_of


@dataclass(frozen=True)
class KeyLooked:
    """One means of signing as it was looked at: its certificate, its level by the lists of now."""

    key: EnrolledKey
    facts: dict[str, str]
    warnings: list[Warned]

    @property
    def means(self) -> str:
        """Return what holds the key, in words."""
        return str(backend(self.key.means).label)

    @property
    def level(self) -> str:
        """Name the level of its signatures, to follow « signature »."""
        return level_name(self.facts["level"])

    @property
    def territory(self) -> str:
        """Return the territory whose list knows its authority, blank where none does."""
        return self.facts.get("territory", "") if self.facts.get("sequence") else ""

    @property
    def list_is_stale(self) -> bool:
        """Tell whether that list has passed the date of its update."""
        return self.facts.get("why") == "stale"


@dataclass(frozen=True)
class PersonLooked:
    """Somebody who may sign at a place, with their means; ``alone`` is said where they have none."""

    signer: Signer
    keys: list[KeyLooked]
    alone: Warned | None = None

    @property
    def warnings(self) -> list[Warned]:
        """Return those of their best means of signing: fewer first, the last used before the others."""
        if self.alone is not None:
            return [self.alone]
        return min((one.warnings for one in self.keys), key=len)


@dataclass(frozen=True)
class Standing:
    """A warning at a place, and how it was accepted, if it was."""

    signatory: Signatory
    warned: Warned
    accepted: AcceptedWarning | None

    @property
    def mark(self) -> str:
        """Return what names this very warning in a form."""
        return f"{self.signatory.pk}:{self.warned.code}:{self.warned.about}"


@dataclass(frozen=True)
class Place:
    """One row of the table: a place of signature, until when it may be asked, who may sign there."""

    signatory: Signatory
    required: str  # the name of the level, to follow « signature »; blank for a SPÉCIMEN
    term: dt.date
    people: list[PersonLooked]
    warnings: list[Standing]
    difference: holders.Difference | None

    @property
    def is_ready_for_all(self) -> bool:
        """Tell whether whoever may sign here could: one who could is enough, and is not said to be all."""
        return not any(one.warnings for one in self.people)


@dataclass
class Table:
    """What was looked at before a version is signed: its places, and its last rehearsal."""

    version: ContractVersion
    places: list[Place] = field(default_factory=list)
    rehearsal: Rehearsal | None = None

    @cached_property
    def warnings(self) -> list[Standing]:
        """Return every warning, accepted or not, in the order of the places."""
        return [one for place in self.places for one in place.warnings]

    @property
    def left(self) -> list[Standing]:
        """Return the warnings that nobody accepted."""
        return [one for one in self.warnings if one.accepted is None]

    @property
    def failure(self) -> str:
        """Return why the last rehearsal would not do, blank when it was valid."""
        return self.rehearsal.failure if self.rehearsal else ""

    @property
    def stops(self) -> bool:
        """Tell whether the signing may not open."""
        return bool(self.left or self.failure)


def table(version: ContractVersion) -> Table:
    """Look at the means of whoever may sign each place of a version, by the facts of now.

    Some queries a person, and the lists once; a few milliseconds a certificate. Nothing is written.
    """
    contract = version.contract
    signing = rules.round_of(version)
    specimen = signing is not None and signing.envelope.specimen
    people = {place.pk: signers_of(place) for place in contract.places}
    held = {one.person.pk: keys.of(one.person) for each in people.values() for one in each}
    facts = levels_now.facts_of(key for each in held.values() for key in each)
    accepted = {
        (row.signatory_id, row.code, row.about): row
        for row in AcceptedWarning.objects.filter(version=version).select_related(
            "author", "mandate__office__organisation"
        )
    }
    found = Table(version, rehearsal=version.rehearsals.order_by("pk").last())
    for place in contract.places:
        required, term = "" if specimen else required_of(place), term_of(place, version)
        looked = [_person(one, held[one.person.pk], facts, required, term) for one in people[place.pk]]
        found.places.append(
            Place(
                place,
                level_name(required) if required else "",
                term,
                looked,
                [
                    Standing(place, one, accepted.get((place.pk, one.code, one.about)))
                    for one in _warnings(place, looked)
                ],
                holders.difference_at(place, version),
            )
        )
    return found


def _person(
    signer: Signer, held: list[EnrolledKey], facts: dict[int, dict[str, str]], required: str, term: dt.date
) -> PersonLooked:
    person: User = signer.person
    if not held:
        return PersonLooked(signer, [], warned.of_no_key(person, keys.all_of(person)))
    looked = [
        KeyLooked(key, facts[key.pk], warned.of_key(person, key, facts[key.pk], required, term))
        for key in held
    ]
    return PersonLooked(signer, looked)


def _warnings(place: Signatory, people: list[PersonLooked]) -> list[Warned]:
    """Return none where somebody is ready; else those of the first who has a means, the holder before all."""
    if not people:
        return [warned.no_signatory(place.capacity)]
    return min(people, key=lambda one: (bool(one.warnings), one.alone is not None)).warnings


def term_of(place: Signatory, version: ContractVersion) -> dt.date:
    """Return the last day on which the signature at this place would be on time, were it asked now.

    One that waits for the council is asked when its resolution is due at the latest.
    """
    contract, since = version.contract, timezone.localdate()
    if not council_allows(place, version):
        since = contract.due(purposes.RECORD_RESOLUTION, since, _days(contract, purposes.RECORD_RESOLUTION))
    return contract.due(purposes.SIGN, since, _days(contract, purposes.SIGN))


def _days(contract: Contract, purpose: str) -> int:
    steps = contract.circuit.process.flow_class.steps_for(purpose)
    return int(steps[0].days) if steps else 0


def held_by(contract: Contract) -> list[Task]:
    """Return the tasks of the pilots while the signing is held: one for each of them."""
    if contract.status != Status.FINAL_TEXT:
        return []
    return [task for task in open_tasks(contract) if is_open(task) and serves(task, purposes.CLEAR_LAUNCH)]


def held() -> list[Contract]:
    """Return the contracts whose signing is held."""
    waiting = Contract.objects.filter(status=Status.FINAL_TEXT, circuit__isnull=False)
    return [one for one in waiting.select_related("circuit__process").order_by("pk") if held_by(one)]


def is_rehearsed(contract: Contract, version: ContractVersion) -> bool:
    """Tell whether the last rehearsal was made with keys as the signatories hold today."""
    last = version.rehearsals.order_by("pk").last()
    return last is not None and last.kinds == preflight.kinds_of(contract)
