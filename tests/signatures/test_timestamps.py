"""A time-stamping authority that is wrong, slow or hostile: never believed, always tried again."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import core, tsp
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from django.db import connection
from django.test import override_settings
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from signatures import actions, breakers, jobs, machine, timestamps
from signatures.asn1 import TimeStampResponse
from signatures.demo import pki as authorities
from signatures.demo.pki.services import Authorities, Services
from signatures.errors import TimestampUnavailable, TransientError
from signatures.models import Envelope, SignatureRequest
from signatures.pades import TOKEN_ROOM
from tests.pki import ServedPki, served
from tests.signatures.conftest import Signatories, ask, run_jobs

DIGEST = bytes(range(32))
State = SignatureRequest.State


class Faulty(Services):
    """A real authority, signing with the real key, that answers ``fault``'s way."""

    def __init__(self, fault: str) -> None:
        super().__init__(Authorities())
        self.fault, self.asked = fault, 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        status, body, headers = self._faulty(await _body(receive))
        headers = [(b"content-type", b"application/timestamp-reply"), *headers]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    def _faulty(self, body: bytes) -> tuple[int, bytes, list[tuple[bytes, bytes]]]:
        if self.fault == "error":
            return 500, b"panne", []
        if self.fault == "redirect":
            return 302, b"", [(b"location", b"http://127.0.0.1:1/")]
        if self.fault == "garbage":
            return 200, b"\x30\x03\x02\x01", []
        if self.fault == "empty":
            return 200, b"", []
        if self.fault == "huge":
            return 200, b"\x30\x84\x7f\xff\xff\xff" + bytes(timestamps.MAX_ANSWER), []
        if self.fault == "refusal":
            return 200, TimeStampResponse({"status": {"status": "rejection"}}).dump(), []
        request = tsp.TimeStampReq.load(body)
        if self.fault == "imprint":
            request["message_imprint"]["hashed_message"] = bytes(32)
        if self.fault == "nonce":
            request["nonce"] = core.Integer(request["nonce"].native + 1)
        if self.fault == "no nonce":
            del request["nonce"]
        if self.fault in {"a day early", "a day late"}:
            day = dt.timedelta(days=1 if self.fault == "a day late" else -1)
            self.authorities._clock = lambda: timezone.now() + day
        if self.fault == "no certificate":
            request["cert_req"] = False
        answer = self.authorities.timestamp_answer(request.dump(force=True))
        return 200, _spoiled(answer, self.fault), []


def _spoiled(answer: bytes, fault: str) -> bytes:
    """Return a sound answer, its token spoiled in what its own signature does not cover."""
    if fault not in {"signature", "stranger", "too big"}:
        return answer
    response = TimeStampResponse.load(answer)
    content = response["time_stamp_token"]["content"]
    signer = content["signer_infos"][0]
    if fault == "signature":
        value = signer["signature"].native
        signer["signature"] = value[:-1] + bytes([value[-1] ^ 1])
    elif fault == "stranger":  # a key of nobody's, under the right name
        key = rsa.generate_private_key(65537, 2048)
        signed = signer["signed_attrs"].untag().dump()
        signer["signature"] = key.sign(signed, padding.PKCS1v15(), hashes.SHA256())
    else:
        certificates = list(content["certificates"])
        content["certificates"] = certificates + certificates[:1] * 15
    return bytes(response.dump(force=True))


async def _body(receive: Any) -> bytes:
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    return body


@pytest.fixture(autouse=True)
def _mended_breakers() -> Iterator[None]:
    timestamps.forget_failures()
    yield
    timestamps.forget_failures()


FAULTS = {
    "error": "HTTP 500",
    "redirect": "HTTP 302",
    "garbage": "unreadable",
    "empty": "unreadable",
    "huge": "more than",
    "refusal": "rejection",
    "imprint": "wrong message imprint",
    "nonce": "wrong nonce",
    "no nonce": "wrong nonce",
    "no certificate": "no certificate",
    "a day early": "its clock says",
    "a day late": "its clock says",
    "signature": "signature is wrong",
    "stranger": "signature is wrong",
    "too big": "bytes, for",
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_wrong_answer_is_named_and_transient(pki: ServedPki, fault: str) -> None:
    with served(Faulty(fault)) as url, pytest.raises(TimestampUnavailable) as caught:
        await timestamps.CheckedTimeStamper([url], room=TOKEN_ROOM).async_timestamp(DIGEST, "sha256")
    assert FAULTS[fault] in caught.value.reasons[url]
    assert isinstance(caught.value, TransientError)
    assert ("horloge" in str(caught.value)) == fault.startswith("a day")


async def test_an_authority_that_nobody_trusts_is_not_believed(pki: ServedPki, tmp_path: Path) -> None:
    with override_settings(PKI_DIR=tmp_path):  # a whole other demonstration's
        await asyncio.to_thread(authorities.ensure)
        stranger = Faulty("none")
        assert stranger.authorities.tsa
    with served(stranger) as url:
        with pytest.raises(TimestampUnavailable) as caught:
            await timestamps.CheckedTimeStamper([url]).async_timestamp(DIGEST, "sha256")
        token = await timestamps.CheckedTimeStamper([url, f"{pki.url}/tsa"]).async_timestamp(DIGEST, "sha256")
    assert "not trusted" in caught.value.reasons[url]
    assert token["content"]["certificates"]


async def test_a_digest_too_weak_is_refused(pki: ServedPki) -> None:
    url = f"{pki.url}/tsa"
    with pytest.raises(TimestampUnavailable) as caught:
        await timestamps.CheckedTimeStamper([url]).async_timestamp(bytes(20), "sha1")
    assert "rejection" in caught.value.reasons[url]


async def test_nobody_at_the_address(pki: ServedPki) -> None:
    with pytest.raises(TimestampUnavailable):
        await timestamps.CheckedTimeStamper(["http://127.0.0.1:1/tsa"]).async_timestamp(DIGEST, "sha256")


@pytest.mark.parametrize("fault", FAULTS)
async def test_the_second_authority_takes_over(pki: ServedPki, fault: str) -> None:
    with served(Faulty(fault)) as url:
        stamper = timestamps.CheckedTimeStamper([url, f"{pki.url}/tsa"], room=TOKEN_ROOM)
        token = await stamper.async_timestamp(DIGEST, "sha256")
    info = token["content"]["encap_content_info"]["content"].parsed
    assert info["message_imprint"]["hashed_message"].native == DIGEST


async def test_after_five_failures_an_authority_is_left_alone(pki: ServedPki) -> None:
    faulty = Faulty("error")
    with served(faulty) as url:
        stamper = timestamps.CheckedTimeStamper([url, f"{pki.url}/tsa"])
        for _attempt in range(8):
            await stamper.async_timestamp(DIGEST, "sha256")
    assert faulty.asked == breakers.BREAK_AFTER


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("fault", ["error", "imprint", "signature", "too big"])
def test_a_signature_waits_for_its_time_stamp_and_is_never_done_without(
    envelope: Envelope, signatories: Signatories, pki: ServedPki, fault: str
) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    with served(Faulty(fault)) as url, override_settings(TIMESTAMP_URLS=[url]):
        run_jobs()
        request.refresh_from_db()
        assert (request.state, request.error_code, request.attempts) == (
            State.SIGNED,
            "timestamp_unavailable",
            1,
        )
        assert "ne répond pas" in request.error_text
        job = ProcrastinateJob.objects.get(args={"request_id": request.pk})
        assert (job.status, job.attempts) == ("todo", 1)
        assert job.scheduled_at is not None
    value = bytes(request.raw_signature)
    machine.advance(request.pk)
    request.refresh_from_db()
    assert (request.state, request.error_code, request.attempts) == (State.DONE, "", 0)
    assert bytes(request.raw_signature) == value, "the key was used once"


@pytest.mark.django_db(transaction=True)
def test_at_the_last_attempt_it_fails_and_can_be_taken_up_again(
    envelope: Envelope, signatories: Signatories, pki: ServedPki
) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET attempts = %s", [jobs.MAX_ATTEMPTS - 1])
    with override_settings(TIMESTAMP_URLS=["http://127.0.0.1:1/tsa"]):
        run_jobs()
    request.refresh_from_db()
    assert (request.state, request.resume_state, request.permanent) == (State.FAILED, State.SIGNED, False)
    actions.retry(request)
    run_jobs()
    request.refresh_from_db()
    assert request.state == State.DONE


@pytest.mark.django_db(transaction=True)
def test_no_answer_on_revocation_keeps_the_key_unused(
    envelope: Envelope, signatories: Signatories, pki: ServedPki
) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    with pki.interrupted("/ocsp", "/crl"):
        run_jobs()
    request.refresh_from_db()
    assert (request.state, request.error_code) == (State.REQUESTED, "revocation_unknown")
    assert bytes(request.raw_signature) == b""
