"""Means of signing: whose they are, when they may serve, what ends them."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.contrib.auth import get_user_model
from django.db import IntegrityError, close_old_connections, transaction
from django.utils import timezone

from signatures import actions, awaited, keys, machine
from signatures.backends import REGISTRY, AwaitingSignatory, backend, certificate_of
from signatures.backends.demo import DemoBackend, demo
from signatures.demo.pki import issuance
from signatures.errors import NotReady, NotTheSigner, SignatureError
from signatures.key_errors import (
    CertificateTaken,
    KeyNotUsable,
    NotForSigning,
    NotInAPersonsPlace,
    SpecimenNotAllowed,
    UnreadableCertificate,
)
from signatures.models import Confirmation, EnrolledKey, Envelope, Level, SignatureRequest
from tests.owner import as_owner
from tests.signatures.conftest import PASSWORD, Signatories, ask

State = SignatureRequest.State
pytestmark = pytest.mark.django_db


class AtHome(DemoBackend):
    """The key is with the person: its value is handed in by the test, as a card's is."""

    code = "at-home"
    specimen = False
    proves = True

    def sign(self, key: EnrolledKey, signed_attributes: bytes, digest_algorithm: str) -> AwaitingSignatory:
        """Wait, ten minutes from now."""
        return AwaitingSignatory(timezone.now() + dt.timedelta(minutes=10))


@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setitem(REGISTRY, AtHome.code, f"{__name__}.AtHome")
    backend.cache_clear()
    yield AtHome.code
    backend.cache_clear()


def enrolled(person: Any, means: str, *names: str) -> EnrolledKey:
    return keys.enrol(person, means, demo().held_by(person), names=names or ("Hélène", "Marchand"))


def waiting(envelope: Envelope, signatories: Signatories, at_home: str) -> SignatureRequest:
    """A signature that waits for the prefect's own key; nothing was asked but the key's code."""
    key = enrolled(signatories.prefect, at_home)
    request = ask(envelope, "Signataire-01", signatories.prefect, key=key, confirmation="")
    machine.advance(request.pk)
    request.refresh_from_db()
    assert request.is_awaited
    return request


def value_of(request: SignatureRequest, person: Any) -> bytes:
    return demo().sign_as(person, request.signed_attributes, "sha256")


@pytest.mark.parametrize(
    "names",
    [
        ("Hélène", "Marchand"),
        ("helene", "MARCHAND"),
        ("He\u0301le\u0300ne", "Marchand"),
        ("Marchand", "Hélène"),
        ("Mme Hélène", "Marchand"),
    ],
)
def test_a_name_is_the_same_without_accents_case_or_order(
    names: tuple[str, str], signatories: Signatories, at_home: str
) -> None:
    assert enrolled(signatories.prefect, at_home, *names).is_confirmed


@pytest.mark.parametrize(
    "names", [("Hélène", "Marchand-Leroy"), ("Anne Hélène", "Marchand"), ("", ""), ("Jean", "Marchand")]
)
def test_another_name_waits_for_somebody_else(
    names: tuple[str, str], envelope: Envelope, signatories: Signatories, at_home: str
) -> None:
    keys.end(keys.of(signatories.prefect)[0], "Pour ce test.")
    key = enrolled(signatories.prefect, at_home, *names)
    assert key.differences[0]["certificate"] == "Hélène Marchand"
    with pytest.raises(KeyNotUsable, match="nom de votre compte"):
        ask(envelope, "Signataire-01", signatories.prefect, confirmation="")
    with pytest.raises(KeyNotUsable):
        keys.usable(key, signatories.prefect)
    with pytest.raises(KeyNotUsable, match="autre personne"):
        keys.confirm(key, signatories.prefect, "C’est moi.")
    assert keys.confirm(key, signatories.mayor, "Nom d’usage.")
    assert not keys.confirm(key, signatories.mayor, "Encore.")
    key.refresh_from_db()
    assert keys.usable(key, signatories.prefect)


def test_a_certificate_is_one_persons(signatories: Signatories, at_home: str) -> None:
    with pytest.raises(CertificateTaken):
        keys.enrol(signatories.mayor, at_home, demo().held_by(signatories.prefect))
    again = enrolled(signatories.prefect, at_home)
    assert enrolled(signatories.prefect, at_home) == again


def test_who_enrols_anothers_certificate_first_keeps_them_from_nothing(
    signatories: Signatories, at_home: str
) -> None:
    keys.end(keys.of(signatories.prefect)[0], "Pour ce test.")
    theirs = demo().held_by(signatories.prefect)
    stolen = keys.enrol(signatories.mayor, at_home, theirs, names=("Karim", "Benali"))
    assert not stolen.is_confirmed
    assert enrolled(signatories.prefect, at_home).is_confirmed
    with pytest.raises(CertificateTaken):
        keys.confirm(stolen, signatories.outsider, "Je n’ai pas regardé.")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_people_enrol_one_certificate_at_once(signatories: Signatories, at_home: str) -> None:
    keys.end(keys.of(signatories.prefect)[0], "Pour ce test.")
    certificate, met, start = demo().held_by(signatories.prefect), [], threading.Barrier(2)

    def enrol(person: Any) -> None:
        try:
            start.wait()
            keys.enrol(person, at_home, certificate, names=("Hélène", "Marchand"))
        except SignatureError as error:
            met.append(error.code)
        finally:
            close_old_connections()

    both = [threading.Thread(target=enrol, args=(p,)) for p in (signatories.prefect, signatories.mayor)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert met == [CertificateTaken.code]
    assert EnrolledKey.objects.filter(fingerprint=certificate.fingerprint, ended_at=None).count() == 1


def test_what_does_not_sign_documents_is_not_enrolled(signatories: Signatories, at_home: str) -> None:
    for name in ("root", "issuing", "tsa"):
        authority: x509.Certificate = issuance.load_certificate(name)
        der = authority.public_bytes(Encoding.DER)
        with pytest.raises(NotForSigning):
            keys.enrol(signatories.prefect, at_home, certificate_of(der))
    for broken in (b"", b"0\x80", demo().held_by(signatories.prefect).certificate[:-3]):
        with pytest.raises(UnreadableCertificate):
            certificate_of(broken)


def test_a_specimen_never_serves_where_it_counts(
    envelope: Envelope, signatories: Signatories, settings: Any
) -> None:
    key = keys.of(signatories.prefect)[0]
    assert key.level == Level.SPECIMEN
    settings.DEMONSTRATION = False
    assert keys.of(signatories.prefect) == []
    with pytest.raises(SpecimenNotAllowed):
        keys.usable(key, signatories.prefect)
    with pytest.raises(SpecimenNotAllowed):
        keys.enrol_specimen(signatories.prefect)


def test_a_seal_never_stands_in_a_persons_place(
    envelope: Envelope, signatories: Signatories, at_home: str
) -> None:
    keys.end(keys.of(signatories.prefect)[0], "Pour ce test.")
    seal = keys.enrol(None, at_home, demo().held_by(signatories.prefect))
    with pytest.raises(NotInAPersonsPlace):
        ask(envelope, "Signataire-01", signatories.prefect, key=seal, confirmation="")


def test_anothers_key_or_one_withdrawn_is_refused(envelope: Envelope, signatories: Signatories) -> None:
    theirs, own = keys.of(signatories.mayor)[0], keys.of(signatories.prefect)[0]
    with pytest.raises(KeyNotUsable):
        keys.one_of(signatories.prefect, theirs.pk)
    with pytest.raises(KeyNotUsable):
        ask(envelope, "Signataire-01", signatories.prefect, key=theirs)
    keys.end(own, "Carte perdue.")
    with pytest.raises(KeyNotUsable):
        ask(envelope, "Signataire-01", signatories.prefect, key=own)
    assert not Confirmation.objects.filter(used_at__isnull=False).exists()


def test_a_key_withdrawn_between_the_request_and_its_use_does_not_serve(
    envelope: Envelope, signatories: Signatories
) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    keys.end(keys.of(signatories.prefect)[0], "Carte perdue.")
    machine.advance(request.pk)
    request.refresh_from_db()
    assert (request.state, request.error_code, request.permanent) == (State.FAILED, KeyNotUsable.code, True)
    assert bytes(request.raw_signature) == b""


def test_a_key_withdrawn_while_it_is_awaited_does_not_serve(
    envelope: Envelope, signatories: Signatories, at_home: str
) -> None:
    request = waiting(envelope, signatories, at_home)
    value = value_of(request, signatories.prefect)
    keys.end(awaited.key_of(request), "Carte perdue.")
    with pytest.raises(KeyNotUsable):
        actions.supply_signature(request, signatories.prefect, value)
    assert awaited.give_up_with(awaited.key_of(request)) == 1
    request.refresh_from_db()
    assert (request.state, request.error_code, request.permanent) == (State.FAILED, KeyNotUsable.code, True)
    assert bytes(request.raw_signature) == b""


def test_a_key_enrolled_again_serves_as_it_is_told_now(signatories: Signatories, at_home: str) -> None:
    certificate, names = demo().held_by(signatories.prefect), ("Hélène", "Marchand")

    def enrol(**settings: str) -> EnrolledKey:
        return keys.enrol(signatories.prefect, at_home, certificate, names=names, settings=settings)

    before = enrol(module="/usr/lib/ancien.so")
    assert enrol(module="/usr/lib/ancien.so") == before
    after = enrol(module="/usr/lib/nouveau.so")
    before.refresh_from_db()
    assert (after.settings, after.ended_at) == ({"module": "/usr/lib/nouveau.so"}, None)
    assert before.ended_at is not None, "signatures that it made still name it"


def test_the_last_used_is_proposed_first(envelope: Envelope, signatories: Signatories, at_home: str) -> None:
    first = keys.of(signatories.prefect)[0]
    second = enrolled(signatories.prefect, at_home)
    request = ask(envelope, "Signataire-01", signatories.prefect, key=first)
    machine.advance(request.pk)
    assert [key.pk for key in keys.of(signatories.prefect)] == [first.pk, second.pk]
    assert keys.one_of(signatories.prefect, str(second.pk)) == second


def test_the_keys_own_code_is_the_one_proof(
    envelope: Envelope, signatories: Signatories, at_home: str
) -> None:
    request = waiting(envelope, signatories, at_home)
    confirmation = Confirmation.objects.get()
    assert (confirmation.proof, confirmation.used_at is not None) == (Confirmation.Proof.KEY, True)
    actions.supply_signature(request, signatories.prefect, value_of(request, signatories.prefect))
    machine.advance(request.pk)
    request.refresh_from_db()
    assert (request.state, request.awaited_until) == (State.DONE, None)


def test_a_signature_that_waits_may_be_cancelled_by_its_signatory_alone(
    envelope: Envelope, signatories: Signatories, at_home: str
) -> None:
    request = waiting(envelope, signatories, at_home)
    with pytest.raises(NotTheSigner):
        actions.cancel(request, signatories.mayor)
    actions.cancel(request, signatories.prefect)
    assert (request.state, request.permanent, request.error_code) == ("failed", True, "signature_cancelled")
    with pytest.raises(NotReady):
        actions.supply_signature(request, signatories.prefect, value_of(request, signatories.prefect))
    with pytest.raises(NotReady):
        actions.cancel(request, signatories.prefect)
    assert actions.abandon(request), "the place is free again"
    assert ask(envelope, "Signataire-01", signatories.prefect)


def test_one_that_signs_at_once_is_not_cancelled(envelope: Envelope, signatories: Signatories) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    with pytest.raises(NotReady):
        actions.cancel(request, signatories.prefect)


def test_an_absent_signatory_blocks_no_place(
    envelope: Envelope, signatories: Signatories, at_home: str
) -> None:
    request = waiting(envelope, signatories, at_home)
    assert awaited.expire() == 0
    SignatureRequest.objects.update(awaited_until=timezone.now() - dt.timedelta(seconds=1))
    request.refresh_from_db()
    with pytest.raises(NotReady):
        actions.supply_signature(request, signatories.prefect, value_of(request, signatories.prefect))
    assert awaited.expire() == 1
    assert awaited.expire() == 0
    request.refresh_from_db()
    assert (request.state, request.error_code) == (State.FAILED, "signatory_absent")


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_value_and_its_cancelling_at_once_leave_one_of_them(
    envelope: Envelope, signatories: Signatories, at_home: str
) -> None:
    request = waiting(envelope, signatories, at_home)
    value, met, start = value_of(request, signatories.prefect), [], threading.Barrier(2)

    def do(what: Any, *arguments: Any) -> None:
        try:
            start.wait()
            what(SignatureRequest.objects.get(pk=request.pk), signatories.prefect, *arguments)
        except NotReady:
            met.append(what)
        finally:
            close_old_connections()

    both = [
        threading.Thread(target=do, args=(actions.supply_signature, value)),
        threading.Thread(target=do, args=(actions.cancel,)),
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    request.refresh_from_db()
    assert len(met) == 1
    assert (request.state == State.SIGNED) == (met == [actions.cancel])


def test_the_database_keeps_what_a_key_is(signatories: Signatories) -> None:
    key = keys.of(signatories.prefect)[0]
    for change in (
        {"level": "invented"},
        {"ended_at": timezone.now(), "ended_why": ""},
        {"confirmed_by": None},
        {"not_after": key.not_before},
    ):
        with pytest.raises(IntegrityError), as_owner(), transaction.atomic():
            EnrolledKey.objects.filter(pk=key.pk).update(**change)


def test_a_person_without_any_key_has_none(signatories: Signatories) -> None:
    assert keys.of(get_user_model().objects.create_user("sans@clairval.test", PASSWORD)) == []
