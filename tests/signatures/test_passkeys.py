"""A passkey says who signs: on this document, once, unlocked by its owner, on our site."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter

import pytest
from django.db import close_old_connections
from django.db.models import F
from fido2.utils import websafe_decode

from signatures import passkeys
from signatures.confirmations import confirm, confirm_by_passkey, consume
from signatures.errors import ConfirmationRefused
from signatures.models import Confirmation, FailedConfirmation, PasskeyChallenge
from tests.owner import as_owner
from tests.signatures.conftest import PASSWORD, Signatories
from tests.signatures.device import Device

DOCUMENT, OTHER = "a" * 64, "b" * 64


def test_a_passkey_gives_a_token_for_the_document_it_signed(signatories: Signatories) -> None:
    device = Device(signatories.prefect)
    options = passkeys.ask(signatories.prefect, document_sha256=DOCUMENT)
    challenge = websafe_decode(options["publicKey"]["challenge"])
    assert challenge[32:].hex() == DOCUMENT, "what the key signs covers the document's hash"
    assert options["publicKey"]["userVerification"] == "required"
    token = confirm_by_passkey(signatories.prefect, device.answer(options), document_sha256=DOCUMENT)
    consume(signatories.prefect, token, document_sha256=DOCUMENT)
    device.authenticator.refresh_from_db()
    assert device.authenticator.last_used_at is not None


def test_a_challenge_is_answered_once(signatories: Signatories) -> None:
    device = Device(signatories.prefect)
    answer = device.answer(passkeys.ask(signatories.prefect, document_sha256=DOCUMENT))
    confirm_by_passkey(signatories.prefect, answer, document_sha256=DOCUMENT)
    with pytest.raises(ConfirmationRefused, match="il reste 4 essais"):
        confirm_by_passkey(signatories.prefect, answer, document_sha256=DOCUMENT)


def test_an_answer_about_one_document_says_nothing_of_another(signatories: Signatories) -> None:
    device = Device(signatories.prefect)
    answer = device.answer(passkeys.ask(signatories.prefect, document_sha256=DOCUMENT))
    with pytest.raises(ConfirmationRefused):
        confirm_by_passkey(signatories.prefect, answer, document_sha256=OTHER)
    assert not Confirmation.objects.exists()


def test_the_key_of_one_is_not_the_proof_of_another(signatories: Signatories) -> None:
    device = Device(signatories.mayor)
    Device(signatories.prefect)
    answer = device.answer(passkeys.ask(signatories.prefect, document_sha256=DOCUMENT))
    with pytest.raises(ConfirmationRefused):
        confirm_by_passkey(signatories.prefect, answer, document_sha256=DOCUMENT)


def test_a_key_taken_away_proves_nothing(signatories: Signatories) -> None:
    device = Device(signatories.prefect)
    options = passkeys.ask(signatories.prefect, document_sha256=DOCUMENT)
    device.authenticator.delete()
    with pytest.raises(ConfirmationRefused):
        confirm_by_passkey(signatories.prefect, device.answer(options), document_sha256=DOCUMENT)


def test_a_key_that_its_owner_did_not_unlock_is_refused(signatories: Signatories) -> None:
    device = Device(signatories.prefect)
    options = passkeys.ask(signatories.prefect, document_sha256=DOCUMENT)
    with pytest.raises(ConfirmationRefused):
        confirm_by_passkey(
            signatories.prefect, device.answer(options, verified=False), document_sha256=DOCUMENT
        )


def test_an_answer_made_on_another_site_is_refused(signatories: Signatories) -> None:
    device = Device(signatories.prefect)
    options = passkeys.ask(signatories.prefect, document_sha256=DOCUMENT)
    answer = device.answer(options, origin="https://hameçon.example")
    with pytest.raises(ConfirmationRefused):
        confirm_by_passkey(signatories.prefect, answer, document_sha256=DOCUMENT)


def test_a_forged_signature_spends_the_challenge(signatories: Signatories) -> None:
    device, thief = Device(signatories.prefect), Device(signatories.mayor)
    options = passkeys.ask(signatories.prefect, document_sha256=DOCUMENT)
    forged = device.answer(options)
    forged["response"]["signature"] = thief.answer(options)["response"]["signature"]
    with pytest.raises(ConfirmationRefused):
        confirm_by_passkey(signatories.prefect, forged, document_sha256=DOCUMENT)
    with pytest.raises(ConfirmationRefused):
        confirm_by_passkey(signatories.prefect, device.answer(options), document_sha256=DOCUMENT)


def test_a_challenge_lasts_five_minutes(signatories: Signatories) -> None:
    device = Device(signatories.prefect)
    options = passkeys.ask(signatories.prefect, document_sha256=DOCUMENT)
    past = dt.timedelta(minutes=5, seconds=1)
    with as_owner():
        PasskeyChallenge.objects.update(created_at=F("created_at") - past, expires_at=F("expires_at") - past)
    with pytest.raises(ConfirmationRefused):
        confirm_by_passkey(signatories.prefect, device.answer(options), document_sha256=DOCUMENT)


@pytest.mark.parametrize("rubbish", [{}, {"id": "x"}, {"rawId": 3, "response": []}, {"response": {}}])
def test_rubbish_is_refused_and_counted(signatories: Signatories, rubbish: dict[str, object]) -> None:
    with pytest.raises(ConfirmationRefused):
        confirm_by_passkey(signatories.prefect, rubbish, document_sha256=DOCUMENT)
    assert FailedConfirmation.objects.count() == 1


def test_failures_of_all_ways_are_counted_together(signatories: Signatories) -> None:
    device = Device(signatories.prefect)
    for attempt in range(5):
        with pytest.raises(ConfirmationRefused):
            if attempt % 2:
                confirm(signatories.prefect, "faux", document_sha256=DOCUMENT)
            else:
                confirm_by_passkey(signatories.prefect, {}, document_sha256=DOCUMENT)
    answer = device.answer(passkeys.ask(signatories.prefect, document_sha256=DOCUMENT))
    with pytest.raises(ConfirmationRefused, match="réessayez après"):
        confirm_by_passkey(signatories.prefect, answer, document_sha256=DOCUMENT)
    with pytest.raises(ConfirmationRefused, match="réessayez après"):
        confirm(signatories.prefect, PASSWORD, document_sha256=DOCUMENT)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_one_answer_sent_four_times_at_once_gives_one_token(signatories: Signatories) -> None:
    device = Device(signatories.prefect)
    answer = device.answer(passkeys.ask(signatories.prefect, document_sha256=DOCUMENT))
    gate, outcomes = threading.Barrier(4), []

    def send() -> None:
        gate.wait()
        try:
            confirm_by_passkey(signatories.prefect, answer, document_sha256=DOCUMENT)
            outcomes.append("ok")
        except ConfirmationRefused:
            outcomes.append("refused")
        finally:
            close_old_connections()

    threads = [threading.Thread(target=send) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(outcomes) == {"ok": 1, "refused": 3}
