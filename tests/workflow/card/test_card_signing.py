"""The real program, a real card and the real site: enrolled, signed, cancelled, expired, never another's."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contreseing_sign import enrolling
from signatures import awaited, blobs, card, keys
from signatures.models import CardSession, EnrolledKey, SignatureRequest
from signatures.validation import validate
from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.companion import tokens
from tests.companion.talks import SIGN
from tests.owner import as_owner
from tests.signatures import hsm
from tests.stage import run_jobs
from tests.workflow.card.conversations import asked, asked_with, card_of, code_on, last, page_of, started
from workflow.record.models import Event, JournalEntry
from workflow.signing import acts as signing_acts

pytestmark = pytest.mark.skipif(not hsm.LIBRARY, reason="softhsm2 is not installed")
State = SignatureRequest.State
ENROL = ["oui", "oui", "1"]


@pytest.fixture
def prefects_card(cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tokens.Card:
    """A card in the prefect's name."""
    return card_of(cast.prefete, tmp_path / "card", monkeypatch)


@pytest.fixture
def site(live_url: str, settings: Any) -> Iterator[str]:
    """The site, at the address that its links have."""
    settings.PUBLIC_URL = live_url
    yield live_url


def ask_program(name: str, body: object = None, session: str = "", **headers: str) -> Any:
    """Ask as the program does."""
    if session:
        headers["Authorization"] = f"Bearer {session}"
    client: Any = Client(enforce_csrf_checks=True)
    if name == "card_document":
        return client.get(reverse(name), headers=headers)
    return client.post(reverse(name), json.dumps(body), content_type="application/json", headers=headers)


def opened(code: str) -> dict[str, Any]:
    """Exchange a code."""
    answer = ask_program("card_open", {"version": 1, "code": code})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = json.loads(answer.content)
    return found


def test_a_card_is_enrolled_then_signs(
    cast: Cast, site: str, prefects_card: tokens.Card, tmp_path: Path, client: Client
) -> None:
    """From « Mes moyens de signature » to a valid signature in the file, each state shown on the way."""
    contract = plot.at_signing(cast)
    client.force_login(cast.prefete)
    offered = client.get(reverse("signing_keys")).content.decode()
    assert reverse("card_enrol") in offered
    assert "contreseing-sign:" not in client.get(reverse("card_enrol")).content.decode()
    client.post(reverse("card_enrol"))
    code = code_on(client.get(reverse("card_enrol")).content.decode())
    talk = started(site, code, tmp_path, [*ENROL])
    assert "vous pouvez signer avec cette carte" in talk.text
    key = EnrolledKey.objects.get(owner=cast.prefete, means="card")
    assert key.fingerprint == prefects_card.keys["p256"].certificate.fingerprint
    assert (key.differences, key.is_confirmed) == ([], True)
    shown = client.get(reverse("card_enrol"), headers={"HX-Request": "true"})
    assert "est enregistré" in shown.content.decode()
    assert shown.status_code == 286, "an open page asks no more"
    assert JournalEntry.objects.filter(verb="signing_key_enrolled", actor=cast.prefete).exists()
    run_jobs()
    assert any("moyen de signature est enregistré" in one.subject for one in mail.outbox)

    request, task = asked_with(cast, contract, key)
    assert request.is_awaited
    page = page_of(cast.prefete, contract, task)
    assert "programme attendu" in page
    seen: list[str] = []

    def look() -> None:
        seen.append(page_of(cast.prefete, contract, task))

    talk = started(site, code_on(page), tmp_path, [SIGN[1]], before_code=look)
    assert "Signature remise" in talk.text, talk.text
    assert f"{contract.title} ({contract.reference})" in talk.text
    assert "programme connecté" in seen[0]
    assert "document reçu et vérifié" in seen[0]
    assert "code de la carte demandé par le programme" in seen[0]
    assert "contreseing-sign:" not in seen[0], "the code has served"
    run_jobs()
    request.refresh_from_db()
    assert request.state == State.DONE
    assert "apposée et vérifiée" in page_of(cast.prefete, contract, task)
    plot.record_resolution(contract)
    plot.sign_next(contract)
    run_jobs()
    sealed = validate(blobs.get(plot.envelope(contract).sealed_sha256))
    assert sealed.valid, sealed.problems
    assert sealed.signatures[0].serial == prefects_card.keys["p256"].certificate.serial
    key.refresh_from_db()
    assert key.last_used_at is not None
    assert Event.objects.filter(contract=contract, kind="signature_progressed").count() >= 4


def test_the_prefect_who_declines_takes_another_means(
    cast: Cast, site: str, prefects_card: tokens.Card, tmp_path: Path, client: Client
) -> None:
    """The page says that the program stopped, gives another code, cancels; the other key then signs."""
    contract, request, task = asked(cast, prefects_card)
    first = code_on(page_of(cast.prefete, contract, task))
    started(site, first, tmp_path, ["oui", "3"])
    page = page_of(cast.prefete, contract, task)
    assert "arrêté : vous avez arrêté le programme" in page.replace("\u00a0", " ")
    client.force_login(cast.prefete)
    client.post(reverse("card_code", args=[contract.pk, task]))
    second = code_on(page_of(cast.prefete, contract, task))
    assert second != first
    client.post(reverse("card_code", args=[contract.pk, task]))
    assert ask_program("card_open", {"version": 1, "code": second}).status_code == 410, "replaced"
    session = opened(code_on(page_of(cast.prefete, contract, task)))["session"]
    client.post(reverse("sign_cancel", args=[contract.pk, task]))
    late = ask_program("card_value", {"value": base64.b64encode(b"x").decode()}, session)
    assert late.status_code == 410
    assert ask_program("card_document", session=session).status_code == 410
    run_jobs()
    demo = EnrolledKey.objects.get(owner=cast.prefete, means="demo")
    again, confirmed = plot.task(contract, "sign"), plot.confirm(cast.prefete, contract)
    signing_acts.sign(cast.prefete, again.pk, **confirmed, key_id=str(demo.pk))
    run_jobs()
    states = SignatureRequest.objects.order_by("pk").values_list("backend", "state")
    assert list(states) == [("card", State.ABANDONED), ("demo", State.DONE)]


def test_an_absent_card_never_blocks_the_slot(cast: Cast, site: str, prefects_card: tokens.Card) -> None:
    """Nobody comes: the request expires, and the task is the signatory's again, by any means."""
    contract, request, task = asked(cast, prefects_card)
    code = code_on(page_of(cast.prefete, contract, task))
    assert awaited.expire() == 0
    with as_owner():
        past = timezone.now() - dt.timedelta(seconds=1)
        SignatureRequest.objects.filter(pk=request.pk).update(awaited_until=past)
    assert awaited.expire() == 1
    run_jobs()
    assert ask_program("card_open", {"version": 1, "code": code}).status_code == 410
    assert "dans le temps prévu" in page_of(cast.prefete, contract, task)
    assert plot.entitled(plot.task(contract, "sign")) == cast.prefete


def test_a_code_is_of_one_person_one_signature_and_ten_minutes(
    cast: Cast, site: str, prefects_card: tokens.Card, client: Client
) -> None:
    contract, request, task = asked(cast, prefects_card)
    for other in (cast.maire, cast.outsider):
        client.force_login(other)
        assert client.get(reverse("task_done", args=[contract.pk, task])).status_code == 404
        assert client.post(reverse("card_code", args=[contract.pk, task])).status_code == 404
    conversation = last(cast.prefete, request)
    assert conversation.expires_at - conversation.asked_at == dt.timedelta(minutes=10)
    code = code_on(page_of(cast.prefete, contract, task))
    stored = json.dumps(list(CardSession.objects.values()), default=str)
    assert code not in stored
    for wrong in (code[:-1] + ("0" if code[-1] != "0" else "1"), "", "A" * 12, code.lower()):
        assert ask_program("card_open", {"version": 1, "code": wrong}).status_code == 410
    answer = opened(code)
    assert answer["session"] not in json.dumps(list(CardSession.objects.values()), default=str)
    again = ask_program("card_open", {"version": 1, "code": code})
    assert (again.status_code, "a déjà servi" in json.loads(again.content)["sentence"]) == (410, True)
    assert ask_program("card_document", session=answer["session"]).content == blobs.get(
        request.prepared_sha256
    )
    for session in ("", "x" * 43, code, answer["session"][:-1]):
        assert ask_program("card_document", session=session).status_code == 401
    ago = timezone.now() - dt.timedelta(minutes=1)
    talking = CardSession.objects.filter(pk=conversation.pk)
    talking.update(asked_at=ago - dt.timedelta(minutes=10), expires_at=ago)
    assert ask_program("card_document", session=answer["session"]).status_code == 401, "its time is over"
    card.ask(cast.prefete, request)
    fresh = last(cast.prefete, request)
    code = code_on(page_of(cast.prefete, contract, task))
    CardSession.objects.filter(pk=fresh.pk).update(
        asked_at=timezone.now() - dt.timedelta(minutes=11),
        expires_at=timezone.now() - dt.timedelta(minutes=1),
    )
    assert ask_program("card_open", {"version": 1, "code": code}).status_code == 410
    assert "le délai du code est passé" in page_of(cast.prefete, contract, task)


def test_only_the_value_of_this_card_is_taken(cast: Cast, site: str, prefects_card: tokens.Card) -> None:
    """A value over something else, by another key, or no value at all: nothing is signed, and it is said."""
    contract, request, task = asked(cast, prefects_card)
    session = opened(code_on(page_of(cast.prefete, contract, task)))["session"]
    other = tokens.issued("p256", "autre@carte.test")[0]
    wrong = [b"", b"x" * 64, bytes(request.certificate), other.certificate.certificate]
    for value in wrong:
        answer = ask_program("card_value", {"value": base64.b64encode(value).decode()}, session)
        assert answer.status_code == 422
        assert "rien n’a été signé" in json.loads(answer.content)["sentence"]
    unreadable: list[Any] = [[], {}, {"value": 3}, {"value": "é"}, {"value": "a" * 200_000}]
    for body in unreadable:
        assert ask_program("card_value", body, session).status_code == 400
    for state in ({"state": "signed"}, {"state": 1}, {"why": "x"}, {"state": "stopped", "why": "x" * 21}):
        assert ask_program("card_state", state, session).status_code == 400
    no_certificate: dict[str, Any] = {"certificate": "", "chain": [], "proof": ""}
    assert ask_program("card_certificate", no_certificate, session).status_code == 422
    request.refresh_from_db()
    assert (request.state, bytes(request.raw_signature)) == (State.PREPARED, b"")


def test_whoever_lost_the_right_to_sign_is_not_let_sign(
    cast: Cast, site: str, prefects_card: tokens.Card, tmp_path: Path
) -> None:
    """Their authority ends while the program is open: the value comes, and is refused with the reason."""
    contract, request, task = asked(cast, prefects_card)
    code = code_on(page_of(cast.prefete, contract, task))
    talk = started(
        *(site, code, tmp_path, [*SIGN]),
        before_code=lambda: plot.withdraw(cast.prefete, by=cast.dircab),
    )
    assert "Signature remise" not in talk.text
    request.refresh_from_db()
    assert bytes(request.raw_signature) == b""


def test_a_card_withdrawn_while_it_is_awaited_signs_nothing(
    cast: Cast, site: str, prefects_card: tokens.Card, tmp_path: Path
) -> None:
    """« Carte perdue : Retirer »: whoever holds the card and the program gives a value too late."""
    contract, request, task = asked(cast, prefects_card)
    code = code_on(page_of(cast.prefete, contract, task))
    withdrawn = reverse("key_withdraw", args=[request.key_id])
    client = Client()
    client.force_login(cast.prefete)
    talk = started(*(site, code, tmp_path, [*SIGN]), before_code=lambda: client.post(withdrawn))
    assert "Signature remise" not in talk.text
    request.refresh_from_db()
    assert bytes(request.raw_signature) == b""
    run_jobs()
    request.refresh_from_db()
    assert request.state == State.ABANDONED
    assert plot.task(contract, "sign").pk != task, "the signature is hers to give again, by another means"


def enrolment(person: User) -> tuple[CardSession, str]:
    """Open an enrolment of this person; return the session's token."""
    card.ask(person)
    conversation = last(person)
    return conversation, opened(card.code_of(conversation).replace("-", ""))["session"]


def test_a_certificate_is_enrolled_only_by_its_own_key(
    cast: Cast, site: str, prefects_card: tokens.Card
) -> None:
    """Without the proof of its key, or by another's proof, somebody's certificate is not enrolled."""
    conversation, session = enrolment(cast.maire)
    held = prefects_card.keys["p256"].certificate
    proved = card.challenge(conversation, held.certificate)
    assert proved == enrolling.challenge(site, conversation.nonce, held.certificate)
    assert proved[:1] != b"\x31"
    sent: dict[str, Any] = {"certificate": base64.b64encode(held.certificate).decode(), "chain": []}
    for proof in (b"", b"x" * 64, hashlib.sha256(proved).digest()):
        body = {**sent, "proof": base64.b64encode(proof).decode()}
        assert ask_program("card_certificate", body, session).status_code == 422
    for body in (
        {**sent, "chain": [""] * 9, "proof": ""},
        {**sent, "chain": "x", "proof": ""},
        {"proof": ""},
    ):
        assert ask_program("card_certificate", body, session).status_code == 400
    assert not keys.all_of(cast.maire) or all(key.means != "card" for key in keys.all_of(cast.maire))
    assert ask_program("card_document", session=session).status_code == 410, "there is no document"


def test_only_the_authorities_of_a_certificate_are_kept(cast: Cast, site: str) -> None:
    """In their order, whatever else the card holds, and in whatever order it gives them."""
    conversation, session = enrolment(cast.maire)
    held, pem = tokens.issued(
        "rsa3072", "maire-carte@essai.test", f"{cast.maire.first_name} {cast.maire.last_name}"
    )
    stranger = tokens.issued("p256", "autre@carte.test")[0].certificate.certificate
    private = load_pem_private_key(pem, None)
    assert isinstance(private, rsa.RSAPrivateKey)
    certificate, chain = held.certificate.certificate, held.certificate.chain
    proof = private.sign(card.challenge(conversation, certificate), padding.PKCS1v15(), hashes.SHA256())
    body = {
        "certificate": base64.b64encode(certificate).decode(),
        "chain": [base64.b64encode(one).decode() for one in (stranger, *reversed(chain), certificate)],
        "proof": base64.b64encode(proof).decode(),
    }
    assert ask_program("card_certificate", body, session).status_code == 200
    kept = EnrolledKey.objects.get(owner=cast.maire, means="card")
    assert tuple(base64.b64decode(one) for one in kept.chain) == chain
    assert len(chain) == 2
    assert ask_program("card_certificate", body, session).status_code == 410, "once"


def test_a_certificate_in_another_name_waits_to_be_accepted(
    cast: Cast, site: str, prefects_card: tokens.Card, tmp_path: Path
) -> None:
    """The mayor enrols a card that bears the prefect's name: it signs nothing meanwhile, and it is said."""
    card.ask(cast.maire)
    talk = started(site, card.code_of(last(cast.maire)).replace("-", ""), tmp_path, [*ENROL])
    assert "doit l’accepter avant qu’il signe" in talk.text
    (key,) = [one for one in keys.all_of(cast.maire) if one.means == "card"]
    assert not key.is_confirmed
    assert key not in keys.of(cast.maire)


def test_codes_cannot_be_guessed(cast: Cast, site: str) -> None:
    """Sixty tries a minute from one address, of 32¹² codes."""
    tries = [
        ask_program("card_open", {"version": 1, "code": f"{number:012d}"}, **{"X-Forwarded-For": "192.0.2.7"})
        for number in range(70)
    ]
    assert {answer.status_code for answer in tries} == {410, 429}
