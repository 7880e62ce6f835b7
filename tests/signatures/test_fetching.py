"""A revocation service that sends without end, or never answers: the key waits, the worker stays small."""

from __future__ import annotations

import time

import pytest
from asn1crypto import x509
from pyhanko_certvalidator.authority import AuthorityWithCert
from pyhanko_certvalidator.fetchers import common_utils
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import ocsp_client

from signatures import fetching
from signatures.backends.demo import demo
from signatures.errors import RevocationUnknown
from signatures.models import Envelope, SignatureRequest
from signatures.trust import check_signer
from tests.pki import ServedPki
from tests.signatures.conftest import Signatories, ask, run_jobs

MARGIN = 40 << 20  # what sockets and the two sides' buffers hold of what was sent before it was refused


@pytest.mark.parametrize("paths", [("/ocsp", "/crl"), ("/crl", "/ca", "/ocsp")])
async def test_an_endless_answer_is_left_at_its_limit(
    pki: ServedPki, signatories: Signatories, paths: tuple[str, ...]
) -> None:
    certificate = demo().held_by(signatories.prefect)
    began = time.monotonic()
    with pki.endless(*paths) as services, pytest.raises(RevocationUnknown):
        await check_signer(certificate)
    assert services.sent > fetching.MAX_STATUS
    assert services.sent < len(paths) * fetching.MAX_LIST + MARGIN
    assert time.monotonic() - began < fetching.ALL_SECONDS


async def test_an_endless_ocsp_answer_costs_no_more_than_its_own_limit(
    pki: ServedPki, signatories: Signatories
) -> None:
    certificate = demo().held_by(signatories.prefect)
    with pki.endless("/ocsp") as services:
        await check_signer(certificate)  # the list says enough
    assert fetching.MAX_STATUS < services.sent < fetching.MAX_LIST


@pytest.mark.django_db(transaction=True)
def test_a_mute_service_leaves_the_signature_to_be_tried_again(
    envelope: Envelope, signatories: Signatories, pki: ServedPki
) -> None:
    request = ask(envelope, "Signataire-01", signatories.prefect)
    began = time.monotonic()
    with pki.mute("/ocsp", "/crl"):
        run_jobs()
    assert time.monotonic() - began < fetching.ALL_SECONDS
    request.refresh_from_db()
    states = SignatureRequest.State
    assert (request.state, request.error_code) == (states.REQUESTED, "revocation_unknown")
    assert bytes(request.raw_signature) == b""


@pytest.mark.parametrize("digest", ["sha1", "sha256"])
@pytest.mark.parametrize("nonces", [True, False])
def test_a_responder_is_asked_octet_for_octet_what_pyhanko_asks(
    pki: ServedPki, signatories: Signatories, digest: str, nonces: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = demo().held_by(signatories.prefect)
    certificate, issuer = (x509.Certificate.load(one) for one in (held.certificate, held.chain[0]))
    monkeypatch.setattr("os.urandom", lambda size: bytes(range(size)))
    ours, theirs = (
        ask_of(certificate, AuthorityWithCert(issuer), certid_hash_algo=digest, request_nonces=nonces)
        for ask_of in (fetching.question, common_utils.format_ocsp_request)
    )
    assert ours.dump() == theirs.dump()
    assert ours.native == theirs.native
    assert vars(ocsp_client)["format_ocsp_request"] is fetching.question
