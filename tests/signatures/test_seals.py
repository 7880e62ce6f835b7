"""The platform's electronic seal, in a hardware module (SoftHSM); it is never a person's signature."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms as asn1_cms
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from django.test import override_settings
from django.utils import timezone
from pyhanko.pdf_utils.reader import PdfFileReader

from signatures import cms, hardware, keys, seals
from signatures.backends import backend, certificate_of
from signatures.backends.demo import demo
from signatures.errors import BackendUnavailable, KeyLocked, NoCertificate
from signatures.key_errors import NotInAPersonsPlace
from signatures.models import EnrolledKey, Envelope
from tests.pki import ServedPki
from tests.signatures import documents, hsm
from tests.signatures.conftest import Signatories, ask

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not hsm.LIBRARY, reason="softhsm2 is not installed"),
]
DATA = b"Le bordereau et ses empreintes"


@pytest.fixture
def module(
    request: pytest.FixtureRequest, signatories: Signatories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Any]:
    """A module with two keys in it, the first of which (or the one that is asked for) seals."""
    hsm.make_token(tmp_path, monkeypatch, signatories.prefect, signatories.mayor)
    person = getattr(signatories, getattr(request, "param", "prefect"))
    held = demo().held_by(person)
    pem = tmp_path / "seal.pem"
    pem.write_bytes(
        b"".join(
            x509.load_der_x509_certificate(one).public_bytes(Encoding.PEM)
            for one in (held.certificate, *held.chain)
        )
    )
    told = {
        "module": hsm.LIBRARY,
        "token": hsm.TOKEN,
        "key": person.get_username(),
        "pin_secret": hsm.PIN,
        "certificates": pem,
    }
    # the certificate is the organisation's here, and no person's
    EnrolledKey.objects.filter(fingerprint=held.fingerprint).update(ended_at=timezone.now(), ended_why="x")
    hardware.forget()
    with override_settings(SEAL=told):
        yield told
    hardware.forget()
    backend.cache_clear()


@pytest.mark.parametrize("module", ["prefect", "mayor"], indirect=True)
def test_a_seal_is_verified_by_another_tool(module: Any, pki: ServedPki, tmp_path: Path) -> None:
    sealed = seals.seal_detached(DATA)
    (tmp_path / "data").write_bytes(DATA)
    (tmp_path / "seal").write_bytes(sealed)
    command = ["openssl", "cms", "-verify", "-binary", "-inform", "DER", "-in", "seal", "-content", "data"]
    command += ["-CAfile", str(pki.root), "-purpose", "any", "-out", "/dev/null"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "data").write_bytes(DATA + b".")
    assert subprocess.run(command, cwd=tmp_path, check=False, capture_output=True).returncode != 0
    signer = asn1_cms.ContentInfo.load(sealed)["content"]["signer_infos"][0]
    named = {attribute["type"].native for attribute in signer["signed_attrs"]}
    assert named == {"content_type", "message_digest", "signing_time", "signing_certificate_v2"}
    assert [one["type"].native for one in signer["unsigned_attrs"]] == ["signature_time_stamp_token"]


def test_a_pdf_is_sealed_out_of_sight(module: Any, tmp_path: Path) -> None:
    document = documents.build()
    sealed = seals.seal_pdf(document)
    assert sealed.startswith(document)
    reader = PdfFileReader(io.BytesIO(sealed))
    (embedded,) = reader.embedded_regular_signatures
    assert embedded.field_name == seals.FIELD
    assert embedded.compute_integrity_info() is None
    assert embedded.coverage.name == "ENTIRE_FILE"
    named = {attribute["type"].native for attribute in embedded.signer_info["signed_attrs"]}
    assert named == {"content_type", "message_digest", "signing_certificate_v2"}, "PAdES has no signing-time"
    (tmp_path / "sealed.pdf").write_bytes(sealed)
    said = subprocess.run(
        ["pdfsig", str(tmp_path / "sealed.pdf")], capture_output=True, text=True, check=False
    )
    assert "Signature is Valid" in said.stdout


def test_the_key_is_enrolled_once_as_nobody_s(module: Any) -> None:
    seals.seal_detached(DATA)
    seals.seal_detached(DATA)
    key = EnrolledKey.objects.get(owner=None)
    assert key.means == "pkcs11"
    assert key.settings == {name: module[name] for name in ("module", "token", "key")}
    assert module["pin_secret"] not in str(EnrolledKey.objects.values().get(pk=key.pk))
    assert key.last_used_at is not None


def test_a_seal_never_stands_where_a_person_signs(
    module: Any, envelope: Envelope, signatories: Signatories
) -> None:
    key = seals.enrolled()
    with pytest.raises(NotInAPersonsPlace, match="cachet électronique"):
        ask(envelope, "Signataire-01", signatories.prefect, key=key)
    # nor by a row that says it is a person's
    mine = certificate_of(bytes(key.certificate))
    EnrolledKey.objects.filter(pk=key.pk).update(ended_at=timezone.now(), ended_why="x")
    forged = keys.enrol(
        signatories.prefect, "pkcs11", mine, names=[mine.common_name], settings=dict(key.settings)
    )
    with pytest.raises(NotInAPersonsPlace):
        ask(envelope, "Signataire-01", signatories.prefect, key=forged)
    with pytest.raises(NotInAPersonsPlace):
        backend("pkcs11").sign(forged, b"x", "sha256")


def test_a_token_that_is_away_is_waited_for(module: Any, tmp_path: Path) -> None:
    seals.seal_detached(DATA)
    with hsm.pulled(tmp_path), pytest.raises(BackendUnavailable) as met:
        seals.seal_detached(DATA)
    assert not met.value.permanent
    assert seals.seal_detached(DATA), "put back, it serves again"


def test_a_child_opens_a_session_of_its_own(module: Any) -> None:
    place, attributes = hardware.place(module), b"ce que l'on signe"
    certificate = bytes(seals.enrolled().certificate)
    assert cms.normalised_value(certificate, attributes, hardware.sign(place, attributes))
    reading, writing = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.write(writing, hardware.sign(place, attributes))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(writing)
    with os.fdopen(reading, "rb") as answer:
        assert cms.normalised_value(certificate, attributes, answer.read())
    assert cms.normalised_value(certificate, attributes, hardware.sign(place, attributes))


def test_a_session_that_somebody_else_opened_is_used(module: Any) -> None:
    import PyKCS11

    library = PyKCS11.PyKCS11Lib()
    library.load(hsm.LIBRARY)
    session = library.openSession(hsm._slot_of(library))
    session.login(hsm.PIN)  # the next login answers CKR_USER_ALREADY_LOGGED_IN
    assert hardware.sign(hardware.place(module), b"x")
    hardware.forget()
    library.unload()


def test_a_refused_code_is_sent_once(module: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []
    open_session = hardware._slot

    def counted(library: Any, label: str) -> int:
        tries.append(label)
        return open_session(library, label)

    monkeypatch.setattr(hardware, "_slot", counted)
    wrong = hardware.place(module)
    wrong = hardware.Place(wrong.module, wrong.token, wrong.key, hsm.WRONG)
    for _time in range(3):
        with pytest.raises(KeyLocked):
            hardware.sign(wrong, b"x")
    assert len(tries) == 1, "each try brings the token nearer to its lock"
    assert hsm.WRONG not in repr(wrong)
    assert hardware.sign(hardware.place(module), b"x")
    with pytest.raises(NoCertificate):
        hardware.sign(hardware.Place(wrong.module, wrong.token, "absente", hsm.PIN), b"x")


def test_a_demonstration_has_a_specimen_and_an_installation_without_module_none(
    signatories: Signatories, settings: Any
) -> None:
    assert seals.is_offered()
    assert seals.sealer().specimen
    assert "SPÉCIMEN" in seals.sealer().certificate.common_name
    assert seals.seal_detached(DATA)
    settings.DEMONSTRATION = False
    assert not seals.is_offered()
    with pytest.raises(seals.NoSeal, match="SEAL_MODULE"):
        seals.seal_detached(DATA)
