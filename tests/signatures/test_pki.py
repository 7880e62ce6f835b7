"""The demonstration's certificates and services, judged by the openssl of the machine."""

from __future__ import annotations

import multiprocessing
import os
import stat
import subprocess
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from cryptography.x509.oid import ExtensionOID, NameOID
from django.conf import settings
from django.test import override_settings

from signatures.demo import pki as authorities
from tests.pki import ServedPki


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run openssl and return what it says."""
    return subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, check=False)


def person(pki: ServedPki, tmp_path: Path, name: str, algorithm: authorities.Algorithm = "p256") -> Path:
    """Issue a certificate and write it as PEM; return where."""
    path = authorities.issue_person(
        f"{name}@pki.test", f"Essai {name}", "Préfecture", "Préfète", algorithm=algorithm
    )
    store = pkcs12.load_pkcs12(path.read_bytes(), settings.PKI_PASSPHRASE.encode())
    assert store.cert is not None
    pem = tmp_path / f"{name}.pem"
    pem.write_bytes(store.cert.certificate.public_bytes(Encoding.PEM))
    return pem


@pytest.mark.parametrize("algorithm", ["p256", "rsa3072"])
def test_openssl_accepts_the_chain(pki: ServedPki, tmp_path: Path, algorithm: authorities.Algorithm) -> None:
    pem = person(pki, tmp_path, f"chaine-{algorithm}", algorithm)
    issuing = pki.folder / "issuing.cert.pem"
    outcome = openssl("verify", "-x509_strict", "-CAfile", pki.root, "-untrusted", issuing, pem)
    assert outcome.returncode == 0, outcome.stderr
    for name in ("ocsp", "tsa"):
        service = pki.folder / f"{name}.cert.pem"
        outcome = openssl("verify", "-x509_strict", "-CAfile", pki.root, "-untrusted", issuing, service)
        assert outcome.returncode == 0, outcome.stderr


def test_a_person_certificate_says_what_it_is_for(pki: ServedPki, tmp_path: Path) -> None:
    certificate = x509.load_pem_x509_certificate(person(pki, tmp_path, "forme").read_bytes())
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage)
    assert usage.critical and usage.value.content_commitment and not usage.value.digital_signature
    purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert [purpose.dotted_string for purpose in purposes] == ["1.3.6.1.5.5.7.3.36"]
    for wanted in (ExtensionOID.CRL_DISTRIBUTION_POINTS, ExtensionOID.AUTHORITY_INFORMATION_ACCESS):
        assert certificate.extensions.get_extension_for_oid(wanted)
    unit = certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)[0].value
    assert "SPÉCIMEN" in str(unit)


def test_openssl_ocsp_says_good_then_revoked(pki: ServedPki, tmp_path: Path) -> None:
    pem = person(pki, tmp_path, "ocsp")
    serial = x509.load_pem_x509_certificate(pem.read_bytes()).serial_number
    issuing = pki.folder / "issuing.cert.pem"
    query = ("ocsp", "-issuer", issuing, "-cert", pem, "-CAfile", pki.root, "-url", f"{pki.url}/ocsp")
    outcome = openssl(*query)
    assert "Response verify OK" in outcome.stderr + outcome.stdout
    assert f"{pem}: good" in outcome.stdout
    authorities.revoke(serial)
    try:
        assert authorities.is_revoked(serial)
        assert f"{pem}: revoked" in openssl(*query).stdout
        revocations = x509.load_der_x509_crl(httpx.get(f"{pki.url}/crl/issuing.crl").content)
        assert revocations.get_revoked_certificate_by_serial_number(serial) is not None
    finally:
        (pki.folder / "revoked.json").unlink()


def test_openssl_ts_accepts_a_token(pki: ServedPki, tmp_path: Path) -> None:
    data, query, answer = tmp_path / "data", tmp_path / "query", tmp_path / "answer"
    data.write_bytes(b"contrat")
    assert openssl("ts", "-query", "-data", data, "-sha256", "-cert", "-out", query).returncode == 0
    response = httpx.post(f"{pki.url}/tsa", content=query.read_bytes())
    answer.write_bytes(response.content)
    issuing = pki.folder / "issuing.cert.pem"
    verify = ("ts", "-verify", "-in", answer, "-CAfile", pki.root, "-untrusted", issuing)
    outcome = openssl(*verify, "-queryfile", query)
    assert outcome.returncode == 0, outcome.stderr
    data.write_bytes(b"autre")
    assert openssl(*verify, "-data", data).returncode != 0


def test_openssl_accepts_the_revocation_list(pki: ServedPki, tmp_path: Path) -> None:
    pem = person(pki, tmp_path, "crl")
    lists = tmp_path / "lists.pem"
    lists.write_bytes(
        b"".join(
            x509.load_der_x509_crl(httpx.get(f"{pki.url}/crl/{name}.crl").content).public_bytes(Encoding.PEM)
            for name in ("root", "issuing")
        )
    )
    issuing = pki.folder / "issuing.cert.pem"
    outcome = openssl(
        "verify", "-crl_check_all", "-CRLfile", lists, "-CAfile", pki.root, "-untrusted", issuing, pem
    )
    assert outcome.returncode == 0, outcome.stderr


def test_keys_are_encrypted_and_private(pki: ServedPki, tmp_path: Path) -> None:
    person(pki, tmp_path, "prive")
    for path in [*pki.folder.glob("*.key.pem"), *pki.folder.glob("persons/*.p12")]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    for path in pki.folder.glob("*.key.pem"):
        assert b"ENCRYPTED" in path.read_bytes()


def test_issuing_and_making_twice_change_nothing(pki: ServedPki, tmp_path: Path) -> None:
    before = person(pki, tmp_path, "deux-fois").read_bytes()
    root = pki.root.read_bytes()
    authorities.ensure()
    assert person(pki, tmp_path, "deux-fois").read_bytes() == before
    assert pki.root.read_bytes() == root


def _ensure(folder: str) -> bytes:
    with override_settings(PKI_DIR=Path(folder), PKI_URL="http://127.0.0.1:1"):
        return authorities.ensure().read_bytes()


def test_processes_that_race_make_one_authority(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(3) as pool:
        roots = pool.map(_ensure, [str(tmp_path / "pki")] * 3)
    assert len(set(roots)) == 1


def test_another_address_is_refused_by_name(tmp_path: Path) -> None:
    _ensure(str(tmp_path / "pki"))
    with (
        override_settings(PKI_DIR=tmp_path / "pki", PKI_URL="http://127.0.0.1:2"),
        pytest.raises(authorities.PkiMoved, match="127.0.0.1:1"),
    ):
        authorities.ensure()


def test_the_services_answer_plainly(pki: ServedPki) -> None:
    assert httpx.get(f"{pki.url}/root.cert.pem").content == pki.root.read_bytes()
    assert httpx.get(f"{pki.url}/ca/issuing.cer").status_code == 200
    assert httpx.get(f"{pki.url}/ca/persons.cer").status_code == 404
    assert httpx.get(f"{pki.url}/crl/persons.crl").status_code == 404
    assert httpx.get(f"{pki.url}/").status_code == 404
    assert httpx.get(f"{pki.url}/..%2Froot.key.pem").status_code == 404
    for path in ("/tsa", "/ocsp"):
        assert httpx.post(f"{pki.url}{path}", content=os.urandom(64)).status_code == 400
        assert httpx.post(f"{pki.url}{path}", content=b"x" * 100_000).status_code == 400
