"""The report for machines: valid against the schema, and about the file that it names."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

from signatures.etsi.indications import said_of
from signatures.etsi.xml import as_xml
from signatures.report import Problem, Verdict
from signatures.validation import Examined, examine
from tests.signatures.etsi.schema import checked, told
from tests.signatures.stages import Files, files, people

__all__ = ["files", "people"]
MAIN = "vr:SignatureValidationReport/vr:SignatureValidationStatus/vr:MainIndication"
SUB = "vr:SignatureValidationReport/vr:SignatureValidationStatus/vr:SubIndication"
BASE = "urn:etsi:019102:"


def test_each_signature_and_time_stamp_of_the_archive_is_in_it(files: Files) -> None:
    tree = checked(as_xml(examine(files.sealed)))
    assert told(tree, MAIN) == [f"{BASE}mainindication:total-passed"] * 2
    assert told(tree, SUB) == []
    kinds = told(tree, "//vr:ValidationObject/vr:ObjectType")
    assert kinds.count(f"{BASE}validationObject:timestamp") == 3
    worth = "//vr:ValidationObject/vr:ValidationReport/vr:SignatureValidationStatus/vr:MainIndication"
    assert told(tree, worth) == [f"{BASE}mainindication:passed"] * 3
    assert told(tree, "//vr:SignatureValidationProcessID") == [f"{BASE}validationprocess:LTA"] * 2
    assert "Hélène Marchand, Préfète, Préfecture de Clairval" in told(tree, "//vr:Signer")
    digest = told(tree, "//vr:ValidationObject[@id='D-0']//ds:DigestValue")[0]
    assert base64.b64decode(digest) == hashlib.sha256(files.sealed).digest()


def test_its_digest_of_the_attributes_is_what_the_key_signed(files: Files) -> None:
    """RFC 5652 § 5.4: the value verifies over the digest given, with the key of the certificate given."""
    tree = checked(as_xml(examine(files.sealed)))
    for report in tree.findall("vr:SignatureValidationReport", {"vr": "http://uri.etsi.org/19102/v1.2.1#"}):
        (digest,) = told(report, "vr:SignatureIdentifier/vr:DigestAlgAndValue/ds:DigestValue")
        (value,) = told(report, "vr:SignatureIdentifier/ds:SignatureValue")
        (name,) = told(report, "vr:SignerInformation/vr:SignerCertificate/@VOReference")
        (der,) = told(tree, f"//vr:ValidationObject[@id='{name}']//vr:base64")
        key = x509.load_der_x509_certificate(base64.b64decode(der)).public_key()
        signed, over = base64.b64decode(value), base64.b64decode(digest)
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signed, over, ec.ECDSA(utils.Prehashed(hashes.SHA256())))
        else:
            assert isinstance(key, rsa.RSAPublicKey)
            key.verify(signed, over, padding.PKCS1v15(), utils.Prehashed(hashes.SHA256()))


def test_what_is_wrong_with_the_file_weighs_on_each_of_its_signatures(files: Files) -> None:
    """No signature is called passed in a file that is not: clean sub-reports have misled others."""
    examined = examine(files.sealed + b"\n% et le contrat vaut dix fois plus\n%%EOF\n")
    assert not examined.report.valid
    tree = checked(as_xml(examined))
    assert set(told(tree, MAIN)) == {f"{BASE}mainindication:total-failed"}
    assert told(tree, "//vr:ValidationConstraint/vr:ValidationConstraintIdentifier")
    assert all(told(tree, "//vr:ValidationConstraint/vr:Indications"))


def test_a_file_cut_back_to_a_signature_says_so_in_it(files: Files) -> None:
    tree = checked(as_xml(examine(files.one)))
    assert set(told(tree, MAIN)) == {f"{BASE}mainindication:total-failed"}
    assert set(told(tree, SUB)) == {f"{BASE}subindication:FORMAT_FAILURE"}
    assert "urn:contreseing:reason:unsigned_field" in told(tree, "//vr:ValidationConstraintIdentifier")


def test_a_file_of_which_nothing_can_be_read_has_a_report_too(files: Files) -> None:
    examined = examine(b"%PDF-1.7\nrien\n%%EOF")
    tree = checked(as_xml(examined))
    assert told(tree, MAIN) == [f"{BASE}mainindication:total-failed"]
    assert examined.evidence.sha256 == hashlib.sha256(b"%PDF-1.7\nrien\n%%EOF").hexdigest()


def test_what_came_after_each_signature_is_told(files: Files) -> None:
    first, second = examine(files.sealed).evidence.signatures
    assert [one.what for one in first.later] == ["signature", "proofs", "timestamp"]
    assert [one.what for one in second.later] == ["proofs", "timestamp"]
    assert [one.what for one in examine(files.two).evidence.signatures[1].later] == []


def test_it_is_the_same_after_a_journey_as_json(files: Files) -> None:
    examined = examine(files.sealed)
    assert Examined.from_dict(examined.as_dict()).as_dict() == examined.as_dict()
    assert as_xml(Examined.from_dict(examined.as_dict())) == as_xml(examined)


def test_no_signature_passes_in_a_file_that_does_not(files: Files) -> None:
    """A reason of the whole file, or of a time-stamp, weighs on each; one of another signature does not."""
    report = examine(files.sealed).report
    first, second = report.signatures
    for field, verdicts in (
        ("", {Verdict.FAILED}),
        ("Horodatage", {Verdict.FAILED}),
        (first.field, {Verdict.FAILED, Verdict.PASSED}),
    ):
        spoilt = replace(report, problems=[Problem("changed_after_last", field)])
        assert {said_of(spoilt, row)[0] for row in (first, second)} == verdicts
        assert said_of(spoilt, first) == (Verdict.FAILED, "HASH_FAILURE")
    doubted = replace(report, problems=[Problem("not_archived", "", Verdict.INDETERMINATE, {"level": "B-T"})])
    assert said_of(doubted, first) == (Verdict.INDETERMINATE, "GENERIC")


@pytest.mark.parametrize(
    ("level", "passed", "doubted"),
    [
        ("qualified", "QESig", "indeterminateQESig"),
        ("advanced_qualified", "AdESigQC", "indeterminateAdESigQC"),
        ("advanced", "AdESig", "indeterminateAdESig"),
        ("unknown", "Unknown", "indeterminateUnknown"),
    ],
)
def test_no_more_is_said_of_a_level_than_the_verdict_bears(
    files: Files, level: str, passed: str, doubted: str
) -> None:
    """A signature that fails is qualified in nothing, whatever its certificate is."""
    examined = examine(files.sealed)
    reports = {
        passed: examined.report,
        doubted: replace(examined.report, problems=[Problem("untrusted", "", Verdict.INDETERMINATE)]),
        "notApplicable": replace(examined.report, problems=[Problem("changed_after_last")]),
    }
    for expected, report in reports.items():
        rows = [replace(row, qualification={"level": level}) for row in report.signatures]
        tree = checked(as_xml(replace(examined, report=replace(report, signatures=rows))))
        assert (
            told(tree, "//vr:SignatureQualityInformation")
            == [f"urn:cef:dss:signatureQualification:{expected}"] * 2
        )
