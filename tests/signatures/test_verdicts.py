"""Three verdicts (EN 319 102-1): what is known to be right, known to be wrong, and not known."""

from __future__ import annotations

import asyncio
import datetime as dt
import enum
import io
from typing import Any

import pytest
from django.utils import timezone, translation
from pyhanko.pdf_utils.generic import TextStringObject
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.ades.report import AdESFailure, AdESIndeterminate, AdESPassed
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from signatures import pades, sentences
from signatures.report import Problem, Report, Verdict
from signatures.validation import validate, validate_here
from tests.pki import ServedPki
from tests.signatures import documents, others
from tests.signatures.stages import make_people, self_signed, sign

DAY = dt.timedelta(days=1)


def made(document: bytes, level: str, **options: Any) -> bytes:
    """Return ``document`` signed by another tool."""
    return asyncio.run(others.signed(document, level, **options))


def codes(report: Report) -> set[str]:
    """Return the codes of what is wrong, each with a sentence."""
    assert all(problem.message for problem in report.problems)
    return {problem.code for problem in report.problems}


@pytest.fixture(scope="module")
def foreign(pki: ServedPki) -> dict[str, bytes]:
    """Return another tool's file at each level."""
    return {level: made(others.plain(), level) for level in ("B-B", "B-T", "B-LT", "B-LTA", "CMS")}


@pytest.fixture(scope="module")
def contract(pki: ServedPki) -> dict[str, bytes]:
    """Return a contract of ours after each signature, sealed, and renewed once and twice."""
    people = make_people()

    async def make() -> dict[str, bytes]:
        one = await sign(documents.build(), "Signataire-01", people[0], first=True, last=False)
        two = await sign(one, "Signataire-02", people[1], first=False, last=True)
        sealed = await pades.seal(two)
        renewed = await pades.seal(sealed)
        return {
            "one": one,
            "two": two,
            "sealed": sealed,
            "renewed": renewed,
            "twice": await pades.seal(renewed),
        }

    return asyncio.run(make())


@pytest.mark.parametrize(
    ("level", "verdict", "proven", "indication"),
    [
        ("B-B", Verdict.INDETERMINATE, "B-B", "CERTIFICATE_CHAIN_GENERAL_FAILURE"),
        ("B-T", Verdict.INDETERMINATE, "B-B", "CERTIFICATE_CHAIN_GENERAL_FAILURE"),
        ("B-LT", Verdict.PASSED, "B-LT", "OK"),
        ("B-LTA", Verdict.PASSED, "B-LTA", "OK"),
    ],
)
def test_another_tools_file_is_judged_by_the_general_rules(
    foreign: dict[str, bytes], level: str, verdict: Verdict, proven: str, indication: str
) -> None:
    report = validate(foreign[level])
    assert report.profile == "general"
    assert report.verdict == verdict, report.problems
    row = report.signatures[0]
    assert (row.verdict, row.level, row.sub_indication) == (verdict, proven, indication)
    assert not codes(report) & {"not_certified", "not_closed", "not_sealed", "no_timestamp"}
    if verdict == Verdict.INDETERMINATE:
        assert "ne dit pas si le certificat a été révoqué" in report.problems[0].message


def test_a_third_partys_archive_stays_valid(foreign: dict[str, bytes]) -> None:
    for days in (2, 10, 36, 400, 1000):
        report = validate(foreign["B-LTA"], moment=timezone.now() + days * DAY)
        assert report.valid, (days, report.problems)


def test_time_takes_the_proofs_of_lower_levels_away(foreign: dict[str, bytes]) -> None:
    later = validate(foreign["B-LT"], moment=timezone.now() + 3 * DAY)
    assert later.indeterminate and "récent" in later.problems[0].message
    ended = validate(foreign["B-LT"], moment=timezone.now() + 1000 * DAY)
    assert ended.indeterminate, ended.problems


def test_a_signature_of_another_kind_reaches_no_level(foreign: dict[str, bytes]) -> None:
    report = validate(foreign["CMS"])
    assert report.indeterminate and "not_baseline" in codes(report)
    assert report.signatures[0].level == ""


def test_an_unknown_authority_is_no_forgery(foreign: dict[str, bytes], contract: dict[str, bytes]) -> None:
    for file in (foreign["B-LTA"], foreign["B-B"], contract["sealed"]):
        report = validate(file, trust_roots=[self_signed()])
        assert report.indeterminate, report.problems
        assert "aucune autorité reconnue" in report.problems[0].message
        assert report.signatures[0].sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"
        assert report.signatures[0].level in ("", "B-B")


def test_a_changed_byte_is_a_failure_for_every_tool(foreign: dict[str, bytes]) -> None:
    changed = foreign["B-LTA"].replace(b"Helvetica", b"Helvetice", 1)
    assert changed != foreign["B-LTA"]
    assert validate(changed).verdict == Verdict.FAILED


def test_our_contract_is_known_by_its_fields(contract: dict[str, bytes]) -> None:
    for name in ("sealed", "renewed", "twice"):
        report = validate(contract[name])
        assert report.valid and report.profile == "contract", report.problems
        assert [row.level for row in report.signatures] == ["B-LTA", "B-LTA"]
        assert all(stamp.ok for stamp in report.document_timestamps)
    assert len(validate(contract["twice"]).document_timestamps) == 3


def test_a_report_holds_nothing_of_the_file_but_plain_text(contract: dict[str, bytes]) -> None:
    """pyHanko's strings look plain, pass unescaped, and hold the whole file: copying one took 5 s."""
    report = validate_here(contract["sealed"])
    texts = [
        value
        for row in (*report.signatures, *report.document_timestamps, *report.problems)
        for value in vars(row).values()
        if isinstance(value, str) and not isinstance(value, enum.Enum)
    ]
    assert texts
    assert {type(text) for text in texts} == {str}
    assert Problem("code", TextStringObject("\x1b[32mVALIDE")).field == "\\x1b[32mVALIDE"


def test_a_contract_cut_back_is_never_called_valid(contract: dict[str, bytes]) -> None:
    cut = contract["sealed"][: len(contract["one"])]
    assert validate(cut).verdict == Verdict.FAILED
    resealed = asyncio.run(pades.seal(cut))
    for file in (cut, resealed, asyncio.run(others.stamped(cut))):
        report = validate(file)
        assert report.verdict == Verdict.FAILED
        assert codes(report) & {"unsigned_field", "forbidden_change"}
        assert not validate(file, profile="general").valid
    assert "not_sealed" in codes(validate(contract["sealed"][: len(contract["two"])]))


def test_a_field_that_still_waits_is_no_forgery(pki: ServedPki) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(others.plain()))
    append_signature_field(writer, SigFieldSpec("Autre"))
    output = io.BytesIO()
    writer.write(output)
    report = validate(made(output.getvalue(), "B-LTA"))
    assert report.indeterminate and codes(report) == {"unsigned_field"}, report.problems


def test_a_lone_time_stamp_is_told_for_what_it_is(pki: ServedPki, contract: dict[str, bytes]) -> None:
    report = validate(asyncio.run(others.stamped(others.plain())))
    assert report.indeterminate and codes(report) == {"only_timestamp"}
    assert "ne porte aucune signature" in report.problems[0].message
    assert report.document_timestamps[0].ok
    again = validate(asyncio.run(pades.seal(contract["sealed"])))
    assert again.valid, again.problems


@pytest.mark.parametrize("shift", [-400 * DAY, -DAY, -dt.timedelta(minutes=30)])
def test_a_renewal_that_is_backdated_is_refused(
    contract: dict[str, bytes], foreign: dict[str, bytes], shift: dt.timedelta
) -> None:
    for file in (contract["sealed"], foreign["B-LTA"]):
        backdated = pades.seal(file, others.AtAnotherTime(shift))
        report = validate(asyncio.run(backdated))
        assert report.verdict == Verdict.FAILED
        assert codes(report) & {"timestamps_backwards"}, report.problems


def test_each_missing_proof_has_its_own_sentence(pki: ServedPki, foreign: dict[str, bytes]) -> None:
    """No time-stamp at all, or one whose authority’s certificate has ended since."""
    far, ended = timezone.now() + 1000 * DAY, timezone.now() + 3700 * DAY
    unstamped = made(others.plain(), "B-LT", unstamped=True)
    reports = [validate(unstamped, moment=far), validate(foreign["B-LTA"], moment=ended)]
    told = [report.problems[0].message for report in reports]
    assert "n’a pas d’horodatage" in told[0], told
    assert "a expiré" in told[1], told


def test_every_indication_has_a_sentence_in_both_languages() -> None:
    names = {each.standard_name for kind in (AdESFailure, AdESIndeterminate) for each in kind}
    assert names <= sentences._reasons().keys()
    assert AdESPassed.OK.standard_name in sentences._reasons()
    for language in ("fr", "en"):
        with translation.override(language):
            told = [sentences.reason(name) for name in sorted(names)]
            assert all(told) and len(set(told)) == len(told)
            assert not any(name in sentence for name in names for sentence in told)
    with translation.override("en"):
        assert sentences.reason("HASH_FAILURE") == "the signed content was changed"


def test_a_signer_with_a_demonstration_key_is_marked(foreign: dict[str, bytes]) -> None:
    assert validate(foreign["B-LTA"]).specimen
