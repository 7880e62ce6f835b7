"""The demonstration's data load once, whole, and refuse what leads nowhere.

``players`` are what the same loader made of the same file, once for all tests.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group

from contracts.canonical import content_of, digest
from contracts.demo import DemoDataError, load, read
from contracts.models import Commitment, Contract, Part, Participation, Signatory, Status
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Office, Organisation, Role, User
from stakeholders.permissions import organisations_holding
from tests.cast import ARLES, CLAIRVAL, Cast

pytestmark = pytest.mark.django_db

MODELS = (User, Organisation, Office, Mandate, Group, Contract, Commitment, Participation, Signatory)


def counts() -> dict[str, int]:
    return {model.__name__: model.objects.count() for model in MODELS}


def broken(change: Callable[[dict[str, Any]], None]) -> list[str]:
    data = copy.deepcopy(read())
    change(data)
    before = counts()
    with pytest.raises(DemoDataError) as caught:
        load(data)
    assert counts() == before
    return [problem.replace("\u00a0", " ") for problem in caught.value.problems]


def row(data: dict[str, Any], table: str, identifier: str) -> dict[str, Any]:
    return next(row for row in data[table] if row["id"] == identifier)


def test_both_contracts_load() -> None:
    contracts = load(read()).contracts
    assert contracts[CLAIRVAL].status == Status.DRAFTING
    assert contracts[ARLES].status == Status.EXPIRED
    assert Commitment.objects.filter(volet__contract=contracts[CLAIRVAL]).count() == 28
    assert Commitment.objects.filter(volet__contract=contracts[ARLES]).count() == 10


def test_loading_twice_changes_nothing() -> None:
    first = load(read())
    before, hashes = counts(), {k: digest(content_of(c)) for k, c in first.contracts.items()}
    second = load(read())
    assert counts() == before
    assert {k: digest(content_of(c)) for k, c in second.contracts.items()} == hashes
    assert second == first


def test_loading_again_respects_what_people_did() -> None:
    loaded = load(read())
    Contract.objects.filter(pk=loaded.contracts[CLAIRVAL].pk).update(title="Titre repris")
    Mandate.objects.filter(person=loaded.people["p15"]).update(ends_on="2026-12-31")
    load(read())
    assert Contract.objects.get(pk=loaded.contracts[CLAIRVAL].pk).title == "Titre repris"
    assert loaded.people["p15"].mandates.count() == 1


def test_parts_of_clairval(players: Cast) -> None:
    contract = players.contract
    parts = {
        part: set(contract.participations.filter(part=part).values_list("organisation__code", flat=True))
        for part in Part
    }
    assert parts[Part.STATE_PILOT] == {"org-pref"}
    assert parts[Part.CITY_PILOT] == {"org-ville"}
    assert parts[Part.REVIEWER] == {
        "org-ddpn", "org-ggd", "org-parquet", "org-pjj", "org-spip", "org-dsden",
        "org-oh", "org-cl", "org-fv", "org-rtac", "org-rail",
    }  # fmt: skip
    assert parts[Part.OBSERVER] == {"org-agglo", "org-asso"}


def test_those_who_take_part_may_see_and_nobody_else(players: Cast) -> None:
    contract = players.contract
    seeing = set(organisations_holding(Power.VIEW, contract).values_list("code", flat=True))
    assert seeing == set(contract.participations.values_list("organisation__code", flat=True))
    assert "org-voisine" not in seeing


def test_the_prefect_signs_first_then_the_mayor_whose_council_resolves(players: Cast) -> None:
    contract = players.contract
    people = [str(signatory.office.holder()) for signatory in contract.signatories.all()]
    assert people == ["Mme Hélène Vasseur-Mondière", "M. Karim Delestrange"]
    assert list(contract.signatories.values_list("needs_council_resolution", flat=True)) == [False, True]


def test_arles_names_nobody(players: Cast) -> None:
    assert [signatory.office.holder() for signatory in players.arles.signatories.all()] == [None, None]


@pytest.mark.parametrize(
    ("person", "role"),
    [
        ("p01", Role.HEAD),
        ("p15", Role.HEAD),
        ("p09", Role.HEAD),
        ("p13", Role.HEAD),
        ("p21", Role.HEAD),
        ("p24", Role.HEAD),
        ("p02", Role.DELEGATE),
        ("p16", Role.DELEGATE),
        ("p04", Role.PILOT),
        ("p18", Role.PILOT),
        ("p17", Role.VALIDATOR),
        ("p06", Role.REVIEWER),
        ("p10", Role.REVIEWER),
        ("p20", Role.CLERK),
        ("p05", Role.LEGALITY),
        ("p07", Role.CONTRIBUTOR),
    ],
)
def test_roles(players: Cast, person: str, role: Role) -> None:
    assert players.people[person].mandates.get().office.role == role


def test_accounts_open_with_no_password() -> None:
    assert not any(person.has_usable_password() for person in load(read()).people.values())


def test_every_organisation_under_its_parent(players: Cast) -> None:
    parent = players.organisations["org-ddpn"].parent
    assert parent is not None and parent.code == "org-pref"


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (
            lambda d: row(d, "commitments", "c-1-1").update(lead_organisation_id="org-x"),
            "L’engagement « c-1-1 » cite l’organisation « org-x », qui n’existe pas.",
        ),
        (
            lambda d: row(d, "commitments", "c-1-4").update(contributor_organisation_ids=["org-y"]),
            "L’engagement « c-1-4 » cite l’organisation « org-y », qui n’existe pas.",
        ),
        (
            lambda d: row(d, "commitments", "c-1-1").update(owner_person_id="p99"),
            "L’engagement « c-1-1 » cite la personne « p99 », qui n’existe pas.",
        ),
        (
            lambda d: row(d, "commitments", "c-1-1").update(contract_id="csi-z"),
            "L’engagement « c-1-1 » cite le contrat « csi-z », qui n’existe pas.",
        ),
        (
            lambda d: row(d, "commitments", "c-1-1").update(volet_id="transport"),
            "L’engagement « c-1-1 » cite dans son contrat le volet « transport », qui n’existe pas.",
        ),
        (
            lambda d: row(d, "commitments", "c-1-1")["indicator"].update(periodicity="daily"),
            "L’engagement « c-1-1 » cite la périodicité « daily », qui n’existe pas.",
        ),
        (
            lambda d: row(d, "persons", "p01").update(organisation_id="org-x"),
            "La personne « p01 » cite l’organisation « org-x », qui n’existe pas.",
        ),
        (
            lambda d: row(d, "persons", "p01").update(app_role="king"),
            "La personne « p01 » cite le rôle « king », qui n’existe pas.",
        ),
        (
            lambda d: row(d, "organisations", "org-ddpn").update(parent_id="org-x"),
            "L’organisation « org-ddpn » cite l’organisation « org-x », qui n’existe pas.",
        ),
        (
            lambda d: row(d, "organisations", "org-ddpn").update(type="army"),
            "L’organisation « org-ddpn » cite la nature « army », qui n’existe pas.",
        ),
        (
            lambda d: row(d, "contracts", CLAIRVAL).update(territory_id="mars"),
            "Le contrat « csi-clairval-2026 » cite le territoire « mars », qui n’existe pas.",
        ),
        (
            lambda d: row(d, "contracts", CLAIRVAL)["flow_signatories"][0].update(person_id="p99"),
            "Le contrat « csi-clairval-2026 » cite la personne « p99 », qui n’existe pas.",
        ),
        (
            lambda d: row(d, "contracts", CLAIRVAL)["opinions"][0].update(organisation_id="org-x"),
            "Le contrat « csi-clairval-2026 » cite l’organisation « org-x », qui n’existe pas.",
        ),
        (
            lambda d: row(d, "contracts", CLAIRVAL)["volet_ids"].append("cuisine"),
            "Le contrat « csi-clairval-2026 » cite le volet « cuisine », qui n’existe pas.",
        ),
        (
            lambda d: d["persons"].append(dict(d["persons"][0])),
            "L’identifiant « p01 » sert 2 fois dans « persons ».",
        ),
    ],
)
def test_broken_reference_is_refused_by_name(change: Callable[[dict[str, Any]], None], problem: str) -> None:
    assert broken(change) == [problem]


def test_all_faults_are_told_at_once() -> None:
    def change(data: dict[str, Any]) -> None:
        row(data, "commitments", "c-1-1")["lead_organisation_id"] = "org-x"
        row(data, "commitments", "c-2-1")["owner_person_id"] = "p99"
        row(data, "persons", "p02")["organisation_id"] = "org-z"

    assert len(broken(change)) == 3
