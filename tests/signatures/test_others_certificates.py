"""Another tool's file by its certificate: revoked before or after, or not named by the CMS."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from asn1crypto import crl
from asn1crypto import x509 as asn1_x509
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.ades.api import CAdESSignedAttrSpec
from pyhanko.sign.attributes import CMSAttributeProvider
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.validation.dss import DocumentSecurityStore

from signatures.demo.pki.services import Authorities
from signatures.report import Report, Verdict
from signatures.validation import validate_here
from tests.attacks.forging import Forger
from tests.pki import ServedPki
from tests.signatures import others

MINUTE = dt.timedelta(minutes=1)
SIGNED_AGO = 3 * MINUTE  # a certificate of the tests begins five minutes before it is issued


@pytest.fixture(scope="module")
def signed(pki: ServedPki) -> dict[bool, bytes]:
    """Return a file signed three minutes ago by its time-stamp, and one without any."""
    stamper = others.AtAnotherTime(-SIGNED_AGO)
    by = others.signer("revoque@ailleurs.test", name="Révoqué Tiers")
    return {
        stamped: asyncio.run(
            others.signed(others.plain(), "B-T", signer=by, stamper=stamper, unstamped=not stamped)
        )
        for stamped in (True, False)
    }


@pytest.fixture
def revoked(pki: ServedPki) -> Iterator[Any]:
    """Return what revokes the signer's certificate so long ago, until the end of the test."""
    certificate = others.signer("revoque@ailleurs.test").signing_cert
    assert certificate is not None
    file = pki.folder / "revoked.json"

    def revoke(ago: dt.timedelta) -> None:
        when = (dt.datetime.now(dt.UTC) - ago).replace(microsecond=0)
        file.write_text(json.dumps({f"{certificate.serial_number:x}": when.isoformat()}))

    yield revoke
    file.unlink(missing_ok=True)


def archived(signed: bytes) -> bytes:
    """Return the file with what the authority says now (its own list), and a time-stamp over it."""
    authorities = Authorities()
    said = authorities.revocation_list("issuing")
    certificate = authorities.certificate("issuing")
    assert said is not None and certificate is not None
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    DocumentSecurityStore.supply_dss_in_writer(
        writer,
        None,
        certs=[asn1_x509.Certificate.load(certificate)],
        crls=[crl.CertificateList.load(said)],
    )
    output = io.BytesIO()
    writer.write(output)
    return asyncio.run(others.stamped(output.getvalue()))


def judged(pdf: bytes, verdict: Verdict) -> Report:
    report = validate_here(pdf)
    assert report.verdict == verdict, report.problems
    assert report.profile == "general"
    return report


def test_what_was_stamped_after_the_revocation_is_not_told_valid(
    signed: dict[bool, bytes], revoked: Any
) -> None:
    """A time-stamp proves that the signature was there, not that it was not there before (§ 5.5.4)."""
    revoked(SIGNED_AGO + MINUTE)
    report = judged(archived(signed[True]), Verdict.INDETERMINATE)
    assert "révoqué aujourd’hui" in report.problems[0].message
    assert "l’horodatage qui la couvre est postérieur à la révocation" in report.problems[0].message
    row = report.signatures[0]
    assert (row.sub_indication, row.verdict) == ("REVOKED_NO_POE", Verdict.INDETERMINATE)
    assert row.level in ("B-B", "B-T"), "nothing of its archive is proven"


def test_what_was_made_after_the_revocation_is_refused(pki: ServedPki, revoked: Any) -> None:
    """A time-stamp of the content, which the signature covers, was there before the signature."""
    revoked(MINUTE)
    content = CAdESSignedAttrSpec(timestamp_content=True)
    by = others.signer("revoque@ailleurs.test")
    pdf = asyncio.run(others.signed(others.plain(), "B-T", signer=by, cades_signed_attr_spec=content))
    report = judged(archived(pdf), Verdict.FAILED)
    assert "déjà révoqué quand elle a été faite" in report.problems[0].message
    assert report.signatures[0].sub_indication == "REVOKED"


def test_what_was_signed_before_the_revocation_stays_valid(signed: dict[bool, bytes], revoked: Any) -> None:
    revoked(SIGNED_AGO - MINUTE)
    report = judged(archived(signed[True]), Verdict.PASSED)
    assert report.signatures[0].level == "B-LTA"


def test_without_a_proof_of_its_time_nobody_knows(signed: dict[bool, bytes], revoked: Any) -> None:
    revoked(MINUTE)
    report = judged(archived(signed[False]), Verdict.INDETERMINATE)
    assert "rien ne prouve qu’elle a été faite avant" in report.problems[0].message
    assert "elle n’a pas d’horodatage" in report.problems[0].message
    assert report.signatures[0].sub_indication == "REVOKED_NO_POE"


def test_a_document_time_stamp_alone_makes_an_archive(signed: dict[bool, bytes], revoked: Any) -> None:
    sealed = archived(signed[False])
    report = judged(sealed, Verdict.PASSED)
    assert report.signatures[0].level == "B-LTA"
    judged(sealed.replace(b"/Helvetica", b"/Helvetice", 1), Verdict.FAILED)
    judged(Forger(sealed).stamped({6_000: b"(reste)"}), Verdict.INDETERMINATE)
    ended = validate_here(sealed, moment=dt.datetime.now(dt.UTC) + dt.timedelta(days=1000))
    assert ended.indeterminate, ended.problems


class Unnamed(SimpleSigner):
    """A signer whose CMS does not say which certificate it is of."""

    def _signed_attr_provider_spec(self, *args: Any, **options: Any) -> Any:
        spec = super()._signed_attr_provider_spec(*args, **options)
        provided = spec.signed_attr_providers

        def without(*given: Any, **named: Any) -> Iterator[CMSAttributeProvider]:
            for one in provided(*given, **named):
                if one.attribute_type != "signing_certificate_v2":
                    yield one

        spec.signed_attr_providers = without
        return spec


class Misnamed(SimpleSigner):
    """A signer whose CMS names somebody else's certificate."""

    other: Any

    def _signed_attr_provider_spec(self, *args: Any, **options: Any) -> Any:
        spec = super()._signed_attr_provider_spec(*args, **options)
        spec.signing_cert = self.other
        return spec


def as_(kind: type[SimpleSigner]) -> SimpleSigner:
    found = others.signer("tiers@ailleurs.test")
    found.__class__ = kind
    return found


@pytest.mark.parametrize("level", ["B-B", "B-LTA"])
def test_a_pades_signature_that_names_no_certificate_has_no_level(pki: ServedPki, level: str) -> None:
    """« ETSI.CAdES.detached » is what the file says of itself; the attribute is what would bind it."""
    pdf = asyncio.run(others.signed(others.plain(), level, signer=as_(Unnamed)))
    assert b"/ETSI.CAdES.detached" in pdf
    report = judged(pdf, Verdict.INDETERMINATE)
    assert "not_baseline" in {problem.code for problem in report.problems}
    assert report.signatures[0].level == ""
    strict = validate_here(pdf, profile="contract")
    assert strict.verdict == Verdict.FAILED and strict.signatures[0].level == ""


def test_a_pades_signature_that_names_another_certificate_has_no_level(pki: ServedPki) -> None:
    by = as_(Misnamed)
    by.other = others.signer("revoque@ailleurs.test").signing_cert  # type: ignore[attr-defined]
    report = validate_here(asyncio.run(others.signed(others.plain(), "B-T", signer=by)))
    assert not report.valid
    assert [row.level for row in report.signatures] in ([""], [])
