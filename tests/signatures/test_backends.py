"""The contract that every signing backend keeps; a new line in the registry is tested by itself."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import utils
from django.contrib.auth import get_user_model
from django.utils import timezone

from signatures import cms
from signatures.backends import REGISTRY, AwaitingSignatory, backend
from signatures.errors import NoCertificate, UnknownBackend, WrongSignatureValue
from tests.signatures.conftest import Signatories

EVERY = pytest.mark.parametrize("code", sorted(REGISTRY))


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
        certificate = backend(code).certificate_for(user)
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
        certificate = backend(code).certificate_for(user)
        attributes = cms.signed_attributes(certificate.certificate, bytes(32))
        value = backend(code).sign(user, attributes, "sha256")
        if isinstance(value, AwaitingSignatory):
            assert value.expires_at > timezone.now()
            continue
        assert cms.normalised_value(certificate.certificate, attributes, value)
        with pytest.raises(WrongSignatureValue):
            cms.normalised_value(certificate.certificate, attributes + b"\x00", value)


@EVERY
def test_a_stranger_has_no_certificate(code: str, signatories: Signatories) -> None:
    stranger = get_user_model().objects.create_user("inconnu@clairval.test", "peu importe ici")
    with pytest.raises(NoCertificate):
        backend(code).certificate_for(stranger)


def test_an_unknown_code_is_named() -> None:
    with pytest.raises(UnknownBackend, match="absent"):
        backend("absent")


def test_a_card_may_answer_in_r_and_s(signatories: Signatories) -> None:
    certificate = backend("demo").certificate_for(signatories.prefect)
    attributes = cms.signed_attributes(certificate.certificate, bytes(32))
    value = backend("demo").sign(signatories.prefect, attributes, "sha256")
    assert isinstance(value, bytes)
    r, s = utils.decode_dss_signature(value)
    assert (
        cms.normalised_value(
            certificate.certificate, attributes, r.to_bytes(32, "big") + s.to_bytes(32, "big")
        )
        == value
    )


def test_a_value_made_by_another_key_is_refused(signatories: Signatories) -> None:
    certificate = backend("demo").certificate_for(signatories.prefect)
    attributes = cms.signed_attributes(certificate.certificate, bytes(32))
    for other in (signatories.outsider, signatories.mayor):
        value = backend("demo").sign(other, attributes, "sha256")
        assert isinstance(value, bytes)
        with pytest.raises(WrongSignatureValue):
            cms.normalised_value(certificate.certificate, attributes, value)
