"""A forger wants « valide » said of a file that was changed, or that shows two things."""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import hashlib
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from django.contrib.auth.base_user import AbstractBaseUser
from django.test import override_settings
from django.utils import timezone

from signatures import pades
from signatures.backends.demo import demo
from signatures.demo.pki import issuance
from signatures.demo.pki.services import Authorities
from signatures.errors import UnsignableDocument
from signatures.report import Verdict
from signatures.validation import validate, validate_here
from signatures.verification.rebuild import headers
from signatures.verification.signed import fields, pages
from signatures.verification.structure import read
from tests.attacks import forged_bytes, forged_changes
from tests.attacks.forging import BARE, Forger
from tests.pki import ServedPki
from tests.signatures import documents
from tests.signatures.stages import Files, files, people
from tests.signatures.test_independent import run
from tests.workflow.signing.test_final_file import final

__all__ = ["files", "final", "people"]

FORGERIES = forged_bytes.FORGERIES | forged_changes.FORGERIES


@pytest.fixture(scope="module")
def forger(files: Files) -> Forger:
    return Forger(files.sealed)


def test_a_true_renewal_by_another_hand_is_valid(forger: Forger) -> None:
    """The workshop itself is not what the forgeries are refused for."""
    renewed = forger.stamped()
    report = validate_here(renewed)
    assert report.valid, report.problems
    again = validate_here(Forger(renewed).stamped(field=BARE.replace("Forge", "Deux"), page=None))
    assert again.valid, again.problems


@pytest.mark.parametrize("name", FORGERIES)
def test_no_forged_file_is_valid(forger: Forger, name: str) -> None:
    refused_with_a_sentence(FORGERIES[name], forger)


def refused_with_a_sentence(make: Callable[[Forger], bytes], forger: Forger) -> None:
    """Check that the file differs, is refused, and that the report says why."""
    forged = make(forger)
    assert forged != forger.pdf
    report = validate_here(forged)
    assert report.verdict == Verdict.FAILED, report.problems
    assert report.problems and all(problem.message for problem in report.problems)


def test_a_contracts_final_file_makes_none_valid(final: bytes) -> None:
    forger = Forger(final)
    renewed = validate_here(forger.stamped())
    assert renewed.valid, renewed.problems
    for make in list(FORGERIES.values())[::3]:
        refused_with_a_sentence(make, forger)


FOLDER = Path(__file__).parent / "files"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.pdf")), ids=lambda file: file.stem)
def test_the_files_that_once_deceived_us(pki: ServedPki, file: Path) -> None:
    """Made by an attacker over a file of ours, under an authority of which the root alone is left."""
    report = validate_here(file.read_bytes(), trust_roots=[FOLDER / "root.pem"])
    assert report.valid == file.stem.startswith("valid"), report.problems


@pytest.mark.skipif(shutil.which("pdftoppm") is None, reason="poppler-utils is not installed")
def test_what_is_valid_is_what_every_reader_shows(forger: Forger, files: Files, tmp_path: Path) -> None:
    """poppler and mupdf draw a valid file as they draw the revision that was signed."""
    for index, pdf in enumerate((files.sealed, forger.stamped())):
        assert validate_here(pdf).valid
        assert drawn(pdf, tmp_path / f"{index}a") == drawn(files.two, tmp_path / f"{index}b")


def drawn(pdf: bytes, folder: Path) -> list[str]:
    """Return a digest of each page as each reader draws it."""
    folder.mkdir()
    (folder / "file.pdf").write_bytes(pdf)
    run("pdftoppm", "-r", "40", folder / "file.pdf", folder / "poppler")
    run("mutool", "draw", "-q", "-r", "40", "-o", folder / "mupdf-%d.ppm", folder / "file.pdf")
    pages = sorted(folder.glob("*.ppm"))
    assert len(pages) >= 2
    return [hashlib.sha256(page.read_bytes()).hexdigest() for page in pages]


def test_a_lenient_reader_builds_the_same_table(files: Files) -> None:
    """The last definition of each object by its place, trailers by their word: catalog, pages, fields."""
    structure = read(files.sealed)
    rebuilt = dict(headers(files.sealed))
    table = structure.table()
    assert {number: found.start for number, found in table.items()} == rebuilt
    trailers = re.findall(rb"trailer\s*<<.*?/Root (\d+) 0 R", files.sealed, re.DOTALL)
    assert {int(root) for root in trailers} == {structure.root}
    assert len(list(pages(structure.root, table))) == 2
    assert [one.name for one in fields(structure.root, table)][:2] == documents.FIELDS


def test_a_lenient_reader_would_be_deceived(forger: Forger) -> None:
    """The forgeries are worth refusing: a rebuild finds another catalog, the chain does not."""
    forged = FORGERIES["takeover, zeros before the old offset"](forger)
    rebuilt = dict(headers(forged))
    assert b"7001 0 R" in forged[rebuilt[forger.parts.root] :][:80]


class Stranger(Authorities):
    """Another time-stamping authority under the same root, which nobody chose for sealing."""

    @functools.cached_property
    def tsa(self) -> tuple[asn1_x509.Certificate, rsa.RSAPrivateKey]:
        issuing, issuing_key = self.issuing
        key = issuance._new_key("rsa3072")
        assert isinstance(key, rsa.RSAPrivateKey)
        certificate = issuance._build(
            issuance._name("Un autre horodatage"),
            key.public_key(),
            issuing.subject,
            issuing_key,
            issuance._tsa_extensions(),
            starts=timezone.now(),
            days=900,
        )
        return asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)), key


def test_a_token_of_another_authority_under_the_root_does_not_seal(forger: Forger, pki: ServedPki) -> None:
    forged = forger.stamped(authorities=Stranger())
    for roots in (None, [pki.root]):
        for report in (validate_here(forged, trust_roots=roots), validate(forged, trust_roots=roots)):
            assert not report.valid
            assert "timestamp_unlisted" in {problem.code for problem in report.problems}
            assert report.verdict == Verdict.FAILED


def test_a_renewal_is_not_dated_before_what_it_covers(forger: Forger) -> None:
    yesterday = Authorities(clock=lambda: timezone.now() - dt.timedelta(days=1))
    report = validate_here(forger.stamped(authorities=yesterday))
    assert "timestamps_backwards" in {problem.code for problem in report.problems}


def test_the_list_may_name_the_authority_that_issues(forger: Forger, pki: ServedPki) -> None:
    with override_settings(SEAL_TIMESTAMP_CERTIFICATES=[pki.folder / "issuing.cert.pem"]):
        codes = {problem.code for problem in validate_here(forger.stamped(authorities=Stranger())).problems}
        assert "timestamp_unlisted" not in codes
    with override_settings(SEAL_TIMESTAMP_CERTIFICATES=[pki.folder / "ocsp.cert.pem"]):
        codes = {problem.code for problem in validate_here(forger.pdf).problems}
        assert "timestamp_unlisted" in codes


def test_a_seal_is_not_put_over_junk(forger: Forger, pki: ServedPki) -> None:
    """Our own renewal would vouch for it: refused before any authority is asked."""
    yesterday = Authorities(clock=lambda: timezone.now() - dt.timedelta(days=1))
    for forged in (
        FORGERIES["takeover, zeros before the old offset"](forger),
        FORGERIES["end, a zip archive and a tail"](forger),
        FORGERIES["covered, the title"](forger),
        FORGERIES["time-stamp, a polygon"](forger),
        forger.stamped(authorities=yesterday),
    ):
        with pki.interrupted("/"), pytest.raises(UnsignableDocument):
            asyncio.run(pades.seal(forged))


def test_no_key_signs_over_junk(files: Files, people: list[AbstractBaseUser]) -> None:
    issued = demo()
    for junk in (files.one + b"%junk\n", files.one[:-1] + b"  \n", files.one + files.base):
        with pytest.raises(UnsignableDocument):
            asyncio.run(
                pades.prepare(
                    junk,
                    "Signataire-02",
                    issued.held_by(people[1]),
                    first=False,
                    last=True,
                    stamp_lines=["x"],
                    specimen=True,
                    moment=timezone.now(),
                )
            )
