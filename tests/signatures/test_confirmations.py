"""Saying again who one is: bound to the document, two minutes, one use, five failures."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from django.db import close_old_connections, transaction
from django.db.models import F

from signatures.confirmations import confirm, consume
from signatures.errors import ConfirmationRefused
from signatures.models import MAX_FAILURES, Confirmation, FailedConfirmation
from tests.owner import as_owner
from tests.signatures.conftest import PASSWORD, Signatories

DOCUMENT, OTHER = "a" * 64, "b" * 64


def test_the_right_password_gives_a_token_for_this_document(signatories: Signatories) -> None:
    token = confirm(signatories.prefect, PASSWORD, document_sha256=DOCUMENT)
    kept = Confirmation.objects.get()
    assert token not in kept.token_hash
    assert kept.expires_at - kept.created_at == dt.timedelta(minutes=2)
    consume(signatories.prefect, token, document_sha256=DOCUMENT)
    kept.refresh_from_db()
    assert kept.used_at is not None


def test_a_token_serves_once(signatories: Signatories) -> None:
    token = confirm(signatories.prefect, PASSWORD, document_sha256=DOCUMENT)
    consume(signatories.prefect, token, document_sha256=DOCUMENT)
    with pytest.raises(ConfirmationRefused, match="une fois"):
        consume(signatories.prefect, token, document_sha256=DOCUMENT)


def test_a_token_is_for_one_document_and_one_person(signatories: Signatories) -> None:
    token = confirm(signatories.prefect, PASSWORD, document_sha256=DOCUMENT)
    with pytest.raises(ConfirmationRefused):
        consume(signatories.prefect, token, document_sha256=OTHER)
    with pytest.raises(ConfirmationRefused):
        consume(signatories.mayor, token, document_sha256=DOCUMENT)
    with pytest.raises(ConfirmationRefused):
        consume(signatories.prefect, token + "x", document_sha256=DOCUMENT)
    consume(signatories.prefect, token, document_sha256=DOCUMENT)


def test_a_token_lasts_two_minutes(signatories: Signatories) -> None:
    token = confirm(signatories.prefect, PASSWORD, document_sha256=DOCUMENT)
    past = dt.timedelta(minutes=2, seconds=1)
    with as_owner():
        Confirmation.objects.update(created_at=F("created_at") - past, expires_at=F("expires_at") - past)
    with pytest.raises(ConfirmationRefused):
        consume(signatories.prefect, token, document_sha256=DOCUMENT)


def test_a_wrong_password_says_how_many_tries_are_left(signatories: Signatories) -> None:
    with pytest.raises(ConfirmationRefused, match="il reste 4 essais") as caught:
        confirm(signatories.prefect, "faux", document_sha256=DOCUMENT)
    assert caught.value.remaining == 4
    assert not Confirmation.objects.exists()


def test_after_five_failures_even_the_right_password_waits(signatories: Signatories) -> None:
    for _attempt in range(5):
        with pytest.raises(ConfirmationRefused):
            confirm(signatories.prefect, "faux", document_sha256=DOCUMENT)
    with pytest.raises(ConfirmationRefused, match="réessayez après") as caught:
        confirm(signatories.prefect, PASSWORD, document_sha256=DOCUMENT)
    first = FailedConfirmation.objects.earliest("attempted_at")
    assert caught.value.retry_at == first.attempted_at + dt.timedelta(minutes=10)
    confirm(signatories.mayor, PASSWORD, document_sha256=DOCUMENT)
    with as_owner():
        FailedConfirmation.objects.update(attempted_at=F("attempted_at") - dt.timedelta(minutes=10))
    confirm(signatories.prefect, PASSWORD, document_sha256=DOCUMENT)


def test_a_success_does_not_count_as_a_failure(signatories: Signatories) -> None:
    for _attempt in range(7):
        confirm(signatories.prefect, PASSWORD, document_sha256=DOCUMENT)
    assert not FailedConfirmation.objects.exists()


def test_a_deactivated_person_is_refused(signatories: Signatories) -> None:
    signatories.prefect.is_active = False
    with pytest.raises(ConfirmationRefused):
        confirm(signatories.prefect, PASSWORD, document_sha256=DOCUMENT)


@pytest.mark.django_db(transaction=True)
def test_confirming_inside_a_transaction_is_a_mistake(signatories: Signatories) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        confirm(signatories.prefect, PASSWORD, document_sha256=DOCUMENT)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_one_token_used_twice_at_once_serves_once(signatories: Signatories) -> None:
    token = confirm(signatories.prefect, PASSWORD, document_sha256=DOCUMENT)

    def use() -> None:
        with transaction.atomic():
            consume(signatories.prefect, token, document_sha256=DOCUMENT)

    assert sorted(_at_once(use, 8)) == ["ConfirmationRefused"] * 7 + ["ok"]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_guesses_in_parallel_are_all_counted(signatories: Signatories) -> None:
    def guess() -> None:
        confirm(signatories.prefect, "faux", document_sha256=DOCUMENT)

    assert set(_at_once(guess, 8)) == {"ConfirmationRefused"}
    assert FailedConfirmation.objects.count() == MAX_FAILURES


def _at_once(act: Any, times: int) -> list[str]:
    """Run ``act`` in that many threads released together; return « ok » or the error's name for each."""
    gate, outcomes = threading.Barrier(times), []

    def run() -> None:
        gate.wait()
        try:
            act()
            outcomes.append("ok")
        except ConfirmationRefused as error:
            outcomes.append(type(error).__name__)
        finally:
            close_old_connections()

    threads = [threading.Thread(target=run) for _thread in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes
