"""Each warning before the signature: what makes it, its code, what it says to do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract, SignatoryKind
from signatures import keys
from signatures.lists.models import TrustedList
from signatures.models import EnrolledKey, Envelope
from stakeholders.actions import withdraw_mandate
from tests import plot
from tests.cast import Cast
from tests.owner import as_owner
from tests.signatures.lists.scheme import Scheme, authority
from tests.signatures.lists.software import held_by, software
from workflow.signing import launch
from workflow.signing.models import WarningCode
from workflow.signing.warned import SENTENCES
from workflow.standing import signers

__all__ = ["software"]


@pytest.fixture
def contract(cast: Cast, software: None, tmp_path: Path, settings: Any) -> Contract:
    """Return a contract of value at its signatures, lists that are kept, and nobody with a key."""
    found = plot.at_signing(cast)
    with as_owner():
        Envelope.objects.update(specimen=False)
        EnrolledKey.objects.update(ended_at=timezone.now(), ended_why="Essai.")
    scheme = Scheme(tmp_path)
    settings.LOTL_CERTIFICATES = [scheme.anchor]
    scheme.keep([authority()], sequence=112)
    return found


def place(contract: Contract, order: int = 1) -> launch.Place:
    return launch.table(plot.version(contract)).places[order - 1]


def said(contract: Contract, order: int = 1) -> list[tuple[str, str]]:
    """Return the warnings of a place: their codes and what they say."""
    return [(str(one.warned.code), one.warned.sentence) for one in place(contract, order).warnings]


def only(contract: Contract, order: int = 1) -> tuple[str, str]:
    [one] = said(contract, order)
    return one


def ends_in(key: EnrolledKey, days: int) -> None:
    with as_owner():
        EnrolledKey.objects.filter(pk=key.pk).update(
            not_before=timezone.now() - dt.timedelta(days=400),
            not_after=timezone.now() + dt.timedelta(days=days),
        )


def test_nobody_may_sign(cast: Cast, contract: Contract) -> None:
    for person in (cast.prefete, cast.dircab, cast.secretaire_generale):
        for mandate in person.mandates.in_force():
            withdraw_mandate(mandate, actor=cast.admin)
    code, sentence = only(contract)
    assert code == WarningCode.NO_SIGNATORY and "faites nommer le titulaire" in sentence
    assert place(contract).difference is not None, "the name that is printed is said beside, by its own act"


def test_no_means_one_that_waits_one_that_ended(cast: Cast, contract: Contract) -> None:
    code, sentence = only(contract)
    assert code == WarningCode.NO_KEY and str(cast.prefete) in sentence and "enregistrer" in sentence
    other = held_by(cast.prefete, "Jeanne Autre")
    with as_owner():
        EnrolledKey.objects.filter(pk=other.pk).update(confirmed_at=None, confirmed_by=None)
    code, sentence = only(contract)
    assert code == WarningCode.KEY_WAITS and "accepter" in sentence
    keys.end(other, "Essai.")
    ends_in(held_by(cast.prefete, str(cast.prefete)), -1)
    code, sentence = only(contract)
    assert code == WarningCode.KEY_ENDED and "enregistrer un autre" in sentence


def test_the_level_is_that_of_the_place_by_the_lists_of_now(cast: Cast, contract: Contract) -> None:
    held_by(cast.prefete, str(cast.prefete), ("compliance", "esign"))
    code, sentence = only(contract)
    assert code == WarningCode.LEVEL
    assert "avancée, par certificat qualifié" in sentence and "est qualifiée" in sentence
    assert "dispositif qualifié" in sentence
    contract.signatories.filter(order=1).update(kind=SignatoryKind.ADHERING_PARTNER)
    assert said(contract) == []
    contract.signatories.filter(order=1).update(kind=SignatoryKind.PARTY)
    held_by(cast.prefete, str(cast.prefete))
    assert said(contract) == [], "the best of their means counts"
    looked = place(contract).people[0].keys
    assert {(one.level, one.territory) for one in looked} == {
        ("qualifiée", "FR"),
        ("avancée, par certificat qualifié", "FR"),
    }


def test_an_authority_of_no_list(cast: Cast, contract: Contract, tmp_path: Path) -> None:
    held_by(cast.prefete, str(cast.prefete))
    with as_owner():
        TrustedList.objects.all().delete()
    code, sentence = only(contract)
    assert code == WarningCode.LIST_MISSING and "administrateur de la plateforme de la charger" in sentence


def test_a_list_that_knows_nothing_of_the_authority(
    cast: Cast, contract: Contract, settings: Any, tmp_path: Path
) -> None:
    held_by(cast.prefete, str(cast.prefete))
    other = Scheme(tmp_path)
    settings.LOTL_CERTIFICATES = [other.anchor]
    with as_owner():
        TrustedList.objects.all().delete()
    other.keep([], sequence=113)
    code, sentence = only(contract)
    assert code == WarningCode.UNLISTED and "prestataire de confiance qualifié" in sentence


def test_a_list_that_is_stale_and_one_that_is_disowned(cast: Cast, contract: Contract, settings: Any) -> None:
    held_by(cast.prefete, str(cast.prefete))
    fresh = [dict(row) for row in TrustedList.objects.filter(territory="FR").values("pk", "next_update")]
    with as_owner():
        TrustedList.objects.filter(territory="FR").update(next_update=timezone.now() - dt.timedelta(hours=1))
    code, sentence = only(contract)
    assert code == WarningCode.LIST_STALE and "mettre à jour" in sentence
    assert place(contract).people[0].keys[0].list_is_stale
    with as_owner():
        TrustedList.objects.filter(territory="FR").update(
            next_update=fresh[0]["next_update"], signed_by="0" * 64
        )
    code, sentence = only(contract)
    assert code == WarningCode.LIST_DISOWNED and "en charger une autre" in sentence


def test_a_certificate_that_ends_before_its_signature_is_due_or_soon_after(
    cast: Cast, contract: Contract
) -> None:
    key = held_by(cast.prefete, str(cast.prefete))
    due = place(contract).term
    left = (due - timezone.localdate()).days
    assert 30 <= left <= 33, "thirty days, and to the next working day"
    for days, code in ((left, WarningCode.ENDS_BEFORE_TERM), (left + 1, WarningCode.ENDS_SOON)):
        ends_in(key, days)
        assert only(contract)[0] == code
    ends_in(key, 62)
    assert said(contract) == []
    # the mayor waits for the council first: sixty days, then thirty
    mayors = held_by(cast.maire, str(cast.maire))
    assert place(contract, 2).term >= timezone.localdate() + dt.timedelta(days=90)
    ends_in(mayors, 62)
    assert only(contract, 2)[0] == WarningCode.ENDS_BEFORE_TERM
    plot.record_resolution(contract)
    assert place(contract, 2).term == due and said(contract, 2) == []


def test_two_warnings_of_one_certificate_are_two(cast: Cast, contract: Contract) -> None:
    ends_in(held_by(cast.prefete, str(cast.prefete), ("compliance", "esign")), 10)
    assert [code for code, _sentence in said(contract)] == ["level_too_low", "ends_before_term"]
    marks = [one.mark for one in place(contract).warnings]
    assert len(set(marks)) == 2


def test_every_code_has_its_sentence() -> None:
    assert set(SENTENCES) == set(WarningCode)


def test_the_holder_comes_first_and_a_stranger_never(cast: Cast, contract: Contract) -> None:
    first, *others = signers.signers_of(contract.signatories.get(order=1))
    assert first.person == cast.prefete and not first.formula
    assert all(one.formula for one in others)
    assert cast.outsider not in {one.person for one in (first, *others)}


def test_the_signing_page_says_why_each_means_is_not_enough_before_the_click(
    cast: Cast, contract: Contract, client: Client
) -> None:
    held_by(cast.prefete, str(cast.prefete))
    low = held_by(cast.prefete, str(cast.prefete), ())
    address = reverse("task", args=[contract.pk, plot.task(contract, "sign").pk])
    client.force_login(cast.prefete)
    why = "Ce certificat donne une signature avancée, et une signature qualifiée est demandée."
    page = client.get(address).content.decode()
    assert page.count(why) == 1 and page.count("insuffisant ici") == 1
    page = client.get(f"{address}?key={low.pk}").content.decode()
    assert why in page
    # the list withdrew the authority since: the level that is kept follows each new list
    contract.signatories.filter(order=1).update(kind=SignatoryKind.WITNESS)
    assert "insuffisant" in client.get(address).content.decode()
    with as_owner():
        Envelope.objects.update(specimen=True)
    assert "insuffisant" not in client.get(address).content.decode()
