"""A guest is somebody: no mailbox of a service for an address, no service for a name."""

from __future__ import annotations

from typing import Any

import pytest

from tests import plot
from tests.cast import Cast, small_contract
from tests.invited import named
from workflow.guests.models import Contact
from workflow.guests.shared_mailboxes import is_no_name, is_shared
from workflow.record.refusals import Invalid


@pytest.mark.parametrize(
    ("address", "names", "shared"),
    [
        ("contact@orme-habitat.example", ("Lina", "Aubrac"), True),
        ("Mairie@clairval.example", ("Lina", "Aubrac"), True),
        ("direction.proximite@orme-habitat.example", ("Lina", "Aubrac"), True),
        ("secretariat-general2@orme-habitat.example", ("Lina", "Aubrac"), True),
        ("lina.aubrac@orme-habitat.example", ("Lina", "Aubrac"), False),
        ("contact.aubrac@orme-habitat.example", ("Lina", "Aubrac"), False),
        ("maire@orme-habitat.example", ("Anne", "Maire"), False),
        ("l.aubrac@orme-habitat.example", ("Lina", "Aubrac"), False),
        ("42@orme-habitat.example", ("Lina", "Aubrac"), False),
    ],
)
def test_which_addresses_are_of_a_role(address: str, names: tuple[str, str], shared: bool) -> None:
    assert is_shared(address, *names) is shared


@pytest.mark.parametrize(
    ("first", "last", "nobody"),
    [
        ("Contact", "Général", True),
        ("Secrétariat", "Aubrac", True),
        ("Orme", "Habitat", True),
        ("Lina", "Aubrac", False),
        ("Jean", "Général", False),
        ("Jean", "Orme", False),
    ],
)
def test_which_names_are_nobody_s(first: str, last: str, nobody: bool) -> None:
    assert is_no_name(first, last, "Orme Habitat") is nobody


def test_naming_a_service_is_refused_with_what_to_do(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    refusals: tuple[tuple[dict[str, Any], str, str], ...] = (
        ({"email": "contact@orme-habitat.example"}, "email", "adresse nominative"),
        ({"first_name": "Contact", "last_name": "Général"}, "first_name", "nom d’une personne"),
    )
    for facts, field, words in refusals:
        with pytest.raises(Invalid, match=words) as refused:
            named(cast, contract, **facts)
        assert refused.value.field == field
    assert not Contact.objects.exists()
    assert str(named(cast, contract, civility="Mme")) == "Mme Lina Aubrac"
