"""A signed document brought back by hostile hands, by hurried ones, or to a machine in trouble."""

from __future__ import annotations

import errno
import html
import os
from typing import Any
from unittest import mock

import pytest
from asn1crypto import cms, core, keys, x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from pyhanko.sign.timestamps import DummyTimeStamper

from contracts.models import Contract
from signatures import blobs
from signatures.demo.pki import issuance
from signatures.models import EnrolledKey
from tests.cast import Cast
from tests.workflow.attempts import browser
from tests.workflow.signing.test_upload import address, contract, downloaded, post, signed
from workflow.signing.models import SigningAct

__all__ = ["contract"]
pytestmark = pytest.mark.django_db


def with_certificates(document: bytes, *certificates: bytes) -> bytes:
    """Put more certificates into the CMS: no signature covers them."""
    start = document.index(b"/Contents <", document.rindex(b"/ByteRange") - 90_000) + len(b"/Contents <")
    end = document.index(b">", start)
    content = cms.ContentInfo.load(bytes.fromhex(document[start:end].decode()))
    held = b"".join([content["content"]["certificates"].contents, *certificates])
    content["content"]["certificates"] = cms.CertificateSet.load(
        core.OctetString(held).dump().replace(b"\x04", b"\x31", 1)
    )
    der: bytes = content.dump()
    assert all(one in der for one in certificates)
    return document[:start] + der.hex().encode().ljust(end - start, b"0") + document[end:]


def of_nobodys_authority() -> DummyTimeStamper:
    """A time-stamping authority that no root of ours leads to: honest, and unknown here."""
    key, name = issuance._new_key("rsa3072"), issuance._name("Horodatage d’ailleurs")
    certificate = issuance._build(
        name, key.public_key(), name, key, issuance._tsa_extensions(), starts=timezone.now(), days=9
    )
    private = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return DummyTimeStamper(
        x509.Certificate.load(certificate.public_bytes(Encoding.DER)), keys.PrivateKeyInfo.load(private)
    )


def said(answer: Any) -> str:
    assert answer.status_code in (409, 422), answer
    return html.unescape(answer.content.decode()).replace("\xa0", " ")


def acts(contract: Contract) -> int:
    return SigningAct.objects.filter(version__contract=contract).count()


def test_a_machine_in_trouble_says_so_and_takes_the_same_file_later(cast: Cast, contract: Contract) -> None:
    client = browser(cast.prefete)
    document = signed(downloaded(client, contract), cast.prefete)
    before = EnrolledKey.objects.count()
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    with mock.patch.object(os, "fsync", side_effect=full):
        assert "ne peut être enregistré" in said(post(client, contract, document))
    path = blobs._path(_read(contract))
    path.rename(path.with_suffix(".away"))
    try:
        assert "ne peut être relu" in said(post(client, contract, document))
    finally:
        path.with_suffix(".away").rename(path)
    assert (acts(contract), EnrolledKey.objects.count()) == (0, before)
    assert post(client, contract, document).status_code == 302
    assert acts(contract) == 1


def _read(contract: Contract) -> str:
    version = contract.latest_version
    assert version is not None
    sha256: str = version.signing_round.envelope.current_sha256
    return sha256


CERTIFICATES: dict[str, bytes] = {
    "an empty one": bytes.fromhex("3000"),
    "one that ends too early": bytes.fromhex("30053003020101"),
    "a deep one": bytes.fromhex("3080") * 400 + bytes.fromhex("0000") * 400,
}


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_what_stands_beside_the_certificate_is_looked_at(cast: Cast, contract: Contract, kind: str) -> None:
    client = browser(cast.prefete)
    document = with_certificates(signed(downloaded(client, contract), cast.prefete), CERTIFICATES[kind])
    assert "ne peut être" in said(post(client, contract, document))
    assert acts(contract) == 0


def test_a_file_is_not_known_by_its_name(cast: Cast, contract: Contract) -> None:
    client = browser(cast.prefete)
    document = downloaded(client, contract)
    for name in ("a" * 300 + ".pdf", "\u202efdp.exe", "../../etc/passwd", "x\0.pdf", "«\n».pdf"):
        sent = SimpleUploadedFile(name, document, "application/pdf")
        answer = client.post(address(contract, "sign_upload"), {"document": sent})
        assert "ne porte pas votre signature" in said(answer), name


def test_two_tabs_sign_once(cast: Cast, contract: Contract) -> None:
    client, tab = browser(cast.prefete), address(contract, "sign_upload")
    document = signed(downloaded(client, contract), cast.prefete)
    assert post(client, contract, document).status_code == 302
    sent = SimpleUploadedFile("signé.pdf", document, "application/pdf")
    again = client.post(tab, {"document": sent})
    assert again.status_code in (404, 409), again
    assert acts(contract) == 1


def test_a_time_stamp_that_we_do_not_know_leaves_room_for_ours(cast: Cast, contract: Contract) -> None:
    """Taken, it would be found too tight at each try, once the key has served: the place would be blocked."""
    client = browser(cast.prefete)
    document = signed(
        downloaded(client, contract),
        cast.prefete,
        level="B-T",
        stamper=of_nobodys_authority(),
        bytes_reserved=None,
    )
    assert "n’y a pas la place du nôtre" in said(post(client, contract, document))
    assert acts(contract) == 0
