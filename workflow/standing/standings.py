"""As what a person may do a task: their own office, or in somebody's place, and why.

A signature takes a basis (:mod:`stakeholders.authority`). Any other task belongs to whoever
holds the power in the organisation that owes it; during a declared absence to the
substitute; and to the colleague it was passed on to.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from functools import cached_property

from django.db.models import Exists, OuterRef, Prefetch, QuerySet, prefetch_related_objects
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import Contract, Signatory
from stakeholders.authority import Basis, NoBasis, decide, decide_within_scope, question_about
from stakeholders.incompatibilities import never_entrusted
from stakeholders.kinds import Power
from stakeholders.models import Absence, Mandate, Role, SigningAuthority, User
from stakeholders.permissions import (
    held_on,
    holds,
    organisation_may,
    rows_held_on,
    with_rights,
)
from stakeholders.prepared import A_DAY, MARKER, Prepared
from stakeholders.reading import asked_once, told
from workflow.engine.tasks import Task, organisation_of, place_of, power_of
from workflow.standing.models import Transfer
from workflow.standing.register import Register, acts_naming, acts_naming_any, holding

NO_TRANSFER = frozenset({Power.SIGN, Power.RECORD_RESOLUTION})


@dataclass(frozen=True)
class Standing:
    """The mandate by which a person may do a task, and what lets them where that is not enough."""

    mandate: Mandate
    basis: Basis | None = None
    absence: Absence | None = None
    transfer: Transfer | None = None

    @property
    def is_delegated(self) -> bool:
        """Whether the person acts in somebody else's place."""
        in_place = self.basis is not None and not self.basis.is_own
        return in_place or self.absence is not None or self.transfer is not None

    @property
    def quality(self) -> str:
        """As what the person acts, as the journal keeps it and the page says."""
        if self.basis is not None:
            return self.basis.quality
        if self.absence is not None:
            return _("%(office)s, en l’absence de %(person)s") % {
                "office": self.mandate.quality,
                "person": self.absence.mandate.person,
            }
        if self.transfer is not None:
            return _("%(office)s, à qui %(person)s a confié cette tâche") % {
                "office": self.mandate.quality,
                "person": self.transfer.giver.person,
            }
        return self.mandate.quality

    def facts(self) -> dict[str, object]:
        """Return what the journal adds to an act done in somebody's place."""
        if self.basis is not None:
            return self.basis.facts()
        if self.absence is not None:
            return {"absence": self.absence.pk, "in_place_of": str(self.absence.mandate.person)}
        if self.transfer is not None:
            return {"transfer": self.transfer.pk, "in_place_of": str(self.transfer.giver.person)}
        return {}


class Standings:
    """What one person may do on one day; the rows are read once, then any number of tasks is asked."""

    def __init__(self, person: User, on: dt.date | None = None) -> None:
        self.person, self.on = person, on or timezone.localdate()

    @cached_property
    def mandates(self) -> list[Mandate]:
        """The person's mandates of the day; each says whether an act, an absence or a task names its holder.

        Of most people, none does: what is in whose place they may act is then not asked for.
        """
        if self.person.only_mandates is not None or not self.person.is_active:
            held = list(_with_names(rows_held_on(self.person, self.on), self.on))
        else:
            held = _HELD.rows(self.person.pk, self.on)
            for mandate in held:
                mandate.person = self.person
        return list(told(held_on, held, self.person, self.on))

    def read(self) -> Standings:
        """Read the mandates now: who asks less about them, later in a page, then asks nothing."""
        _held = self.mandates
        return self

    def _some(self, named: str) -> bool:
        return any(getattr(mandate, named) for mandate in self.mandates)

    @property
    def _keeps_apart(self) -> bool:
        """Whether the person holds the control of legality: in nobody's place do they negotiate then."""
        return any(mandate.office.role == Role.LEGALITY for mandate in self.mandates)

    @cached_property
    def _absences(self) -> list[Absence]:
        if not self._some("replaces"):
            return []
        rows = Absence.objects.in_force(self.on).filter(substitute__in=[m.pk for m in self.mandates])
        found = list(rows.select_related("mandate__office__organisation", "mandate__person", "substitute"))
        mine = {mandate.pk: mandate for mandate in self.mandates}
        for absence in found:  # an office changed, or was given, since it was declared
            never = never_entrusted(mine[absence.substitute_id], keeps_apart=self._keeps_apart)
            absence.powers = [power for power in absence.powers if power not in never]
        return [absence for absence in found if absence.powers]

    @cached_property
    def _transfers(self) -> dict[int, Transfer]:
        if self._keeps_apart or not self._some("received"):
            return {}
        rows = Transfer.objects.filter(receiver__in=[m.pk for m in self.mandates], ended_at=None)
        found = rows.select_related("giver__person", "giver__office__organisation").order_by("pk")
        return {row.task_id: row for row in found if row.giver.runs_on(self.on)}

    @cached_property
    def _authorities(self) -> list[SigningAuthority]:
        return acts_naming(self.person) if self.may_be_named else []

    @property
    def may_be_named(self) -> bool:
        """Whether an act may name the person: who holds nothing may still be named in vain."""
        if self.person.only_mandates is not None:  # a session that a mailed code opened signs nothing
            return False
        return not self.mandates or self._some("named_by_act")

    @cached_property
    def _holders(self) -> list[Mandate]:
        """The mandates of the offices in whose place the person may sign: who holds them, who held them."""
        offices = {row.office_id for row in self._authorities}
        return list(holding(offices)) if offices else []

    @property
    def organisations(self) -> set[int]:
        """The organisations for which the person may have something to do."""
        return {mandate.office.organisation_id for mandate in self.mandates}

    def for_task(self, task: Task) -> Standing | None:
        """Return as what the person may do this task that day, or None."""
        contract = task.process.circuit.contract
        if (signatory := place_of(task)) is not None:
            basis = self.basis(signatory)
            return Standing(basis.mandate, basis=basis) if isinstance(basis, Basis) else None
        power = power_of(task)
        if power is None:
            return None
        owing = organisation_of(task)
        here = [m for m in self._covering(contract) if m.office.organisation_id == owing]
        return self._for_power(power, here, task)

    def basis(self, signatory: Signatory) -> Basis | NoBasis:
        """Say on what basis the person may fill this signatory's place that day, or which rule says no."""
        contract: Contract = signatory.contract
        return decide(
            question_about(
                self.person,
                signatory.office,
                contract_kind=contract.kind,
                communes=contract.communes,
                on=self.on,
            ),
            mandates=[*self._covering(contract), *self._holders],
            authorities=self._authorities,
        )

    def authorities_in_force(self) -> list[SigningAuthority]:
        """The acts by which the person may sign for an office not theirs, kind and territory aside."""
        own = {mandate.office_id for mandate in self.mandates}
        mandates = [*self.mandates, *self._holders]
        return [
            row
            for row in self._authorities
            if row.office_id not in own
            and isinstance(decide_within_scope(row, mandates=mandates, on=self.on), Basis)
        ]

    def absences_in_force(self) -> list[Absence]:
        """The absences in which the person is the substitute that day."""
        return [absence for absence in self._absences if absence.mandate.runs_on(self.on)]

    @property
    def may_act_in_place(self) -> bool:
        """Whether anything, today, could have the person act in somebody else's place."""
        return bool(self._transfers or self._authorities or self._absences)

    @property
    def passed_on(self) -> list[int]:
        """The tasks that colleagues passed on to the person."""
        return list(self._transfers)

    @cached_property
    def ways(self) -> Hashable:
        """All that decides which tasks come to the person (``own_ways``, ``ways_in_place``), as values."""
        return (
            tuple(
                (m.office_id, m.office.organisation_id, m.office.powers, m.limited_type_id, m.limited_id)
                for m in self.mandates
            ),
            tuple(
                (row.office_id, row.office.organisation_id, tuple(row.contract_kinds), tuple(row.communes))
                for row in self.authorities_in_force()
            ),
            tuple(
                (
                    *(row.mandate.office.organisation_id, tuple(row.powers), row.mandate.office.powers),
                    *(row.mandate.limited_type_id, row.mandate.limited_id),
                )
                for row in self.absences_in_force()
            ),
            tuple(self.passed_on),
        )

    def is_named_for(self, signatory: Signatory) -> bool:
        """Whether some act names the person for this office, whatever it is worth today."""
        return any(row.office_id == signatory.office_id for row in self._authorities)

    def _covering(self, contract: Contract) -> list[Mandate]:
        """Return the person's mandates that count for this contract: a guest's counts for one alone."""
        return [mandate for mandate in self.mandates if mandate.covers(contract)]

    def _for_power(self, power: Power, here: list[Mandate], task: Task) -> Standing | None:
        own = next((m for m in here if power in m.office.powers), None)
        if own is not None:
            return Standing(own)
        by_pk = {mandate.pk: mandate for mandate in here}
        for absence in self._absences:
            entrusted = power in absence.powers and power in absence.mandate.office.powers
            of_it = absence.mandate.runs_on(self.on) and absence.mandate.covers(task.process.circuit.contract)
            if entrusted and absence.substitute_id in by_pk and of_it:
                return Standing(by_pk[absence.substitute_id], absence=absence)
        transfer = self._transfers.get(task.pk)
        theirs = transfer is not None and power in transfer.giver.office.powers
        if transfer is not None and theirs and transfer.receiver_id in by_pk and power not in NO_TRANSFER:
            return Standing(by_pk[transfer.receiver_id], transfer=transfer)
        return None


def standings_of(person: User, on: dt.date | None = None) -> Standings:
    """Return what the person may do on that day, today by default; the same rows for all that a page asks."""
    return _standings_of(person, on or timezone.localdate())


@asked_once
def _standings_of(person: User, on: dt.date) -> Standings:
    return Standings(person, on)


def standings_of_many(people: Iterable[User], read: Register | None = None) -> dict[int, Standings]:
    """Return what each of these people may do today, by person; all their mandates are read in one query.

    For who shows a page to many: within a reading, nothing asks for their mandates again. ``read`` holds
    every act that names one of them, where the caller had to know.
    """
    day, all_of_them = timezone.localdate(), list(people)
    held = _with_names(with_rights(Mandate.objects.in_force(day).filter(person__is_active=True)), day)
    prefetch_related_objects(all_of_them, Prefetch("mandates", held))
    found = {}
    for person in all_of_them:
        mine = found[person.pk] = standings_of(person, day)
        mine.mandates = list(told(held_on, person.mandates.all(), person, day))
    _know_acts(found.values(), read)
    return found


def _know_acts(standings: Iterable[Standings], read: Register | None) -> None:
    """Read, for all of these people at once, the acts that name them and who held the offices of those."""
    named = {mine.person.pk: mine for mine in standings if mine.may_be_named}
    if read is None:
        rows = list(acts_naming_any(named)) if named else []
        read = Register(rows, [], set())
    acts: dict[int, list[SigningAuthority]] = {person: [] for person in named}
    for row in read.acts:
        if (person := row.delegate.person_id) in acts:
            acts[person].append(row)
    offices = {row.office_id for of_one in acts.values() for row in of_one} - read.offices
    held = [*read.held, *(holding(offices) if offices else ())]
    for person, mine in named.items():
        mine._authorities = acts[person]
        own = {row.office_id for row in mine._authorities}
        mine._holders = [mandate for mandate in held if mandate.office_id in own]


def _with_names(held: QuerySet[Mandate], on: dt.date) -> QuerySet[Mandate]:
    """Have each mandate say whether an act, an absence or a task names its holder."""
    return held.annotate(
        named_by_act=Exists(SigningAuthority.objects.filter(delegate__person=OuterRef("person"))),
        replaces=Exists(Absence.objects.in_force(on).filter(substitute=OuterRef("pk"))),
        received=Exists(Transfer.objects.filter(receiver=OuterRef("pk"), ended_at=None)),
    )


_HELD = Prepared(
    lambda person, on: _with_names(with_rights(Mandate.objects.in_force(on).filter(person=person)), on),
    *(MARKER, A_DAY),
)


def standing_to_act(user: User, task: Task, on: dt.date | None = None) -> Standing | None:
    """Return as what the person may do this task today; for one decision, so guardian's row is asked too."""
    return confirmed_standing(standings_of(user, on), task)


def confirmed_standing(standings: Standings, task: Task) -> Standing | None:
    """Return as what the person may do this task, guardian's row asked too; the person's rows are at hand."""
    standing = standings.for_task(task)
    power = power_of(task)
    if standing is None or power is None:
        return None
    here = next((m for m in standings.mandates if m.office.organisation_id == organisation_of(task)), None)
    may = holds(here, power) if here else organisation_may(power, task.owner_permission_obj)
    return standing if may else None


def why_not(user: User, task: Task) -> str:
    """Return the sentence that says which rule keeps the person from signing; nothing for another task."""
    if (signatory := place_of(task)) is None:
        return ""
    found = standings_of(user).basis(signatory)
    return found.message if isinstance(found, NoBasis) else ""
