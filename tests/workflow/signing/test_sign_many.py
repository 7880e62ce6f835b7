"""Several contracts signed in one go: each read, one proof for the lot, one that fails stopping no other."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract
from signatures import actions, confirmations, signals
from signatures.errors import ConfirmationRefused, NotEntitled
from signatures.models import Confirmation, Envelope, SignatureRequest
from stakeholders.wording import weekday
from tests import plot
from tests.cast import PASSWORD, Cast
from tests.csc.pages import enrolled, followed, left, logged_in, offered
from tests.owner import as_owner
from tests.stage import run_jobs
from workflow.engine.models import SigningRound
from workflow.opinions.models import Silence
from workflow.signing import many

State = SignatureRequest.State


@pytest.fixture
def two(cast: Cast) -> list[Contract]:
    """Two contracts that wait for the prefect."""
    return plot.two_at_signing(cast)


def marks(*contracts: Contract) -> list[str]:
    """Return what names each of these contracts in the forms."""
    return [f"{one.pk}-{plot.task(one, 'sign').pk}-{plot.envelope(one).current_sha256}" for one in contracts]


def state_of(contract: Contract) -> str:
    """Return where the signature of a contract stands."""
    found = SignatureRequest.objects.filter(slot__envelope=plot.envelope(contract)).order_by("-pk").first()
    return found.state if found else ""


def text(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_two_contracts_are_signed_by_one_proof(cast: Cast, two: list[Contract]) -> None:
    client, both = logged_in(cast.prefete), marks(*two)
    page = text(client.get(reverse("sign_many")))
    for contract in two:
        assert contract.reference in page
    unread = client.post(reverse("sign_many"), {"sign": both, "read": both[:1]})
    assert unread.status_code == 422
    assert "que vous avez lu" in text(unread)
    went = client.post(reverse("sign_many"), {"sign": both, "read": both})
    address = went.headers["Location"]
    assert text(client.get(address)).count("CSI-00-2026-90") >= 2
    whole = confirmations.lot_of(mark.split("-")[2] for mark in both)
    wrong = client.post(address, {"password": "faux", "document_sha256": whole})
    assert wrong.status_code == 422
    done = client.post(address, {"password": PASSWORD, "document_sha256": whole})
    assert done.status_code == 302, text(done)[:2000]
    run_jobs()
    assert [state_of(one) for one in two] == [State.DONE, State.DONE]
    receipt = text(client.get(done.headers["Location"]))
    assert receipt.count("signé") >= 2
    assert Confirmation.objects.filter(used_at__isnull=False).count() >= 3, "the lot's, and each document's"
    assert client.get(done.headers["Location"].replace("task=", "task=x")).status_code == 404
    assert logged_in(cast.outsider).get(done.headers["Location"]).status_code == 404


def test_one_that_fails_does_not_stop_the_other(cast: Cast, two: list[Contract]) -> None:
    client, both = logged_in(cast.prefete), marks(*two)
    address = client.post(reverse("sign_many"), {"sign": both, "read": both}).headers["Location"]
    whole = confirmations.lot_of(mark.split("-")[2] for mark in both)
    # the first is no longer the text that was approved
    envelope = SigningRound.objects.get(version__contract=two[0]).envelope
    type(envelope).objects.filter(pk=envelope.pk).update(current_sha256="0" * 64)
    done = client.post(address, {"password": PASSWORD, "document_sha256": whole}, follow=True)
    assert "Le document a changé" in text(done)
    assert two[0].reference in text(done)
    run_jobs()
    assert (state_of(two[0]), state_of(two[1])) == ("", State.DONE)


def test_each_says_who_was_silent_and_which_means_is_not_enough(cast: Cast, two: list[Contract]) -> None:
    """As each contract's own page says; without one more query."""
    client, (first, other) = logged_in(cast.prefete), two
    client.get(reverse("sign_many"))
    with CaptureQueriesContext(connection) as before:
        assert "Sans avis" not in text(client.get(reverse("sign_many")))
    landlord, term = cast.organisation("org-oh"), timezone.localdate()
    Silence.objects.create(version=plot.version(first), organisation=landlord, term=term, at=timezone.now())
    with as_owner():
        Envelope.objects.update(specimen=False)
    with CaptureQueriesContext(connection) as after:
        page = " ".join(text(client.get(reverse("sign_many"))).replace("\xa0", " ").split())
    silent = f"Sans avis, aucune réponse au terme : {landlord.short_name} ({weekday(term)})"
    assert page.count(silent.replace("\xa0", " ")) == 1
    [row] = [one for one in page.split('<li class="task">') if silent.replace("\xa0", " ") in one]
    assert first.reference in row and other.reference not in row
    name = cast.prefete.signing_keys.get().common_name
    assert page.count(f"{name} : Ce certificat donne une signature") == 2, "at each contract"
    assert page.count("et une signature qualifiée est demandée.") == 2
    assert len(after) == len(before)


def test_a_proof_is_for_its_lot_alone(cast: Cast, two: list[Contract]) -> None:
    person = cast.prefete
    hashes = [plot.envelope(one).current_sha256 for one in two]
    token = actions.confirm(person, PASSWORD, document_sha256=confirmations.lot_of(hashes))
    for other in (hashes[:1], [*hashes, "f" * 64]):
        with pytest.raises(ConfirmationRefused):
            confirmations.share(person, token, other)
    shared = confirmations.share(person, token, hashes)
    with pytest.raises(ConfirmationRefused):
        confirmations.share(person, token, hashes)
    with pytest.raises(ConfirmationRefused):
        confirmations.consume(person, shared[hashes[0]], document_sha256=hashes[1])
    assert confirmations.consume(person, shared[hashes[0]], document_sha256=hashes[0]).proof == "password"
    assert many.lot_of([]) != confirmations.lot_of(hashes)


def test_nobody_signs_what_is_not_theirs(cast: Cast, two: list[Contract]) -> None:
    both = marks(*two)
    for person in (cast.outsider, cast.maire, cast.pilote_ville):
        client = logged_in(person)
        sent = {"sign": both, "read": both}
        assert client.post(reverse("sign_many"), sent).status_code in {403, 404}, person
        assert client.get(reverse("sign_many_confirm"), {"sign": both}).status_code in {403, 404}
        assert client.post(f"{reverse('sign_many_challenge')}?sign={both[0]}").status_code in {403, 404}
    assert two[0].reference not in text(logged_in(cast.outsider).get(reverse("sign_many")))
    assert logged_in(cast.prefete).get(reverse("sign_many_confirm"), {"sign": ["1-2"]}).status_code == 404


def test_an_address_that_somebody_made_up_signs_nothing_unread(cast: Cast, two: list[Contract]) -> None:
    """A link in a mail leads to what must be read, and is no saying that it was."""
    client, both = logged_in(cast.prefete), marks(*two)
    whole = confirmations.lot_of(mark.split("-")[2] for mark in both)
    said = client.post(reverse("sign_many"), {"sign": both[:1], "read": both[:1]}).headers["Location"]
    for extra in ("", "&read=", "&read=" + said.partition("read=")[2]):
        address = f"{reverse('sign_many_confirm')}?sign={both[0]}&sign={both[1]}{extra}"
        for sent in (
            client.get(address),
            client.post(address, {"password": PASSWORD, "document_sha256": whole}),
        ):
            assert sent.headers["Location"] == reverse("sign_many")
    assert client.post(f"{reverse('sign_many_challenge')}?sign={both[0]}").status_code == 404
    contract, task, _document = both[0].split("-")
    for document in ("\0", "x" * 64, "0" * 65, "é"):
        sent = client.get(reverse("sign_many_confirm"), {"sign": f"{contract}-{task}-{document}"})
        assert sent.status_code == 404
    run_jobs()
    assert [state_of(one) for one in two] == ["", ""]


def test_a_remote_key_signs_the_lot_by_one_authorisation(cast: Cast, two: list[Contract]) -> None:
    person, client = cast.prefete, logged_in(cast.prefete)
    with offered("2", person) as strict:
        key, both = enrolled(client, strict, person), marks(*two)
        sent = {"sign": both, "read": both, "key": key.pk}
        address = client.post(reverse("sign_many"), sent).headers["Location"]
        assert "demandera son propre code" in text(client.get(address))
        done = client.post(address).headers["Location"]
        run_jobs()
        assert "Continuer chez" in text(client.get(done))
        requests = list(SignatureRequest.objects.filter(key=key).order_by("pk"))
        page = followed(client, left(client, *requests), strict, person.get_username())
        assert page.status_code == 200
        held = strict.keys[f"cle-{person.pk}"]
        assert len(held.signed) == 2
        assert len([path for path, _status in strict.seen if path == "signatures/signHash"]) == 1
        run_jobs()
    assert [state_of(one) for one in two] == [State.DONE, State.DONE]


@pytest.mark.parametrize("first", ["cancelled meanwhile", "not entitled"])
def test_a_service_that_signs_later_signs_the_others(cast: Cast, two: list[Contract], first: str) -> None:
    person, client = cast.prefete, logged_in(cast.prefete)
    with offered("2", person, asynchronous=True) as strict:
        key, both = enrolled(client, strict, person), marks(*two)
        sent = {"sign": both, "read": both, "key": key.pk}
        client.post(client.post(reverse("sign_many"), sent).headers["Location"])
        run_jobs()
        requests = list(SignatureRequest.objects.filter(key=key).order_by("pk"))

        def refuse(request: SignatureRequest, **_kwargs: Any) -> None:
            if request == requests[0]:
                raise NotEntitled("Votre délégation a pris fin.")

        if first == "not entitled":
            signals.key_about_to_serve.connect(refuse)
        try:
            page = followed(client, left(client, *requests), strict, person.get_username())
        finally:
            signals.key_about_to_serve.disconnect(refuse)
        assert "a reçu votre autorisation" in text(page)
        assert ("délégation a pris fin" in text(page)) == (first == "not entitled")
        if first == "cancelled meanwhile":
            actions.cancel(requests[0], person)
        for _time in range(3):
            client.post(reverse("csc_later", args=["essai"]))
        run_jobs()
    made = {one.pk: one.state for one in SignatureRequest.objects.filter(key=key)}
    assert made[requests[1].pk] == State.DONE
    assert made[requests[0].pk] == (State.PREPARED if first == "not entitled" else State.ABANDONED)
