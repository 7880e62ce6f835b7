"""A key in a hardware module (SoftHSM): pulled out, its worker killed, its code refused or locked."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import PyKCS11
import pytest
from django.conf import settings

from signatures import actions, machine
from signatures.backends import backend
from signatures.errors import BackendUnavailable
from signatures.models import Envelope, SignatureRequest
from tests import workers
from tests.database_address import database_address
from tests.pki import ServedPki
from tests.signatures import hsm
from tests.signatures.conftest import Signatories, ask, run_jobs
from tests.signatures.test_kill import take_over

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not hsm.LIBRARY, reason="softhsm2 is not installed"),
]
State = SignatureRequest.State


@pytest.fixture
def token(
    signatories: Signatories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[hsm.TokenBackend]:
    """A token that holds the prefect's key."""
    yield hsm.make_token(tmp_path, monkeypatch, signatories.prefect)
    backend.cache_clear()


def asked(envelope: Envelope, signatories: Signatories) -> SignatureRequest:
    return ask(envelope, "Signataire-01", signatories.prefect, key=hsm.enrolled(signatories.prefect))


def test_a_token_signs(token: hsm.TokenBackend, envelope: Envelope, signatories: Signatories) -> None:
    request = asked(envelope, signatories)
    machine.advance(request.pk)
    request.refresh_from_db()
    assert request.state == State.DONE


@pytest.mark.parametrize("when", ["before", "in the middle of the signature"])
def test_a_token_that_is_pulled_out_is_waited_for(
    token: hsm.TokenBackend, envelope: Envelope, signatories: Signatories, tmp_path: Path, when: str
) -> None:
    request = asked(envelope, signatories)
    if when == "before":
        hsm.pull(tmp_path)
    else:
        token.before_use = lambda: hsm.pull(tmp_path)
    with pytest.raises(BackendUnavailable) as met:
        machine.advance(request.pk)
    machine.note_delay(request.pk, met.value)
    token.before_use = lambda: None
    request.refresh_from_db()
    assert (request.state, bytes(request.raw_signature)) == (State.PREPARED, b"")
    assert request.error_text == "La clé de signature ne répond pas (module ou service de signature)."
    hsm.put_back(tmp_path)
    machine.advance(request.pk)
    request.refresh_from_db()
    assert (request.state, request.error_text) == (State.DONE, "")


@pytest.mark.kill
def test_a_worker_killed_with_the_token_in_its_hand_leaves_one_signature(
    pki: ServedPki, token: hsm.TokenBackend, envelope: Envelope, signatories: Signatories, tmp_path: Path
) -> None:
    """The session with the token dies with its process; the next opens its own."""
    (tmp_path / "pki").symlink_to(pki.folder)
    environment = {
        **os.environ,
        "DATABASE_URL": database_address(),
        "STATE_DIR": str(tmp_path),
        "PKI_URL": pki.url,
        "PKI_PASSPHRASE": settings.PKI_PASSPHRASE,
        "CONTRESEING_KILL_AT": "signed:key-used",
        "LOG_LEVEL": "CRITICAL",
    }
    command = ("procrastinate", "worker", "--one-shot", "--queues", "signatures")
    request = asked(envelope, signatories)
    assert workers.ended(workers._forked(hsm.work, environment, command)) < 0, "killed"
    request.refresh_from_db()
    assert (request.state, bytes(request.raw_signature)) == (State.PREPARED, b"")
    take_over()
    request.refresh_from_db()
    envelope.refresh_from_db()
    assert request.state == State.DONE
    assert envelope.current_sha256 == request.final_sha256


@pytest.mark.parametrize("code", ["refused", "locked"])
def test_a_code_that_is_refused_or_locked_is_never_tried_again(
    token: hsm.TokenBackend,
    envelope: Envelope,
    signatories: Signatories,
    monkeypatch: pytest.MonkeyPatch,
    code: str,
) -> None:
    """SoftHSM refuses a code and never locks; another module's word for it is given in its place."""
    tries: list[float] = []
    enter = token.login

    def counted(session: PyKCS11.Session, pin: str) -> None:
        tries.append(time.monotonic())
        if code == "locked":
            raise PyKCS11.PyKCS11Error(PyKCS11.CKR_PIN_LOCKED)
        enter(session, pin)

    token.login = counted
    monkeypatch.setenv("HSM_PIN", hsm.WRONG)
    request = asked(envelope, signatories)
    run_jobs()
    run_jobs()
    request.refresh_from_db()
    assert (request.state, request.permanent, request.error_code) == (State.FAILED, True, "key_locked")
    assert len(tries) == 1, "each try would bring the token nearer to its lock"
    assert "la clé n’a pas servi" in request.error_text
    token.login = enter
    monkeypatch.setenv("HSM_PIN", hsm.PIN)
    actions.abandon(request)
    again = asked(envelope, signatories)
    run_jobs()
    again.refresh_from_db()
    assert again.state == State.DONE
