"""The contract that every signing backend keeps; a new line in the registry is tested by itself."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import utils
from django.contrib.auth import get_user_model
from django.utils import timezone

from signatures import cms
from signatures.backends import REGISTRY, AwaitingSignatory, backend
from signatures.backends.demo import demo
from signatures.errors import NoCertificate, NotReady, UnknownBackend, WrongSignatureValue
from tests.signatures.conftest import Signatories
from tests.signatures.holders import HOLDERS, OF_NOBODY

assert set(REGISTRY) == {*HOLDERS, *OF_NOBODY}, "each means has its line in tests/signatures/holders.py"
EVERY = pytest.mark.parametrize("code", sorted(HOLDERS))


@EVERY
def test_it_says_who_it_is(code: str) -> None:
    found = backend(code)
    assert found.code == code
    assert str(found.label)
    assert found.specimen in (True, False)
    assert backend(code) is found, "loaded keys are kept by the one instance of a process"


@EVERY
def test_its_certificate_is_whole_and_in_force(code: str, signatories: Signatories) -> None:
    for user in (signatories.prefect, signatories.mayor):
        certificate = backend(code).certificate_for(HOLDERS[code](user))
        parsed = x509.load_der_x509_certificate(certificate.certificate)
        assert f"{parsed.serial_number:x}" == certificate.serial
        assert certificate.not_before <= timezone.now() <= certificate.not_after
        issuer = parsed
        for other in certificate.chain:
            above = x509.load_der_x509_certificate(other)
            issuer.verify_directly_issued_by(above)
            issuer = above
        usage = parsed.extensions.get_extension_for_class(x509.KeyUsage).value
        assert usage.content_commitment
        assert set(certificate.as_dict()) >= {"common_name", "organisation", "title", "serial"}


@EVERY
def test_what_it_signs_verifies(code: str, signatories: Signatories) -> None:
    for user in (signatories.prefect, signatories.mayor):
        key = HOLDERS[code](user)
        certificate = backend(code).certificate_for(key)
        attributes = cms.signed_attributes(certificate.certificate, bytes(32))
        if backend(code).brings == "document":
            with pytest.raises(NotReady):
                backend(code).sign(key, attributes, "sha256")
            continue
        value = backend(code).sign(key, attributes, "sha256")
        if isinstance(value, AwaitingSignatory):
            assert value.expires_at > timezone.now()
            continue
        assert cms.normalised_value(certificate.certificate, attributes, value)
        with pytest.raises(WrongSignatureValue):
            cms.normalised_value(certificate.certificate, attributes + b"\x00", value)


def test_a_stranger_has_no_certificate(signatories: Signatories) -> None:
    stranger = get_user_model().objects.create_user("inconnu@clairval.test", "peu importe ici")
    with pytest.raises(NoCertificate):
        demo().held_by(stranger)


def test_an_unknown_code_is_named() -> None:
    with pytest.raises(UnknownBackend, match="absent"):
        backend("absent")


def test_a_card_may_answer_in_r_and_s(signatories: Signatories) -> None:
    certificate = demo().held_by(signatories.prefect)
    attributes = cms.signed_attributes(certificate.certificate, bytes(32))
    value = demo().sign_as(signatories.prefect, attributes, "sha256")
    assert isinstance(value, bytes)
    r, s = utils.decode_dss_signature(value)
    assert (
        cms.normalised_value(
            certificate.certificate, attributes, r.to_bytes(32, "big") + s.to_bytes(32, "big")
        )
        == value
    )


def test_a_value_made_by_another_key_is_refused(signatories: Signatories) -> None:
    certificate = demo().held_by(signatories.prefect)
    attributes = cms.signed_attributes(certificate.certificate, bytes(32))
    for other in (signatories.outsider, signatories.mayor):
        value = demo().sign_as(other, attributes, "sha256")
        assert isinstance(value, bytes)
        with pytest.raises(WrongSignatureValue):
            cms.normalised_value(certificate.certificate, attributes, value)
