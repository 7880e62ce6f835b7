"""``manage.py reconcile_access`` says what differs by name, fails on it, and repairs when asked."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from contracts.models import ContractAccess
from contracts.reconciliation import differences
from tests.cast import Cast, small_contract

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(players: Cast) -> Cast:
    return players


def reconcile(*options: str) -> str:
    out = StringIO()
    call_command("reconcile_access", *options, stdout=out)
    return out.getvalue()


def test_nothing_differs_by_itself(cast: Cast) -> None:
    small_contract(cast)
    assert "s’accordent" in reconcile()


def test_what_differs_is_named_fails_and_is_repaired(cast: Cast) -> None:
    small = small_contract(cast)
    rows = ContractAccess.objects.filter(contract=small)
    rows.get(group=cast.organisation("org-oh").group).delete()
    rows.filter(group=cast.organisation("org-pref").group).update(ended=True)
    stranger = cast.organisation("org-voisine")
    ContractAccess.objects.create(group=stranger.group, contract=small, ended=False)
    out = StringIO()
    with pytest.raises(CommandError, match="3 différences"):
        call_command("reconcile_access", stdout=out)
    lines = sorted(out.getvalue().splitlines())
    faults = {
        "org-oh": "absent des listes",
        "org-pref": "rangé dans la mauvaise corbeille",
        "org-voisine": "dans les listes sans en avoir le droit",
    }
    expected = [
        f"{small.reference}, {cast.organisation(code).short_name}\u00a0: {fault}"
        for code, fault in faults.items()
    ]
    assert lines == sorted(expected)
    assert len(differences()) == 3, "looking changes nothing"
    assert "3 différences" in reconcile("--repair")
    assert differences() == []
    assert "s’accordent" in reconcile()
