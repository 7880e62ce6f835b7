"""Who is to stamp a seal is known before it is asked: one request where the same authority answers."""

from __future__ import annotations

import asyncio
import datetime as dt

import pytest
from asn1crypto import cms
from django.test import override_settings
from django.utils import timezone

from signatures import foreseen, pades, tokens
from signatures.demo.pki.services import Authorities
from signatures.errors import TimestampUnavailable
from signatures.timestamps import CheckedTimeStamper
from signatures.validation import validate
from tests.pki import ServedPki
from tests.signatures import documents, others
from tests.signatures.stages import Files, files, people, self_signed
from tests.signatures.test_renewals import DAY, Successors
from tests.signatures.test_timestamps import DIGEST

__all__ = ["files", "people"]


class InTurn(others.AtAnotherTime):
    """A time-stamping service of which each answer is by the next of several machines."""

    def __init__(self, *machines: Authorities) -> None:
        super().__init__(dt.timedelta())
        self.machines, self.asked = machines, 0

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Return a token by whose turn it is."""
        self.authorities = self.machines[self.asked % len(self.machines)]
        self.asked += 1
        return await super().async_timestamp(message_digest, md_algorithm)


def assert_sealed(pki: ServedPki, pdf: bytes) -> None:
    """Whoever the issuing authority certified may seal; every proof is in the file, and read offline."""
    with override_settings(SEAL_TIMESTAMP_CERTIFICATES=[pki.folder / "issuing.cert.pem"]):
        report = validate(pdf, expected=documents.FIELDS, moment=timezone.now() + 400 * DAY)
    assert report.valid, report.problems
    assert {row.level for row in report.signatures} == {"B-LTA"}


def test_who_stamped_the_last_signature_is_asked_once_for_the_seal(pki: ServedPki, files: Files) -> None:
    service = InTurn(Authorities())
    assert_sealed(pki, asyncio.run(pades.seal(files.two, service)))
    assert service.asked == 1


def test_another_authority_is_asked_again_once_its_proofs_are_in(pki: ServedPki, files: Files) -> None:
    service = InTurn(Successors())
    assert_sealed(pki, asyncio.run(pades.seal(files.two, service)))
    assert service.asked == 2


def test_machines_with_a_certificate_each_end_by_being_known(pki: ServedPki, files: Files) -> None:
    service = InTurn(Successors(), Successors(), Authorities())
    assert_sealed(pki, asyncio.run(pades.seal(files.two, service)))
    assert service.asked == 3, "the third is who stamped the signature"


def test_a_service_that_is_another_each_time_is_asked_no_further(pki: ServedPki, files: Files) -> None:
    service = InTurn(*(Successors() for _machine in range(6)))
    with pytest.raises(TimestampUnavailable):
        asyncio.run(pades.seal(files.two, service))
    assert service.asked == foreseen.MOST_ANSWERS


def test_where_nothing_is_stamped_yet_who_would_answer_is_asked(pki: ServedPki, files: Files) -> None:
    service = InTurn(Authorities())
    alone = foreseen.Foreseen(service)
    asyncio.run(alone.foresee_as(None))
    assert service.asked == 1
    assert alone.reserved > len(alone.tokens[0].dump())


async def judged(token: bytes, moment: dt.datetime | None = None) -> str:
    """Return why a token proves nothing, blank when it does."""
    try:
        await tokens.judge(token, DIGEST, moment or timezone.now(), listed=False)
    except tokens.TokenInvalid as invalid:
        return invalid.reason
    return ""


async def test_a_known_authority_is_judged_as_one_that_is_not(pki: ServedPki) -> None:
    """Its chain is remembered: neither beyond its end, nor under other roots, nor for another's token."""
    token = (await CheckedTimeStamper([f"{pki.url}/tsa"]).async_timestamp(DIGEST, "sha256")).dump()
    spoiled = token[:-1] + bytes([token[-1] ^ 1])
    later = timezone.now() + 4_000 * DAY
    seen: list[list[str]] = []
    for known in (False, True):
        if not known:
            tokens._known.clear()
        said = [await judged(spoiled), await judged(token, later), await judged(token, timezone.now() - DAY)]
        with override_settings(TRUST_ROOTS=[self_signed()]):
            said.append(await judged(token))
        seen.append(said)
        assert await judged(token) == ""
    assert tokens._known
    assert seen[0] == seen[1]
    assert seen[0][0] == "signature is wrong" and all(seen[0])
