"""A revocation service that sends without end, or never answers: the key waits, the worker stays small."""

from __future__ import annotations

import time

import pytest

from signatures import fetching
from signatures.backends import backend
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
    certificate = backend("demo").certificate_for(signatories.prefect)
    began = time.monotonic()
    with pki.endless(*paths) as services, pytest.raises(RevocationUnknown):
        await check_signer(certificate)
    assert services.sent > fetching.MAX_STATUS
    assert services.sent < len(paths) * fetching.MAX_LIST + MARGIN
    assert time.monotonic() - began < fetching.ALL_SECONDS


async def test_an_endless_ocsp_answer_costs_no_more_than_its_own_limit(
    pki: ServedPki, signatories: Signatories
) -> None:
    certificate = backend("demo").certificate_for(signatories.prefect)
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
