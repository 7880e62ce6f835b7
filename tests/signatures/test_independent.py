"""What tools that are not ours say of our files: openssl, poppler, qpdf, mupdf."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pikepdf
import pytest
from asn1crypto import cms as asn1_cms

from tests.pki import ServedPki
from tests.signatures.stages import Files, files, people

__all__ = ["files", "people"]


@dataclass(frozen=True)
class Extracted:
    """One signature taken out of the file: its CMS and the bytes that it covers."""

    kind: str
    contents: Path
    covered: Path
    whole: bool


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a tool and return what it says."""
    return subprocess.run([str(a) for a in arguments], capture_output=True, text=True, check=False)


def extract(pdf: bytes, folder: Path) -> Iterator[Extracted]:
    """Take each signature out with nothing but /ByteRange."""
    ranges = re.finditer(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf)
    for index, found in enumerate(ranges):
        begin, length, resume, rest = map(int, found.groups())
        encoded = bytes.fromhex(pdf[begin + length + 1 : resume - 1].decode())
        content = asn1_cms.ContentInfo.load(encoded)
        kind = content["content"]["encap_content_info"]["content_type"].native
        contents, covered = folder / f"{index}.der", folder / f"{index}.bin"
        contents.write_bytes(content.dump())
        covered.write_bytes(pdf[begin : begin + length] + pdf[resume : resume + rest])
        yield Extracted(kind, contents, covered, resume + rest == len(pdf))


def test_openssl_accepts_every_signature_and_time_stamp(files: Files, pki: ServedPki, tmp_path: Path) -> None:
    assert check_with_openssl(files.sealed, pki.root, tmp_path) == ["data", "data", "tst_info"]
    assert [one.whole for one in extract(files.sealed, tmp_path)] == [False, False, True]


def check_with_openssl(pdf: bytes, root: Path, folder: Path) -> list[str]:
    """Have openssl verify each signature, its time-stamp and each document time-stamp; say their kinds."""
    found = list(extract(pdf, folder))
    issuing = root.with_name("issuing.cert.pem")
    for one in found:
        if one.kind == "tst_info":
            _check_token(one.contents, one.covered, root, issuing)
            continue
        outcome = run(
            *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", one.contents),
            *("-content", one.covered, "-CAfile", root, "-purpose", "any", "-out", folder / "out"),
        )
        assert outcome.returncode == 0, outcome.stderr
        signer = asn1_cms.ContentInfo.load(one.contents.read_bytes())["content"]["signer_infos"][0]
        token, value = folder / "token.der", folder / "value.bin"
        token.write_bytes(signer["unsigned_attrs"][0]["values"][0].dump())
        value.write_bytes(signer["signature"].native)
        _check_token(token, value, root, issuing)
    return [one.kind for one in found]


def _check_token(token: Path, data: Path, root: Path, issuing: Path) -> None:
    verify = ("openssl", "ts", "-verify", "-token_in", "-in", token, "-data", data)
    outcome = run(*verify, "-CAfile", root, "-untrusted", issuing)
    assert outcome.returncode == 0, outcome.stderr


def test_openssl_refuses_a_changed_content(files: Files, pki: ServedPki, tmp_path: Path) -> None:
    one = next(iter(extract(files.sealed, tmp_path)))
    changed = bytearray(one.covered.read_bytes())
    changed[500] ^= 1
    one.covered.write_bytes(changed)
    outcome = run(
        *("openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", one.contents),
        *("-content", one.covered, "-CAfile", pki.root, "-purpose", "any", "-out", tmp_path / "out"),
    )
    assert outcome.returncode != 0


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="poppler-utils is not installed")
def test_poppler_says_both_signatures_are_valid(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(files.sealed)
    said = run("pdfsig", "-nocert", path).stdout
    assert said.count("Signature Validation: Signature is Valid.") == 2
    assert said.count("ETSI.CAdES.detached") == 2
    assert "Hélène Marchand" in said and "Karim Benali" in said


@pytest.mark.skipif(shutil.which("qpdf") is None, reason="qpdf is not installed")
def test_qpdf_finds_no_fault_at_any_stage(files: Files, tmp_path: Path) -> None:
    for index, stage in enumerate((files.base, files.one, files.two, files.sealed)):
        path = tmp_path / f"{index}.pdf"
        path.write_bytes(stage)
        outcome = run("qpdf", "--check", path)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr


@pytest.mark.skipif(shutil.which("mutool") is None, reason="mupdf-tools is not installed")
def test_mupdf_sees_no_change_since_signing(files: Files, tmp_path: Path) -> None:
    path = tmp_path / "sealed.pdf"
    path.write_bytes(files.sealed)
    said = run("mutool", "sign", "-v", path)
    assert "changed" not in (said.stdout + said.stderr).replace("unchanged", "").lower()
    assert (said.stdout + said.stderr).count("Hélène Marchand") >= 1


def test_the_file_keeps_the_rules_of_pades_and_of_an_archive(files: Files) -> None:
    with pikepdf.open(io.BytesIO(files.sealed)) as pdf:
        fields = {str(field.T): field for field in pdf.Root.AcroForm.Fields}
        for name in ("Signataire-01", "Signataire-02"):
            value = fields[name].V
            assert [str(value.SubFilter), str(value.Type)] == ["/ETSI.CAdES.detached", "/Sig"]
            assert "/Cert" not in value, "certificates belong in the CMS (EN 319 142-1 § 6.3)"
            assert len(fields[name].AP.N.read_bytes()) > 0
        first, last = fields["Signataire-01"].V, fields["Signataire-02"].V
        assert pdf.Root.Perms.DocMDP.objgen == first.objgen
        transforms = {str(one.TransformMethod): one.TransformParams for one in first.Reference}
        assert int(transforms["/DocMDP"].P) == 2
        assert [str(name) for name in transforms["/FieldMDP"].Fields] == ["Signataire-02"]
        assert str(last.Reference[0].TransformParams.Action) == "/All"
        assert int(last.Reference[0].TransformParams.P) == 1
        assert len(pdf.Root.DSS.Certs) >= 5
        assert len(pdf.Root.DSS.OCSPs) >= 3 and len(pdf.Root.DSS.CRLs) >= 1
        assert "/VRI" not in pdf.Root.DSS
        assert int(pdf.Root.AcroForm.SigFlags) == 3
