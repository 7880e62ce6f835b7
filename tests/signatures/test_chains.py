"""Of all the certificates that come with one, its authorities are kept, in their order, and nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from signatures.chains import LONGEST, chain_of

KEY = ec.generate_private_key(ec.SECP256R1())
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def certificate(subject: str, issuer: str, by: ec.EllipticCurvePrivateKey = KEY) -> bytes:
    """Return a certificate (DER) of this subject, as this issuer would sign it."""
    names = [x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in (subject, issuer)]
    builder = x509.CertificateBuilder(names[1], names[0], KEY.public_key(), x509.random_serial_number())
    dated = builder.not_valid_before(START).not_valid_after(START + dt.timedelta(days=900))
    return dated.sign(by, hashes.SHA256()).public_bytes(Encoding.DER)


OWN, ISSUER, ROOT = certificate("A", "B"), certificate("B", "C"), certificate("C", "C")


@pytest.mark.parametrize(
    ("others", "kept"),
    [
        ((ROOT, ISSUER), (ISSUER, ROOT)),
        ((certificate("X", "X"), ROOT, OWN, b"0\x80", b"", ISSUER), (ISSUER, ROOT)),
        ((ROOT,), ()),
        ((), ()),
    ],
    ids=["in another order", "among others", "the issuer missing", "alone"],
)
def test_its_authorities_are_kept(others: tuple[bytes, ...], kept: tuple[bytes, ...]) -> None:
    assert chain_of(OWN, others) == kept


def test_a_name_is_not_enough() -> None:
    by_another = certificate("A", "B", ec.generate_private_key(ec.SECP256R1()))
    assert chain_of(by_another, (ISSUER, ROOT)) == ()


def test_they_are_few() -> None:
    long = [certificate(f"{n}", f"{n + 1}") for n in range(LONGEST + 5)]
    assert len(chain_of(long[0], long[1:])) == LONGEST
