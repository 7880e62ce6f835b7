"""The demonstration's data: read, checked reference by reference, then loaded at once.

The file keeps the history of a negotiation (versions, opinions, rounds, delegations, the
six signatories first thought of) as documentation; what is loaded is who takes part and
the contracts as they stand before the circuit is played. Of the signatories, those of
``flow_signatories``: for Clairval the two parties alone, the prefect then the mayor.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.db import transaction

from contracts import demo_annexes
from contracts.demo_references import ROLES, DemoDataError, broken_references
from contracts.models import Commitment, Contract, Part, Participation, Signatory, Status, Volet
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Office, Organisation, Role, SigningAuthority, User
from stakeholders.permissions import establish_organisation, grant

__all__ = ["DATA", "DemoDataError", "Loaded", "load", "read"]

DATA = Path(__file__).resolve().parent / "data" / "demo.json"
ELSEWHERE = DATA.with_name("elsewhere.json")  # a département that has no contract yet
Row = dict[str, Any]
Keep = Callable[[bytes], str]


@dataclass(frozen=True)
class Loaded:
    """What the data became, each under its identifier in the file."""

    contracts: dict[str, Contract]
    people: dict[str, User]
    organisations: dict[str, Organisation]


def read(path: Path = DATA) -> Row:
    """Read a data file."""
    data: Row = json.loads(path.read_text(encoding="utf-8"))
    return data


@transaction.atomic
def load(data: Row, keep: Keep | None = None) -> Loaded:
    """Load what is missing and leave what exists as it is; all or nothing.

    Raises DemoDataError, which lists every broken reference, before anything is written.
    Accounts get no password. ``keep`` stores the files of annexes, by their SHA-256; without it, none.
    """
    if problems := broken_references(data):
        raise DemoDataError(problems)
    organisations = _organisations(data)
    people = {row["id"]: _person(row, organisations) for row in data["persons"]}
    for row in data["authorities"]:
        _authority(row, data, people)
    contracts = {row["id"]: _contract(row, data, organisations, people, keep) for row in data["contracts"]}
    return Loaded(contracts=contracts, people=people, organisations=organisations)


def _organisations(data: Row) -> dict[str, Organisation]:
    territories = {row["id"]: row["name"] for row in data["territories"]}
    found: dict[str, Organisation] = {}
    # A service may stand before the body it belongs to, so parents are tied in a second pass.
    created = []
    for row in data["organisations"]:
        organisation = Organisation.objects.filter(code=row["id"]).first()
        if organisation is None:
            organisation = establish_organisation(
                code=row["id"],
                name=row["name"],
                short_name=row["short_name"],
                kind=row["type"],
                territory=territories[row["territory_id"]],
                email_domain=row.get("email_domain", ""),
            )
            created.append(row)
        found[row["id"]] = organisation
    for row in created:
        if row.get("parent_id"):
            found[row["id"]].parent = found[row["parent_id"]]
            found[row["id"]].save(update_fields=["parent"])
    return found


def role_of(person: Row) -> Role:
    """Tell what an office does; one that gives opinions and may sign is its body's head."""
    role = ROLES[person["app_role"]]
    return Role.HEAD if role is Role.REVIEWER and person["can_sign"] else role


def _person(row: Row, organisations: dict[str, Organisation]) -> User:
    person: User | None = User.objects.filter(email__iexact=row["email"]).first()
    if person is None:
        person = User.objects.create_user(
            row["email"], civility=row["title"], first_name=row["first_name"], last_name=row["last_name"]
        )
    office, _made = Office.objects.get_or_create(
        organisation=organisations[row["organisation_id"]],
        title=row["office"],
        defaults={"role": role_of(row), "administers": row.get("administers", False)},
    )
    if not Mandate.objects.filter(person=person, office=office).exists():
        mandate = row["mandate"]
        Mandate.objects.create(
            person=person,
            office=office,
            starts_on=dt.date.fromisoformat(mandate["from_date"]),
            ends_on=_date(mandate["to_date"]),
            act=mandate["act"] or "",
        )
    return person


def _authority(row: Row, data: Row, people: dict[str, User]) -> None:
    """Enter an act in the register of signing authority, unless it is there."""
    offices = {person["id"]: person["office"] for person in data["persons"]}

    def mandate(identifier: str) -> Mandate:
        return people[identifier].mandates.select_related("office").get(office__title=offices[identifier])

    grantor, delegate = mandate(row["grantor_person_id"]), mandate(row["delegate_person_id"])
    SigningAuthority.objects.get_or_create(
        office=grantor.office,
        delegate=delegate,
        act=row["act"],
        defaults={
            "kind": row["kind"],
            "grantor": grantor,
            "published_in": row["published_in"] or "",
            "published_on": _date(row["published_on"]),
            "scope": row["scope"],
            "covers_contract_signature": row["covers_contract_signature"],
            "starts_on": dt.date.fromisoformat(row["from_date"]),
            "ends_on": _date(row["to_date"]),
        },
    )


def _contract(
    row: Row,
    data: Row,
    organisations: dict[str, Organisation],
    people: dict[str, User],
    keep: Keep | None,
) -> Contract:
    existing = Contract.objects.filter(reference=row["reference"]).first()
    if existing is not None:
        return existing
    territories = {territory["id"]: territory["name"] for territory in data["territories"]}
    contract = Contract.objects.create(
        reference=row["reference"],
        title=row["title"],
        territory=territories[row["territory_id"]],
        communes=row["perimeter"]["communes"],
        perimeter_extension=row["perimeter"]["extension"] or "",
        preamble=row["preamble"],
        period_start=dt.date.fromisoformat(row["period"]["start"]),
        period_end=dt.date.fromisoformat(row["period"]["end"]),
        period_rule=row["period"]["rule"],
        document_date=_date(row["document_date"]),
        frameworks=[{"kind": f["kind"], "label": f["label"]} for f in row.get("frameworks", [])],
        status=Status.EXPIRED if row["status"] == Status.EXPIRED else Status.DRAFTING,
    )
    for organisation, part in _parts(row, data, organisations):
        Participation.objects.create(contract=contract, organisation=organisation, part=part)
        grant(Power.VIEW, organisation, contract)
    _volets(contract, row, data, organisations, people)
    if keep is not None:
        demo_annexes.add(contract, row["annexes"], keep)
    _signatories(contract, row, data, organisations)
    return contract


def _parts(row: Row, data: Row, organisations: dict[str, Organisation]) -> list[tuple[Organisation, Part]]:
    """Return each organisation of the contract's territory with its part.

    The prefecture and the commune draft; those of which the file has an opinion
    review; the others look on.
    """
    asked = {opinion["organisation_id"] for opinion in row.get("opinions", [])}
    pilots = {"prefecture": Part.STATE_PILOT, "municipality": Part.CITY_PILOT}
    return [
        (
            organisations[o["id"]],
            pilots.get(o["type"], Part.REVIEWER if o["id"] in asked else Part.OBSERVER),
        )
        for o in data["organisations"]
        if o["territory_id"] == row["territory_id"]
    ]


def _volets(
    contract: Contract,
    row: Row,
    data: Row,
    organisations: dict[str, Organisation],
    people: dict[str, User],
) -> None:
    labels = {volet["id"]: volet["label"] for volet in data["reference"]["volets"]}
    for order, code in enumerate(row["volet_ids"], start=1):
        written = row.get("volets", {}).get(code, {})
        lead = written.get("lead_organisation_id")
        volet = Volet.objects.create(
            contract=contract,
            template=code,
            title=labels[code],
            order=order,
            lead=organisations[lead] if lead else None,
            text=written.get("text", ""),
        )
        rows = [c for c in data["commitments"] if c["contract_id"] == row["id"] and c["volet_id"] == code]
        for place, commitment in enumerate(rows, start=1):
            _commitment(volet, place, commitment, organisations, people)


def _commitment(
    volet: Volet, order: int, row: Row, organisations: dict[str, Organisation], people: dict[str, User]
) -> None:
    indicator = row["indicator"]
    commitment = Commitment.objects.create(
        volet=volet,
        order=order,
        title=row["title"],
        description=row["description"],
        party=row["party"],
        lead=organisations[row["lead_organisation_id"]],
        owner=people[row["owner_person_id"]] if row["owner_person_id"] else None,
        indicator=indicator["label"],
        unit=indicator["unit"],
        baseline=_decimal(indicator["baseline"]),
        target=_decimal(indicator["target"]),
        direction=indicator["direction"],
        periodicity=indicator["periodicity"],
        due_date=_date(row["due_date"]),
        budget_eur=_decimal(row["budget_eur"]),
        publishable=row["publishable"],
    )
    commitment.contributors.set([organisations[code] for code in row["contributor_organisation_ids"]])


def _signatories(contract: Contract, row: Row, data: Row, organisations: dict[str, Organisation]) -> None:
    """Tie each signatory to an office: that of a named person, or one without a holder."""
    persons = {person["id"]: person for person in data["persons"]}
    for signatory in row["flow_signatories"]:
        person = persons.get(signatory.get("person_id"))
        holder = person or {"organisation_id": signatory["organisation_id"], "office": signatory["office"]}
        office, _made = Office.objects.get_or_create(
            organisation=organisations[holder["organisation_id"]],
            title=holder["office"],
            defaults={"role": Role.HEAD},
        )
        Signatory.objects.create(
            contract=contract,
            order=signatory["order"],
            office=office,
            capacity=signatory["capacity"],
            kind=signatory["kind"],
            required=signatory["required"],
            needs_council_resolution=signatory["needs_council_resolution"],
        )


def _date(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None


def _decimal(value: float | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))
