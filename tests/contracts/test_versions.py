"""A content hashes the same for ever, and a frozen version never changes again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from contracts.canonical import changed_leads, commitments, content_of, digest, encode
from contracts.models import Commitment, ContractVersion
from tests.cast import Cast, small_contract
from tests.contracts.contents import FROZEN_AT
from tests.owner import as_owner

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(players: Cast) -> Cast:
    return players


def frozen(cast: Cast) -> ContractVersion:
    content = content_of(small_contract(cast))
    return ContractVersion.objects.create(
        contract=small_contract(cast, "CSI-00-2026-901"),
        number=1,
        content=content,
        content_sha256=digest(content),
        frozen_at=FROZEN_AT,
        frozen_by=cast.pilote_ville,
    )


def test_content_survives_the_database(cast: Cast) -> None:
    version = frozen(cast)
    version.refresh_from_db()
    assert digest(version.content) == version.content_sha256


def test_canonical_bytes_are_fixed() -> None:
    assert encode({"b": [1, True, None], "a": "é « »"}) == '{"a":"é « »","b":[1,true,null]}'.encode()


def test_how_a_number_is_stored_does_not_show(cast: Cast) -> None:
    contract = small_contract(cast)
    before = digest(content_of(contract))
    Commitment.objects.filter(volet__contract=contract).update(target=Decimal("100.00"))
    assert digest(content_of(contract)) == before


def test_only_leads_of_changed_commitments_are_concerned(cast: Cast) -> None:
    contract = small_contract(cast)
    before = content_of(contract)
    assert changed_leads(before, content_of(contract)) == set()
    Commitment.objects.filter(lead=cast.organisation("org-oh"), volet__contract=contract).update(
        due_date=dt.date(2029, 1, 1)
    )
    assert changed_leads(before, content_of(contract)) == {cast.organisation("org-oh").pk}
    Commitment.objects.filter(lead=cast.organisation("org-rtac"), volet__contract=contract).update(
        lead=cast.organisation("org-rail")
    )
    assert changed_leads(before, content_of(contract)) == {
        cast.organisation(code).pk for code in ("org-oh", "org-rtac", "org-rail")
    }


def test_commitments_come_in_printed_order(cast: Cast) -> None:
    rows = commitments(content_of(small_contract(cast)))
    assert [row["number"] for row in rows] == ["1.1", "1.2", "2.1"]
    assert rows[2]["volet"] == "Transports"


def test_the_pdf_hash_is_written_once(cast: Cast) -> None:
    version = frozen(cast)
    version.pdf_sha256 = "a" * 64
    version.save(update_fields=["pdf_sha256"])
    version.pdf_sha256 = "b" * 64
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic():
        version.save()


@pytest.mark.parametrize(
    "change", [{"label": "autre"}, {"content": {}}, {"number": 2}, {"content_sha256": "0"}]
)
def test_the_database_refuses_any_other_change(cast: Cast, change: dict[str, object]) -> None:
    version = frozen(cast)
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic():
        ContractVersion.objects.filter(pk=version.pk).update(**change)


def test_the_database_refuses_to_delete_a_version(cast: Cast) -> None:
    version = frozen(cast)
    with as_owner(), pytest.raises(IntegrityError), transaction.atomic():
        version.delete()


def test_a_commitment_names_an_office_not_whoever_holds_it(cast: Cast) -> None:
    contract = small_contract(cast)
    police, hall, evening = Commitment.objects.filter(volet__contract=contract).order_by(
        "volet__order", "order"
    )
    for row, owner in ((police, cast.dgs), (hall, cast.dgs), (evening, cast.outsider)):
        Commitment.objects.filter(pk=row.pk).update(owner=owner)
    cast.outsider.mandates.update(ends_on=dt.date(2020, 1, 1), starts_on=dt.date(2019, 1, 1))
    office = cast.dgs.mandates.get().office
    content = content_of(contract)
    owners = [commitment["owner"] for commitment in commitments(content)]
    assert owners == [office.title, str(office), None], "with its organisation where another leads"
    assert str(cast.dgs) not in encode(content).decode()


def test_a_version_that_named_people_is_compared_without_its_owners(cast: Cast) -> None:
    """Who was asked before the offices were printed is not asked again for that alone."""
    contract = small_contract(cast)
    Commitment.objects.filter(volet__contract=contract).update(owner=cast.dgs)
    after = content_of(contract)
    before = content_of(contract) | {"schema": 1}
    for row in (row for volet in before["volets"] for row in volet["commitments"]):
        row["owner"] = str(cast.dgs)
    assert changed_leads(before, after) == set()
    before["volets"][0]["commitments"][0]["title"] = "Autre"
    assert changed_leads(before, after) == {after["volets"][0]["commitments"][0]["lead"]["id"]}
