"""A certificate that is listed for two services: each is believed as long as it was granted, no longer."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.authority import AuthorityWithCert, TrustedServiceType
from pyhanko_certvalidator.errors import ExpiredError
from pyhanko_certvalidator.path import ValidationPath

from signatures.lists.trusting import Anchors, Listed
from tests.signatures.lists.scheme import (
    GRANTED,
    QTST,
    WITHDRAWN,
    Scheme,
    Service,
    authority,
    certified,
    now,
)

DAY = dt.timedelta(days=1)
ISSUED = now() - 100 * DAY
ENDED = now() - 50 * DAY
AS_AUTHORITY = TrustedServiceType.CERTIFICATE_AUTHORITY
AS_STAMPER = TrustedServiceType.TIME_STAMPING_AUTHORITY


def withdrawn() -> Service:
    return authority(status=WITHDRAWN, since=ENDED, before=[(GRANTED, ISSUED - 365 * DAY)])


def stamping(**changes: Any) -> Service:
    """The same certificate as the authority's, listed for time-stamps."""
    return authority(kind=QTST, for_what=(), name="Horodatage d’essai", **changes)


def path(listed: Listed, moment: dt.datetime) -> ValidationPath:
    """Return the path of a certificate that the authority issued, validated at a moment by the list alone."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    der = certified(key, "Karim Benali", starts=ISSUED).public_bytes(Encoding.DER)
    context = ValidationContext(trust_manager=Anchors([], [listed]), moment=moment)
    validator = CertificateValidator(asn1_x509.Certificate.load(der), validation_context=context)
    found: ValidationPath = asyncio.run(validator.async_validate_path())
    return found


@pytest.mark.parametrize("stamps_first", [False, True])
def test_an_authority_that_was_withdrawn_issues_no_more_whatever_it_still_stamps(
    scheme: Scheme, stamps_first: bool
) -> None:
    services = [stamping(), withdrawn()] if stamps_first else [withdrawn(), stamping()]
    listed = scheme.listed(services)
    before = path(listed, ENDED - DAY)
    assert before.trust_anchor.trust_qualifiers.trusted_service_type == AS_AUTHORITY
    with pytest.raises(ExpiredError):
        path(listed, now())


def test_stamps_that_were_withdrawn_are_believed_no_more_whatever_is_still_issued(scheme: Scheme) -> None:
    ended = stamping(status=WITHDRAWN, since=ENDED, before=[(GRANTED, ISSUED)])
    listed = scheme.listed([authority(), ended])
    assert path(listed, now()).trust_anchor.trust_qualifiers.valid_until is None
    der = authority().certificate.public_bytes(Encoding.DER)
    anchor = Anchors([], [listed]).as_trust_anchor(AuthorityWithCert(asn1_x509.Certificate.load(der)))
    assert anchor is not None
    held = anchor.trust_qualifiers
    assert (held.trusted_service_type, held.valid_until) == (AS_STAMPER, ENDED)


def test_two_services_of_one_kind_are_believed_from_the_first_to_the_last(scheme: Scheme) -> None:
    later = authority(for_what=("ForeSeals",), since=ENDED)
    held = path(scheme.listed([withdrawn(), later]), now()).trust_anchor.trust_qualifiers
    assert (held.valid_from, held.valid_until) == (ISSUED - 365 * DAY, None)
