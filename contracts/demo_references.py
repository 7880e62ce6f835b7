"""Checks of the demonstration's data: each broken reference is named, all are told at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from contracts.models import Direction, Party, Periodicity, SignatoryKind
from contracts.volets import VoletTemplate
from stakeholders.kinds import KINDS
from stakeholders.models import AuthorityKind, Role

Row = dict[str, Any]
ROLES = {
    "prefect": Role.HEAD,
    "mayor": Role.HEAD,
    "prosecutor": Role.HEAD,
    "prefect_delegate": Role.DELEGATE,
    "mayor_delegate": Role.DELEGATE,
    "state_pilot": Role.PILOT,
    "city_pilot": Role.PILOT,
    "city_validator": Role.VALIDATOR,
    "reviewer": Role.REVIEWER,
    "council_clerk": Role.CLERK,
    "legality_officer": Role.LEGALITY,
    "contributor": Role.CONTRIBUTOR,
}


class DemoDataError(Exception):
    """The data cite what does not exist; ``problems`` are French sentences, one a fault."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


def broken_references(data: Row) -> list[str]:
    """Return one sentence for each reference that leads nowhere, in the order of the file."""
    return list(_References(data))


class _References:
    """The identifiers of a file, and the walk over what cites them."""

    def __init__(self, data: Row) -> None:
        self.data = data
        self.known = {
            name: {row["id"] for row in data[name]}
            for name in ("organisations", "persons", "authorities", "contracts", "territories", "commitments")
        }

    def __iter__(self) -> Iterator[str]:
        yield from self._twice()
        yield from self._organisations()
        yield from self._persons()
        yield from self._authorities()
        yield from self._contracts()
        yield from self._commitments()

    def _twice(self) -> Iterator[str]:
        for name in self.known:
            for identifier, times in Counter(row["id"] for row in self.data[name]).items():
                if times > 1:
                    yield _("L’identifiant « %(id)s » sert %(times)s fois dans « %(name)s ».") % {
                        "id": identifier,
                        "times": times,
                        "name": name,
                    }

    def _organisations(self) -> Iterator[str]:
        for row in self.data["organisations"]:
            who = _("L’organisation « %(id)s »") % {"id": row["id"]}
            yield from self._territory(who, row["territory_id"])
            if row.get("parent_id"):
                yield from self._organisation(who, row["parent_id"])
            if row["type"] not in KINDS:
                yield _missing(who, _("la nature"), row["type"])

    def _persons(self) -> Iterator[str]:
        for row in self.data["persons"]:
            who = _("La personne « %(id)s »") % {"id": row["id"]}
            yield from self._organisation(who, row["organisation_id"])
            if row["app_role"] not in ROLES:
                yield _missing(who, _("le rôle"), row["app_role"])

    def _authorities(self) -> Iterator[str]:
        for row in self.data["authorities"]:
            who = _("L’habilitation « %(id)s »") % {"id": row["id"]}
            for identifier in (row["grantor_person_id"], row["delegate_person_id"]):
                yield from self._person(who, identifier)
            if row["kind"] not in AuthorityKind:
                yield _missing(who, _("la nature"), row["kind"])

    def _contracts(self) -> Iterator[str]:
        for row in self.data["contracts"]:
            who = _("Le contrat « %(id)s »") % {"id": row["id"]}
            yield from self._territory(who, row["territory_id"])
            for code in [*row["volet_ids"], *row.get("volets", {})]:
                yield from _volet(who, code)
            for written in row.get("volets", {}).values():
                yield from self._organisation(who, written["lead_organisation_id"])
            for identifier in row["pilot_person_ids"]:
                yield from self._person(who, identifier)
            yield from self._acts(who, row)

    def _acts(self, who: str, row: Row) -> Iterator[str]:
        for act in [*row["signatories"], *row["flow_signatories"], *row.get("opinions", [])]:
            if act.get("organisation_id"):
                yield from self._organisation(who, act["organisation_id"])
            if act.get("person_id"):
                yield from self._person(who, act["person_id"])
            if "kind" in act and act["kind"] not in SignatoryKind:
                yield _missing(who, _("la nature de signataire"), act["kind"])
            for identifier in act.get("commitment_ids", []):
                if identifier not in self.known["commitments"]:
                    yield _missing(who, _("l’engagement"), identifier)

    def _commitments(self) -> Iterator[str]:
        volets = {row["id"]: row["volet_ids"] for row in self.data["contracts"]}
        for row in self.data["commitments"]:
            who = _("L’engagement « %(id)s »") % {"id": row["id"]}
            for identifier in [row["lead_organisation_id"], *row["contributor_organisation_ids"]]:
                yield from self._organisation(who, identifier)
            if row["owner_person_id"]:
                yield from self._person(who, row["owner_person_id"])
            if row["contract_id"] not in volets:
                yield _missing(who, _("le contrat"), row["contract_id"])
            elif row["volet_id"] not in volets[row["contract_id"]]:
                yield _missing(who, _("dans son contrat le volet"), row["volet_id"])
            for choices, name, value in (
                (Party, _("la partie"), row["party"]),
                (Direction, _("le sens"), row["indicator"]["direction"]),
                (Periodicity, _("la périodicité"), row["indicator"]["periodicity"]),
            ):
                if value not in choices:
                    yield _missing(who, name, value)

    def _organisation(self, who: str, identifier: str) -> Iterator[str]:
        if identifier not in self.known["organisations"]:
            yield _missing(who, _("l’organisation"), identifier)

    def _person(self, who: str, identifier: str) -> Iterator[str]:
        if identifier not in self.known["persons"]:
            yield _missing(who, _("la personne"), identifier)

    def _territory(self, who: str, identifier: str) -> Iterator[str]:
        if identifier not in self.known["territories"]:
            yield _missing(who, _("le territoire"), identifier)


def _volet(who: str, code: str) -> Iterator[str]:
    if code not in VoletTemplate:
        yield _missing(who, _("le volet"), code)


def _missing(who: str, what: str, identifier: str) -> str:
    return _("%(who)s cite %(what)s « %(id)s », qui n’existe pas.") % {
        "who": who,
        "what": what,
        "id": identifier,
    }
