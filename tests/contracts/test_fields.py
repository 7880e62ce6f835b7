"""Each signatory has one field, on its box, and each signature closes what it should."""

from __future__ import annotations

import datetime as dt
import io
import subprocess
from pathlib import Path

import pikepdf
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pikepdf import Name
from pyhanko.keys import load_certs_from_pemder_data, load_private_key_from_pemder_data
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import fields, signers
from pyhanko.sign.diff_analysis import ModificationLevel
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleCertificateStore

from contracts.printed import render
from tests.contracts.contents import FROZEN_AT, content, signatory

A4 = (595.28, 841.89)


def printed(count: int) -> bytes:
    people = [signatory(rank, capacity=f"Qualité {rank}") for rank in range(1, count + 1)]
    return render(content(signatories=people), specimen=True, frozen_at=FROZEN_AT).pdf


def field_dictionaries(pdf: pikepdf.Pdf) -> list[pikepdf.Object]:
    return list(pdf.Root.AcroForm.Fields)


@pytest.mark.parametrize("count", [1, 2, 3, 7, 25])
def test_one_field_a_signatory_in_order(count: int) -> None:
    with pikepdf.open(io.BytesIO(printed(count))) as pdf:
        names = [str(field.T) for field in field_dictionaries(pdf)]
        assert names == [f"Signataire-{rank:02d}" for rank in range(1, count + 1)]
        assert all(Name.Sig == field.FT and Name.V not in field for field in field_dictionaries(pdf))


def test_no_signatory_no_field() -> None:
    with pikepdf.open(io.BytesIO(printed(0))) as pdf:
        assert len(pdf.Root.AcroForm.Fields) == 0


@pytest.mark.parametrize("count", [2, 25])
def test_boxes_have_room_stay_on_the_page_and_apart(count: int) -> None:
    with pikepdf.open(io.BytesIO(printed(count))) as pdf:
        places = []
        for number, page in enumerate(pdf.pages):
            for annotation in page.get(Name.Annots, []):
                if annotation.Subtype == Name.Widget:
                    assert annotation.P.objgen == page.objgen
                    places.append((number, [float(edge) for edge in annotation.Rect]))
    assert len(places) == count
    for number, (left, bottom, right, top) in places:
        assert right - left == pytest.approx(7.5 / 2.54 * 72, abs=0.1)
        assert top - bottom == pytest.approx(3 / 2.54 * 72, abs=0.1)
        assert left > 40 and right < A4[0] - 40 and bottom > 60 and top < A4[1] - 60
        for other, (left_2, bottom_2, right_2, top_2) in places:
            if other == number and (left, bottom) != (left_2, bottom_2):
                assert right <= left_2 or right_2 <= left or top <= bottom_2 or top_2 <= bottom
    assert len({number for number, _place in places}) == (1 if count == 2 else 5)


def test_field_lies_on_the_box_drawn_under_its_capacity() -> None:
    pdf = printed(3)
    run = subprocess.run(["pdftotext", "-bbox-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    last_page = run.stdout.decode().split("<page ")[-1]
    words = [line for line in last_page.splitlines() if "<word" in line]
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for rank, field in enumerate(field_dictionaries(document), start=1):
            index = next(
                i for i, line in enumerate(words) if ">Qualité<" in line and f">{rank}<" in words[i + 1]
            )
            x = float(words[index].split('xMin="')[1].split('"')[0])
            y = A4[1] - float(words[index].split('yMax="')[1].split('"')[0])
            assert x == pytest.approx(float(field.Rect[0]), abs=2)
            assert 0 < y - float(field.Rect[3]) < 60


def test_each_field_locks_all_but_those_to_come_and_the_last_locks_all() -> None:
    with pikepdf.open(io.BytesIO(printed(3))) as pdf:
        first, second, last = (field.Lock for field in field_dictionaries(pdf))
        assert first.Action == Name.Exclude
        assert [str(name) for name in first.Fields] == ["Signataire-02", "Signataire-03"]
        assert [str(name) for name in second.Fields] == ["Signataire-03"]
        assert last.Action == Name.All and int(last.P) == 1
        assert all(lock.Type == Name.SigFieldLock for lock in (first, second, last))


def signer(name: str) -> signers.SimpleSigner:
    """Make a self-signed signer; trust is the signatures room's affair, not this test's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(
            x509.KeyUsage(False, True, False, False, False, True, False, False, False), critical=True
        )
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return signers.SimpleSigner(
        signing_cert=next(
            iter(load_certs_from_pemder_data(certificate.public_bytes(serialization.Encoding.PEM)))
        ),
        signing_key=load_private_key_from_pemder_data(secret, passphrase=None),
        cert_registry=SimpleCertificateStore(),
    )


async def test_two_signatures_fill_the_fields_and_forbid_the_rest(tmp_path: Path) -> None:
    """pyHanko finds in each revision what the locks allow, and nothing more."""
    people = [signer("La préfète"), signer("Le maire")]
    signed = printed(2)
    for rank, person in enumerate(people, start=1):
        metadata = signers.PdfSignatureMetadata(
            field_name=f"Signataire-{rank:02d}",
            subfilter=fields.SigSeedSubFilter.PADES,
            certify=rank == 1,
            docmdp_permissions=fields.MDPPerm.FILL_FORMS if rank == 1 else fields.MDPPerm.NO_CHANGES,
        )
        pdf_signer = signers.PdfSigner(metadata, signer=person)
        output = await pdf_signer.async_sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(signed)), existing_fields_only=True
        )
        assert output.getvalue().startswith(signed)
        signed = output.getvalue()
    signatures = PdfFileReader(io.BytesIO(signed)).embedded_signatures
    assert [s.field_name for s in signatures] == ["Signataire-01", "Signataire-02"]
    for signature, person in zip(signatures, people, strict=True):
        context = ValidationContext(trust_roots=[person.signing_cert], allow_fetching=False)
        status = await async_validate_pdf_signature(signature, signer_validation_context=context)
        assert status.intact and status.valid and status.docmdp_ok
        assert status.modification_level in (ModificationLevel.NONE, ModificationLevel.FORM_FILLING)
    assert signatures[0].fieldmdp.action == fields.FieldMDPAction.EXCLUDE
    assert signatures[1].fieldmdp.action == fields.FieldMDPAction.ALL
    file = tmp_path / "signed.pdf"
    file.write_bytes(signed)
    said = subprocess.run(["pdfsig", "-nocert", file], capture_output=True, text=True, check=False).stdout
    assert said.count("Signature is Valid") == 2
    assert subprocess.run(["qpdf", "--check", file], capture_output=True, check=False).returncode == 0
