"""What is checked before a signature is asked for."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.contrib.auth import get_user_model
from django.db import IntegrityError, close_old_connections, transaction
from django.utils import timezone

from signatures import actions, keys
from signatures.backends.demo import demo
from signatures.demo import pki
from signatures.errors import (
    CertificateNotInForce,
    ConfirmationRefused,
    DocumentChanged,
    NoCertificate,
    NotReady,
    NotTheSigner,
    OutOfTurn,
    SignatureError,
    SlotTaken,
    UnknownBackend,
    UnknownField,
    WrongSignatureValue,
)
from signatures.models import Confirmation, EnrolledKey, Envelope, SignatureRequest, Slot
from tests.owner import as_owner
from tests.signatures.conftest import PASSWORD, Signatories, ask


def test_the_second_waits_for_the_first(envelope: Envelope, signatories: Signatories) -> None:
    with pytest.raises(OutOfTurn) as caught:
        ask(envelope, "Signataire-02", signatories.mayor)
    assert caught.value.awaited == ["Signataire-01"]
    ask(envelope, "Signataire-01", signatories.prefect)
    with pytest.raises(OutOfTurn):
        ask(envelope, "Signataire-02", signatories.mayor)


def test_only_the_document_that_was_read_is_signed(envelope: Envelope, signatories: Signatories) -> None:
    with pytest.raises(DocumentChanged, match="relisez-le") as caught:
        ask(envelope, "Signataire-01", signatories.prefect, document_sha256="c" * 64)
    assert caught.value.current == envelope.current_sha256


def test_a_place_is_taken_once(envelope: Envelope, signatories: Signatories) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    assert Slot.objects.get(pk=request.slot_id).signer == signatories.prefect
    with pytest.raises(SlotTaken):
        ask(envelope, "Signataire-01", signatories.outsider)


def test_a_place_kept_for_somebody_is_theirs(envelope: Envelope, signatories: Signatories) -> None:
    envelope.slots.filter(order=1).update(signer=signatories.prefect)
    with pytest.raises(NotTheSigner):
        ask(envelope, "Signataire-01", signatories.outsider)


def test_there_is_no_third_place(envelope: Envelope, signatories: Signatories) -> None:
    with pytest.raises(UnknownField):
        ask(envelope, "Signataire-03", signatories.prefect)


def test_no_confirmation_no_request(envelope: Envelope, signatories: Signatories) -> None:
    with pytest.raises(ConfirmationRefused):
        ask(envelope, "Signataire-01", signatories.prefect, confirmation="inventée")
    assert not SignatureRequest.objects.exists()


def test_a_refused_request_leaves_the_confirmation_unused(
    envelope: Envelope, signatories: Signatories
) -> None:
    token = actions.confirm(signatories.mayor, PASSWORD, document_sha256=envelope.current_sha256)
    with pytest.raises(OutOfTurn):
        ask(envelope, "Signataire-02", signatories.mayor, confirmation=token)
    assert Confirmation.objects.get().used_at is None


def test_an_expired_certificate_is_refused_at_once(envelope: Envelope, signatories: Signatories) -> None:
    certificate, now = demo().held_by(signatories.outsider), timezone.now()
    with as_owner():
        EnrolledKey.objects.filter(fingerprint=certificate.fingerprint).update(
            not_before=now - dt.timedelta(days=800), not_after=now - dt.timedelta(days=1)
        )
    with pytest.raises(CertificateNotInForce, match="renouvelez-le"):
        ask(envelope, "Signataire-01", signatories.outsider)
    late = get_user_model().objects.create_user("expiree@clairval.test", PASSWORD)
    pki.issue_person(late.email, "Expirée", "Ville", "Maire", starts=now - dt.timedelta(days=800), days=365)
    with pytest.raises(CertificateNotInForce, match="renouvelez-le"):
        keys.enrol_specimen(late)


def test_a_person_without_certificate_is_told_so(envelope: Envelope, signatories: Signatories) -> None:
    without = get_user_model().objects.create_user("sans@clairval.test", PASSWORD)
    with pytest.raises(NoCertificate, match="sans@clairval.test"):
        ask(envelope, "Signataire-01", without)


def test_an_unknown_backend_is_named(envelope: Envelope, signatories: Signatories) -> None:
    with as_owner():
        EnrolledKey.objects.filter(owner=signatories.prefect).update(means="carte")
    with pytest.raises(UnknownBackend, match="carte"):
        ask(envelope, "Signataire-01", signatories.prefect)


def test_the_database_keeps_the_invariants(envelope: Envelope, signatories: Signatories) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    for change in (
        {"state": "done"},
        {"state": "stamped"},
        {"state": "signed"},
        {"state": "prepared"},
        {"state": "invented"},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            SignatureRequest.objects.filter(pk=request.pk).update(**change)
    for change in ({"state": "sealed"}, {"state": "void"}, {"state": "invented"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Envelope.objects.filter(pk=envelope.pk).update(**change)


def test_a_card_hands_its_value_in_later(envelope: Envelope, signatories: Signatories) -> None:
    """The two-step way, with the demonstration's key standing at the signatory's side."""
    request = ask(envelope, "Signataire-01", signatories.prefect)
    with pytest.raises(NotReady):
        actions.supply_signature(request, signatories.prefect, b"trop tot")
    attributes = b"1\x03\x02\x01\x05"
    SignatureRequest.objects.filter(pk=request.pk).update(
        state="prepared", prepared_sha256="d" * 64, prepared={"signed_attributes": "MQMCAQU="}
    )
    request.refresh_from_db()
    assert request.signed_attributes == attributes
    value = demo().sign_as(signatories.prefect, attributes, "sha256")
    assert isinstance(value, bytes)
    with pytest.raises(NotTheSigner):
        actions.supply_signature(request, signatories.mayor, value)
    with pytest.raises(WrongSignatureValue):
        actions.supply_signature(request, signatories.prefect, value[:-1] + bytes([value[-1] ^ 1]))
    actions.supply_signature(request, signatories.prefect, value)
    request.refresh_from_db()
    assert request.state == SignatureRequest.State.SIGNED


def test_a_value_is_kept_with_its_job_or_not_at_all(
    envelope: Envelope, signatories: Signatories, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A queue that fails leaves the value awaited: one signed and in no queue waits for ever."""
    request = ask(envelope, "Signataire-01", signatories.prefect)
    SignatureRequest.objects.filter(pk=request.pk).update(
        state="prepared", prepared_sha256="d" * 64, prepared={"signed_attributes": "MQMCAQU="}
    )
    request.refresh_from_db()
    value = demo().sign_as(signatories.prefect, request.signed_attributes, "sha256")
    assert isinstance(value, bytes)
    with monkeypatch.context() as broken, pytest.raises(ConnectionError):
        broken.setattr("signatures.jobs.defer_request", no_queue)
        actions.supply_signature(request, signatories.prefect, value)
    request.refresh_from_db()
    assert request.state == SignatureRequest.State.PREPARED
    actions.supply_signature(request, signatories.prefect, value)
    request.refresh_from_db()
    assert request.state == SignatureRequest.State.SIGNED


def no_queue(_request: SignatureRequest) -> None:
    raise ConnectionError


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_ten_requests_at_once_take_the_place_once(envelope: Envelope, signatories: Signatories) -> None:
    users = [signatories.prefect, signatories.mayor] * 5
    tokens = [actions.confirm(user, PASSWORD, document_sha256=envelope.current_sha256) for user in users]
    gate, outcomes = threading.Barrier(len(users)), []

    def run(index: int) -> None:
        gate.wait()
        try:
            ask(envelope, "Signataire-01", users[index], confirmation=tokens[index])
            outcomes.append("ok")
        except SignatureError as error:
            outcomes.append(error.code)
        finally:
            close_old_connections()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(users))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("ok") == 1
    assert set(outcomes) <= {"ok", "slot_taken", "not_the_signer"}
    assert SignatureRequest.objects.count() == 1
