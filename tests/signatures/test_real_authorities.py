"""Authorities as they are: a root's list a month old, answers prepared hours ago, clocks that differ.

Each of these failed a seal for good, after both people had signed.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.test import override_settings
from django.utils import timezone

from signatures import pades
from signatures.backends.demo import demo
from signatures.delays import RevocationTooEarly
from signatures.demo import pki as authorities
from signatures.errors import CertificateUntrusted, RevocationUnknown
from signatures.validation import validate
from tests.pki import ServedPki
from tests.signatures import documents, others
from tests.signatures.paced import paced
from tests.signatures.stages import Files, codes, files, people, sign, somebody

__all__ = ["files", "people"]

HOUR, DAY, SECOND = dt.timedelta(hours=1), dt.timedelta(days=1), dt.timedelta(seconds=1)
YEARS = [dt.timedelta(), DAY, 20 * DAY, 400 * DAY]  # the second to the 36th day once failed, and no other
WITHOUT_WAITING = override_settings(REVOCATION_AFTER_SIGNATURE=False)


def assert_lasts(pdf: bytes, later: list[dt.timedelta] = YEARS) -> None:
    """Check that the file is valid now, and stays so while the certificates of its time-stamp do."""
    for after in later:
        report = validate(pdf, expected=documents.FIELDS, moment=timezone.now() + after)
        assert report.valid, (after, report.problems)
        assert {row.level for row in report.signatures} == {"B-LTA"}


@pytest.mark.parametrize(
    "pace",
    [
        {"list_age": 30 * DAY},
        {"answer_age": 3 * HOUR},
        {"answer_lasts": None},
        {"list_age": 59 * DAY, "answer_age": 23 * HOUR},
    ],
    ids=lambda pace: " ".join(pace),
)
def test_what_an_authority_says_holds_until_it_says_more(
    pki: ServedPki, files: Files, pace: dict[str, Any]
) -> None:
    with paced(pki, **pace), WITHOUT_WAITING:
        assert_lasts(asyncio.run(pades.seal(files.two)))


@pytest.mark.parametrize(("signing", "sealing"), [(1, 1), (30, 30), (-30, -30), (30, -30)])
def test_clocks_may_differ(
    pki: ServedPki, people: list[AbstractBaseUser], signing: int, sealing: int
) -> None:
    async def make() -> bytes:
        with paced(pki, stamp_ahead=signing * SECOND) as pace:
            one = await sign(documents.build(), "Signataire-01", people[0], first=True, last=False)
            report = await asyncio.to_thread(validate, one, intermediate=True, expected=["Signataire-01"])
            assert {problem.code for problem in report.problems} <= {"unsigned_field"}
            two = await sign(one, "Signataire-02", people[1], first=False, last=True)
            pace.stamp_ahead = sealing * SECOND
            return await pades.seal(two)

    assert_lasts(asyncio.run(make()), [dt.timedelta(), 400 * DAY])


def test_what_ended_before_the_seal_is_not_taken(pki: ServedPki, files: Files) -> None:
    """An answer, and lists, that say nothing of today: the seal waits for others."""
    ended = {"answer_age": 3 * HOUR, "answer_lasts": 2 * HOUR, "list_age": 3 * DAY, "list_lasts": 2 * DAY}
    with paced(pki, **ended), WITHOUT_WAITING, pytest.raises(RevocationUnknown) as waits:
        asyncio.run(pades.seal(files.two))
    assert not waits.value.permanent


def test_a_seal_waits_for_a_word_after_the_signature(pki: ServedPki, files: Files) -> None:
    with paced(pki, answer_age=HOUR) as pace:
        with pytest.raises(RevocationTooEarly) as waits:
            asyncio.run(pades.seal(files.two))
        assert "attend le suivant" in str(waits.value)
        assert not waits.value.permanent
        pace.answer_age = dt.timedelta()
        assert_lasts(asyncio.run(pades.seal(files.two)), [dt.timedelta()])


def test_who_was_revoked_before_signing_is_found_out_by_the_wait(
    pki: ServedPki, people: list[AbstractBaseUser]
) -> None:
    """The answer of an hour ago knows nothing of it: sealed at once, the file would be called valid."""
    authorities.issue_person("r@validation.test", "Rachel Retirée", "Ville de Clairval", "Maire")
    withdrawn = somebody("r@validation.test")

    async def both_sign() -> bytes:
        one = await sign(documents.build(), "Signataire-01", people[0], first=True, last=False)
        return await sign(one, "Signataire-02", withdrawn, first=False, last=True)

    with paced(pki, answer_age=HOUR) as pace:
        two = asyncio.run(both_sign())
        authorities.revoke(int(demo().held_by(withdrawn).serial, 16))
        with pytest.raises(RevocationTooEarly):
            asyncio.run(pades.seal(two))
        pace.answer_age = dt.timedelta()
        with pytest.raises(CertificateUntrusted):
            asyncio.run(pades.seal(two))


def test_a_file_that_others_sealed_with_an_earlier_word_is_not_called_valid(
    pki: ServedPki, people: list[AbstractBaseUser]
) -> None:
    """A withdrawn key signs, and the answer of three hours ago, which says « good », is put in the file."""
    authorities.issue_person("v@validation.test", "Victor Volé", "Ville de Clairval", "Maire")
    stolen = somebody("v@validation.test")

    async def forge() -> bytes:
        one = await sign(documents.build(), "Signataire-01", people[0], first=True, last=False)
        return await pades.seal(await sign(one, "Signataire-02", stolen, first=False, last=True))

    authorities.revoke(int(demo().held_by(stolen).serial, 16))
    with paced(pki, answer_age=3 * HOUR), WITHOUT_WAITING:
        forged = asyncio.run(forge())
        assert validate(forged).valid, "where an earlier word is enough, by a choice that the operator made"
    report = validate(forged)
    assert report.indeterminate and {problem.code for problem in report.problems} == {"try_later"}


def test_a_word_too_old_for_the_signature_leaves_the_question_open(pki: ServedPki, files: Files) -> None:
    """Two days before the signature, and said to hold for a week: a revocation may lie between them."""
    with paced(pki, answer_age=47 * HOUR, answer_lasts=7 * DAY, list_age=47 * HOUR), WITHOUT_WAITING:
        sealed = asyncio.run(pades.seal(files.two))
        assert codes(sealed) == {"try_later"}
        assert validate(sealed).indeterminate


def test_a_file_is_judged_by_no_other_clock(pki: ServedPki, files: Files) -> None:
    """At a moment before its signatures, nothing proves them; renewed, it outlives its first authority."""
    before = validate(files.sealed, moment=timezone.now() - 400 * DAY)
    assert not before.valid
    years = 700 * DAY
    renewed = asyncio.run(pades.seal(files.sealed, others.AtAnotherTime(years)))
    assert validate(renewed, moment=timezone.now() + years + HOUR).valid
