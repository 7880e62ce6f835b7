"""What a report says of the level of each signature, by the lists; whom the lists have us believe."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signatures import kept, validation
from signatures.backends import SigningCertificate
from signatures.demo.pki import issuance
from signatures.errors import CertificateUntrusted
from signatures.lists import keeping, standing
from signatures.report import Report, Verdict
from signatures.trust import check_signer
from tests.signatures import others
from tests.signatures.lists.scheme import Scheme, authority, certified, now, signer, stamper

KEY = ec.generate_private_key(ec.SECP256R1())


@standing.at_hand()
def validate(pdf: bytes, **options: Any) -> Report:
    """Validate with the lists at hand, as our own files, the page and the command do."""
    return validation.validate(pdf, **options)


def by(certificate: x509.Certificate) -> SimpleSigner:
    """Return pyHanko's signer with the key and this certificate of it."""
    private = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    store = SimpleCertificateStore()
    for name in ("issuing", "root"):
        authority = issuance.load_certificate(name).public_bytes(Encoding.DER)
        store.register(asn1_x509.Certificate.load(authority))
    return SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=store,
    )


def signed(certificate: x509.Certificate, level: str = "B-LTA") -> bytes:
    return asyncio.run(others.signed(others.plain(), level, signer=by(certificate)))


def test_a_report_says_which_signature_is_qualified_and_by_which_list(scheme: Scheme) -> None:
    scheme.keep(sequence=112)
    pdf = signed(certified(KEY.public_key(), "Karim Benali"))

    report = validate(pdf)
    assert report.verdict == Verdict.PASSED, [problem.message for problem in report.problems]
    facts = report.signatures[0].qualification
    assert (facts["level"], facts["territory"], facts["sequence"]) == ("qualified", "FR", "112")
    stamped = report.signatures[0].timestamped_at
    assert stamped is not None and facts["moment"] == stamped.isoformat()
    assert Report.from_dict(report.as_dict()).signatures[0].qualification == facts
    with standing.at_hand():
        assert validation.validate_here(pdf).signatures[0].qualification == facts
    assert validation.validate(pdf).signatures[0].qualification == {}


def test_a_report_kept_before_the_lists_were_asked_is_still_read(scheme: Scheme) -> None:
    scheme.keep()
    data = validate(signed(certified(KEY.public_key(), "Karim Benali"), "B-T")).as_dict()
    del data["signatures"][0]["qualification"]
    assert Report.from_dict(data).signatures[0].qualification == {}


def test_the_authorities_of_a_list_are_believed_beside_our_roots(
    scheme: Scheme, settings: Any, tmp_path: Path
) -> None:
    """As long as the list is in force; a list that is stale still proves what was signed while it was."""
    pdf = signed(certified(KEY.public_key(), "Karim Benali"))
    root = settings.TRUST_ROOTS
    other = tmp_path / "other.pem"
    other.write_bytes(signer("XX")[1].public_bytes(Encoding.PEM))
    settings.TRUST_ROOTS = [other]
    unknown = validate(pdf)
    assert unknown.signatures[0].sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"

    mark = kept.rules_now()
    scheme.keep([authority(), stamper()], following=now() + dt.timedelta(days=10))
    assert kept.rules_now() != mark
    known = validate(pdf)
    assert known.verdict == Verdict.PASSED, [problem.message for problem in known.problems]
    assert known.signatures[0].qualification["level"] == "qualified"
    assert validate(pdf, trust_roots=root).signatures[0].qualification == {}


def test_a_key_is_asked_for_before_it_serves_where_a_list_alone_knows_its_authority(
    scheme: Scheme, settings: Any, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(signer("XX")[1].public_bytes(Encoding.PEM))
    settings.TRUST_ROOTS = [other]
    made = certified(KEY.public_key(), "Karim Benali")
    certificate = SigningCertificate(
        certificate=made.public_bytes(Encoding.DER),
        chain=(),
        algorithm="ecdsa",
        key_bits=256,
        not_before=made.not_valid_before_utc,
        not_after=made.not_valid_after_utc,
        common_name="Karim Benali",
        organisation="",
        title="",
        serial=f"{made.serial_number:x}",
    )
    with standing.at_hand(), pytest.raises(CertificateUntrusted):
        asyncio.run(check_signer(certificate))
    scheme.keep()
    with standing.at_hand():
        asyncio.run(check_signer(certificate))
    with pytest.raises(CertificateUntrusted):
        asyncio.run(check_signer(certificate))


def test_what_was_signed_while_a_list_was_in_force_stays_qualified_once_it_is_stale(
    scheme: Scheme, settings: Any, tmp_path: Path
) -> None:
    """By the hour that a time-stamp of an authority of ours proves; by one of the list's alone, no more."""
    scheme.keep(following=now() + dt.timedelta(days=10))
    certificate = certified(KEY.public_key(), "Karim Benali")
    pdf, unstamped = signed(certificate), signed(certificate, "B-B")
    later = now() + dt.timedelta(days=12)
    report = validate(pdf, moment=later)
    assert report.verdict == Verdict.PASSED, [problem.message for problem in report.problems]
    assert report.signatures[0].qualification["level"] == "qualified"
    facts = validate(unstamped, moment=later).signatures[0].qualification
    assert (facts["level"], facts["why"]) == ("unknown", "stale")

    other = tmp_path / "other.pem"
    other.write_bytes(signer("XX")[1].public_bytes(Encoding.PEM))
    settings.TRUST_ROOTS = [other]
    assert validate(pdf, moment=later).verdict == Verdict.INDETERMINATE


def test_a_list_that_is_disowned_has_nobody_believed(scheme: Scheme, settings: Any, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    other.write_bytes(signer("XX")[1].public_bytes(Encoding.PEM))
    pdf = signed(certified(KEY.public_key(), "Karim Benali"))
    settings.TRUST_ROOTS = [other]
    scheme.keep()
    assert validate(pdf).verdict == Verdict.PASSED
    scheme.national = signer("FR")
    keeping.keep(scheme.lotl(sequence=2), "eu-lotl.xml")
    assert validate(pdf).signatures[0].sub_indication == "NO_CERTIFICATE_CHAIN_FOUND"
