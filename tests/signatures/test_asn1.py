"""The work-around for asn1crypto: every length, every size of signature, in little time."""

from __future__ import annotations

import time

import pytest
from asn1crypto import cms as asn1_cms
from asn1crypto import core, x509

from signatures import asn1, cms
from signatures.backends import SigningCertificate
from signatures.backends.demo import demo
from signatures.timestamps import CheckedTimeStamper
from tests.pki import ServedPki
from tests.signatures.conftest import Signatories


@pytest.mark.parametrize(
    ("header", "indefinite"),
    [
        (b"\x30\x80", True),
        (b"\xbf\x81\x01\x80", True),
        (b"\x04\x81\x80", False),
        (b"\x30\x82\x07\x80", False),
        (b"\x30\x7f", False),
        (b"\xbf\x81\x01\x81\x80", False),
    ],
)
def test_a_length_is_told_from_an_indefinite_one(header: bytes, indefinite: bool) -> None:
    assert asn1.is_indefinite(header) is indefinite


@pytest.mark.parametrize("length", [0, 1, 127, 128, 129, 255, 256, 384, 640, 1920, 65_664])
def test_a_value_of_any_length_comes_back_as_it_was(length: int) -> None:
    encoded = core.OctetString(bytes(length)).dump()
    nested = core.SequenceOf([core.OctetString.load(encoded)], spec=core.OctetString).dump()
    assert core.OctetString.load(encoded).dump() == encoded
    assert core.SequenceOf.load(nested, spec=core.OctetString).dump() == nested


def test_a_true_indefinite_length_is_still_made_definite() -> None:
    loaded = core.OctetString.load(b"\x24\x80\x04\x01a\x04\x01b\x00\x00")
    assert loaded.native == b"ab"
    assert loaded.dump() == b"\x04\x02ab"


def test_a_changed_value_is_encoded_again() -> None:
    class Pair(core.Sequence):
        _fields = [("first", core.OctetString), ("second", core.OctetString)]

    whole = Pair({"first": bytes(100), "second": bytes(24)})
    assert whole.dump()[:3] == b"\x30\x81\x80"
    loaded = Pair.load(whole.dump())
    loaded["second"] = b"other"
    assert Pair.load(loaded.dump())["second"].native == b"other"


def test_names_are_compared_as_before_and_only_once() -> None:
    """By RFC 4518: neither case nor the kind of string counts; what it forbids is refused each time."""
    name = {"country_name": "FR", "organization_name": "Ville de Clairval", "common_name": "Autorité"}
    encoded = x509.Name.build(name).dump()
    alike = x509.Name.build({**name, "organization_name": "VILLE  de clairval"}).dump()
    other = x509.Name.build({**name, "common_name": "Autre"}).dump()
    for _again in range(2):
        assert x509.Name.load(encoded) == x509.Name.load(alike) != x509.Name.load(other)
        assert x509.Name.load(encoded).hashable == x509.Name.load(alike).hashable
        assert x509.Name.load(encoded).hashable != x509.Name.load(other).hashable
        assert x509.Name.load(encoded) != "Autorité"
    changed = x509.Name.load(encoded)
    assert changed.native["common_name"] == "Autorité"
    changed.chosen[2][0]["value"] = x509.DirectoryString("utf8_string", "Autre")
    assert changed == x509.Name.load(other)
    forbidden = x509.Name.build({"common_name": "A\ufffdB"}).dump()
    for _again in range(2):
        with pytest.raises(ValueError):
            assert x509.Name.load(forbidden) == x509.Name.load(forbidden)


@pytest.mark.parametrize("algorithm", ["ec", "rsa"])
def test_signing_takes_as_long_at_every_length(
    signatories: Signatories, pki: ServedPki, algorithm: str
) -> None:
    """One length in a few hundred used to take 12 s of processor."""
    user = signatories.prefect if algorithm == "ec" else signatories.mayor
    certificate = demo().held_by(user)
    attributes = cms.signed_attributes(certificate.certificate, bytes(32))
    lengths = range(60, 81) if algorithm == "ec" else range(377, 392)
    for length in lengths:
        assert _dump_time(certificate, attributes, bytes(length)) < 1.0, length


def _dump_time(certificate: SigningCertificate, attributes: bytes, value: bytes) -> float:
    encoded = cms.assemble(certificate.certificate, certificate.chain, attributes, value, None)
    begin = time.process_time()
    loaded = asn1_cms.ContentInfo.load(encoded)
    content = loaded["content"]
    assert content["signer_infos"][0]["signature"].native == value
    assert loaded.dump() == encoded
    assert content.dump() in encoded
    return time.process_time() - begin


async def test_a_token_of_any_length_is_quick(pki: ServedPki) -> None:
    token = await CheckedTimeStamper([f"{pki.url}/tsa"]).async_timestamp(bytes(32), "sha256")
    begin = time.process_time()
    for extra in range(1, 260):
        wrapped = asn1_cms.CMSAttribute({"type": "1.2.3.4", "values": [core.OctetString(bytes(extra))]})
        assert asn1_cms.CMSAttribute.load(wrapped.dump()).dump() == wrapped.dump()
    assert asn1_cms.ContentInfo.load(token.dump()).dump() == token.dump()
    assert time.process_time() - begin < 2.0
