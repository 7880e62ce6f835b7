"""The authorities of a certificate, among all that a card, a service or a tool gives with it."""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

MOST_OTHERS = 50  # certificates that are looked at
LONGEST = 8  # authorities of one certificate


def chain_of(certificate: bytes, others: Iterable[bytes]) -> tuple[bytes, ...]:
    """Return the authorities above a certificate (DER), the issuer first, each by its signature.

    What cannot be read is left out. Raises ValueError where ``certificate`` itself cannot be.
    """
    left = dict(_read(list(others)[:MOST_OTHERS]))
    found: list[bytes] = []
    below = x509.load_der_x509_certificate(certificate)
    while len(found) < LONGEST and (above := _issuer(below, left)):
        found.append(above)
        below = left.pop(above)
    return tuple(found)


def _read(others: list[bytes]) -> Iterable[tuple[bytes, x509.Certificate]]:
    for der in others:
        try:
            yield der, x509.load_der_x509_certificate(der)
        except ValueError:
            continue


def _issuer(below: x509.Certificate, among: dict[bytes, x509.Certificate]) -> bytes | None:
    return next((der for der, one in among.items() if _issued(below, one)), None)


def _issued(below: x509.Certificate, above: x509.Certificate) -> bool:
    try:
        below.verify_directly_issued_by(above)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True
