"""``manage.py fill``: invented contracts whose rights hold and whose drafts can be played."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client, override_settings
from viewflow.workflow.models import Task

from contracts.models import Contract, ContractAccess, Participation, Signatory, Status
from contracts.reconciliation import differences
from stakeholders.models import Organisation, User
from tests import plot
from tests.cast import Cast, small_contract
from workflow.engine.models import Circuit

pytestmark = pytest.mark.django_db


def fill(*options: str) -> str:
    out = StringIO()
    size = ("--contracts", "60", "--organisations", "31", "--users", "90")
    call_command("fill", *size, *options, stdout=out)
    return out.getvalue()


def test_everything_of_a_contract_is_there() -> None:
    assert fill().startswith("60 contrats ajoutés")
    counts = (Contract.objects.count(), Organisation.objects.count(), User.objects.count())
    assert counts == (60, 31, 90)
    assert Signatory.objects.count() == 120
    assert ContractAccess.objects.count() == Participation.objects.count() > 60 * 4
    assert differences() == []
    running = Contract.objects.exclude(status__in=[Status.SIGNED, Status.EXPIRED])
    assert set(Circuit.objects.values_list("contract", flat=True)) == {contract.pk for contract in running}
    for contract in running:
        assert plot.tasks(contract, {"drafting": "draft", "in_review": "review", "approval": "approve",
                                     "signing": "sign"}[contract.status])  # fmt: skip
    assert not User.objects.filter(mandates__isnull=True).exists()


def test_it_goes_on_where_it_was_and_draws_the_same_again() -> None:
    fill()
    names = list(User.objects.order_by("pk").values_list("email", flat=True))
    assert fill("--contracts", "75").startswith("15 contrats ajoutés")
    assert Contract.objects.count() == 75
    assert list(User.objects.order_by("pk").values_list("email", flat=True)) == names
    assert differences() == []
    assert Contract.objects.values("reference").distinct().count() == 75


def test_every_page_of_an_invented_contract_opens() -> None:
    fill()
    client = Client(raise_request_exception=True)
    for status in (Status.DRAFTING, Status.IN_REVIEW, Status.APPROVAL, Status.SIGNING, Status.SIGNED):
        contract = Contract.objects.filter(status=status).order_by("pk")[0]
        pilot = contract.participations.get(part="city_pilot").organisation
        person = User.objects.get(mandates__office__organisation=pilot, mandates__office__role="pilot")
        client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert client.get(f"/contrats/{contract.pk}/").status_code == 200, status


@pytest.mark.django_db(transaction=True)
def test_a_draft_is_played_on_by_the_engine(cast: object) -> None:
    fill()
    contract = Contract.objects.filter(reference__startswith="CSI-INVENTE-", status=Status.DRAFTING)[0]
    version = plot.draft_and_freeze(contract)
    assert version.number == 1
    assert version.pdf_sha256
    assert Task.objects.filter(process__circuit__contract=contract, flow_task__endswith=".review").exists()


def test_it_is_refused_outside_a_demonstration() -> None:
    with override_settings(DEMONSTRATION=False), pytest.raises(CommandError, match="démonstration"):
        fill()
    assert not Contract.objects.exists()


def test_it_is_refused_beside_contracts_that_are_not_invented_unless_forced(
    players: Cast,
) -> None:
    assert fill().startswith("60 contrats ajoutés"), "the demonstration's own two are no obstacle"
    small_contract(players)
    with pytest.raises(CommandError, match="pas inventés"):
        fill("--contracts", "70")
    assert fill("--contracts", "70", "--force").startswith("10 contrats ajoutés")
    assert differences() == []
