"""Reading a kind of contract from its file, and refusing one that says what cannot be."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from django.utils.functional import Promise

from contracts.models import Part, SignatoryKind
from contracts.volets import VoletTemplate
from stakeholders.kinds import KINDS, ContractKind, Side
from stakeholders.models import Role

FOLDER = Path(__file__).resolve().parent
PLACES = ("before", "after")  # of a clause, as to the volets
STEPS = (  # whose days a kind gives
    *("contribute", "synthesise", "accept_synthesis"),
    *("draft", "freeze", "review", "approve", "council_resolution", "sign"),
)
PAGES = ("initiative", "perimeter", "participants", "signatories", "calendar")  # of an opening
LONGEST = 366  # days, for one step
FURTHEST = 60  # days, from a term to what reminds of it
COUNTED = ("working", "calendar")  # days
# whose silence says nothing, whatever a file says: the parties, the security forces, the judicial authority
NEVER_SILENT = frozenset(
    {
        *("prefecture", "municipality", "intermunicipality"),
        *("national_police", "gendarmerie", "prosecution"),
    }
)

Table = dict[str, Any]
Row = TypeVar("Row")


class KindError(ValueError):
    """A file of a kind says what cannot be; the message names the file and what is wrong."""


@dataclass(frozen=True)
class VoletOfKind:
    """A volet that comes by itself: its code (a VoletTemplate), its title, what to write there."""

    code: str
    title: str
    guidance: str


@dataclass(frozen=True)
class Clause:
    """A clause that the act has whatever its volets; ``text`` has named fields in braces.

    ``place`` is ``before`` or ``after`` the volets; one that is ``required`` is left out for a reason only.
    """

    code: str
    heading: str
    text: str
    place: str
    required: bool = False


@dataclass(frozen=True)
class PartOfOrganisation:
    """What an organisation of a kind is proposed to be: a ``Part``."""

    organisation_kind: str
    part: str


@dataclass(frozen=True)
class Parties:
    """Who makes the contract on one side; ``required``: without it there is no such contract."""

    side: str
    organisation_kinds: tuple[str, ...]
    required: bool


@dataclass(frozen=True)
class Place:
    """A place proposed on the signature page, in the order of the file.

    ``capacity`` holds ``{office}``, the title of the office; ``waits_for_council`` locks the place until
    the council's resolution is enforceable (CGCT, art. L. 2131-1).
    """

    organisation_kind: str
    role: str
    capacity: str
    kind: str
    required: bool
    waits_for_council: bool


@dataclass(frozen=True)
class Reminders:
    """When whoever is awaited is reminded: so many days before the term (0 for the day itself), and after.

    ``counted`` is how those days are counted, ``working`` or ``calendar``; ``substitute``, ``head`` and
    ``pilots``, after how many working days is told whoever replaces the person awaited, then the head of the
    organisation, then the contract's pilots.
    """

    before: tuple[int, ...]
    after: tuple[int, ...]
    counted: str
    substitute: int
    head: int
    pilots: int


@dataclass(frozen=True)
class KindOfContract:
    """A kind of contract: its words, its volets, its clauses, who makes and who signs it.

    ``article`` ("le", "la", "l’") is for sentences; ``legal_basis`` are the visas; ``period_rules`` what
    its duration may follow; ``empty_volet`` what a volet without text nor commitment says, nothing where it
    is left out; ``guidance`` what is asked at each page of an opening; ``days`` the working
    days of each step; ``silent`` the kinds of organisation whose silence at the term of an opinion counts
    as « sans avis ».
    """

    code: str
    title: str
    article: str
    legal_basis: tuple[str, ...]
    period_rules: tuple[str, ...]
    empty_volet: str
    guidance: dict[str, str]
    volets: tuple[VoletOfKind, ...]
    clauses: tuple[Clause, ...]
    parts: tuple[PartOfOrganisation, ...]
    parties: tuple[Parties, ...]
    signatories: tuple[Place, ...]
    days: dict[str, int]
    reminders: Reminders
    silent: tuple[str, ...]

    @property
    def the_title(self) -> str:
        """Its title with its article: « le contrat de sécurité intégrée », « l’accord »."""
        title = self.title[:1].lower() + self.title[1:]
        return f"{self.article}{title}" if self.article.endswith("’") else f"{self.article} {title}"

    def part_of(self, organisation_kind: str) -> str | None:
        """Return the part proposed to organisations of this kind, or None."""
        return next((row.part for row in self.parts if row.organisation_kind == organisation_kind), None)

    def guidance_of(self, volet: str) -> str:
        """Return what to write in a volet of this code, nothing where the kind has none such."""
        return next((row.guidance for row in self.volets if row.code == volet), "")


@cache
def kinds() -> dict[str, KindOfContract]:
    """Return the kinds that may be opened, by their codes, the contrat de sécurité intégrée first."""
    found = [read(path) for path in FOLDER.glob("*.toml")]
    order = list(ContractKind.values)
    return {one.code: one for one in sorted(found, key=lambda one: order.index(one.code))}


def kind(code: str) -> KindOfContract:
    """Return a kind; one that has no file of its own (an amendment) is made as the CSI is."""
    return kinds().get(code) or kinds()[ContractKind.CSI]


def volets_offered(code: str, present: str = "") -> list[tuple[str, Promise]]:
    """Return the models of volet that a contract of this kind may take: not those of another kind alone.

    ``present`` is offered whatever it is: a volet keeps its own.
    """
    own = {volet.code for volet in kind(code).volets}
    others = {volet.code for one in kinds().values() for volet in one.volets} - own - {present}
    return [(value, label) for value, label in VoletTemplate.choices if value not in others]


def read(path: Path) -> KindOfContract:
    """Read and check one file; raises KindError."""
    try:
        return _kind(tomllib.loads(path.read_text(encoding="utf-8")))
    except (KeyError, TypeError, ValueError) as error:
        raise KindError(f"{path.name}: {error}") from error


def _kind(data: Table) -> KindOfContract:
    unknown = data.keys() - {field.name for field in fields(KindOfContract)}
    _hold(not unknown, f"unknown keys {sorted(unknown)}")
    _one_of(data["code"], ContractKind.values)
    _one_of(data["article"], ("le", "la", "l’"))
    found = KindOfContract(
        code=data["code"],
        title=data["title"],
        article=data["article"],
        legal_basis=tuple(data["legal_basis"]),
        period_rules=tuple(data["period_rules"]),
        empty_volet=str(data["empty_volet"]),
        guidance=dict(data["guidance"]),
        volets=_rows(data["volets"], VoletOfKind),
        clauses=_rows(data["clauses"], Clause),
        parts=_rows(data["parts"], PartOfOrganisation),
        parties=tuple(
            Parties(row["side"], tuple(row["organisation_kinds"]), row["required"]) for row in data["parties"]
        ),
        signatories=_rows(data["signatories"], Place),
        days=dict(data["days"]),
        reminders=_reminders(data["reminders"]),
        silent=tuple(data["silent"]),
    )
    for check in _CHECKS:
        check(found)
    return found


def _reminders(table: Table) -> Reminders:
    lists = {name: tuple(table[name]) for name in ("before", "after")}
    return Reminders(**{**table, **lists})


def _rows(tables: Iterable[Table], row: Callable[..., Row]) -> tuple[Row, ...]:
    return tuple(row(**table) for table in tables)


def _hold(condition: bool, what: str) -> None:
    if not condition:
        raise ValueError(what)


def _one_of(value: str, known: Iterable[str]) -> None:
    _hold(value in set(known), f"{value!r} is none of {sorted(known)}")


def _unique(values: Iterable[str]) -> None:
    seen = list(values)
    _hold(len(seen) == len(set(seen)), f"twice the same in {seen}")


def _check_words(found: KindOfContract) -> None:
    _hold(bool(found.title and found.legal_basis and found.period_rules), "title, visas, duration are owed")
    _hold(set(found.guidance) == set(PAGES), f"guidance is owed for {PAGES}")


def _check_text(found: KindOfContract) -> None:
    _unique(volet.code for volet in found.volets)
    _unique(clause.code for clause in found.clauses)
    for volet in found.volets:
        _one_of(volet.code, VoletTemplate.values)
    for clause in found.clauses:
        _one_of(clause.place, PLACES)


def _check_people(found: KindOfContract) -> None:
    _unique(row.organisation_kind for row in found.parts)
    for part in found.parts:
        _one_of(part.organisation_kind, KINDS)
        _one_of(part.part, Part.values)
    for party in found.parties:
        _one_of(party.side, [side.value for side in Side])
        for code in party.organisation_kinds:
            _one_of(code, KINDS)
    for place in found.signatories:
        _one_of(place.organisation_kind, KINDS)
        _one_of(place.role, Role.values)
        _one_of(place.kind, SignatoryKind.values)
        _hold(place.capacity.format(office="") != place.capacity, "a capacity names its {office}")
    _hold(any(place.required for place in found.signatories), "somebody has to sign")


def _check_days(found: KindOfContract) -> None:
    _hold(set(found.days) == set(STEPS), f"days are owed for {STEPS}")
    _hold(all(type(n) is int and 0 < n <= LONGEST for n in found.days.values()), "days are 1 to 366")


def _check_reminders(found: KindOfContract) -> None:
    said = found.reminders
    higher = (said.substitute, said.head, said.pilots)
    _one_of(said.counted, COUNTED)
    for days, least in ((said.before, 0), (said.after, 1), (higher, 1)):
        _unique(map(str, days))
        _hold(all(type(n) is int and least <= n <= FURTHEST for n in days), f"{days}: {least} to {FURTHEST}")
    _hold(list(higher) == sorted(higher), "the substitute is told first, then the head, then the pilots")


def _check_silence(found: KindOfContract) -> None:
    _unique(found.silent)
    for code in found.silent:
        _one_of(code, KINDS)
        _hold(code not in NEVER_SILENT, f"the silence of {code!r} says nothing")


_CHECKS = (_check_words, _check_text, _check_people, _check_days, _check_reminders, _check_silence)
