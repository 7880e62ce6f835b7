"""A certificate in a few words: whose, by whom, until when, and for what."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from cryptography import x509
from cryptography.x509.oid import NameOID

from contreseing_sign.words import harmless

MOST_ISSUERS = 8  # as many as the site takes


def described(certificate: bytes) -> str:
    """Return « name, organisation, issued by, in force until » of a DER certificate."""
    parsed = x509.load_der_x509_certificate(certificate)
    subject, issuer = parsed.subject, parsed.issuer
    names = [_first(subject, NameOID.COMMON_NAME), _first(subject, NameOID.ORGANIZATION_NAME)]
    by = _first(issuer, NameOID.COMMON_NAME) or _first(issuer, NameOID.ORGANIZATION_NAME)
    until = parsed.not_valid_after_utc.astimezone()
    ended = parsed.not_valid_after_utc < dt.datetime.now(dt.UTC)
    return ", ".join(
        [
            *(harmless(name, 80) for name in names if name),
            f"délivré par {harmless(by, 80)}",
            f"expiré depuis le {until:%d/%m/%Y}" if ended else f"valable jusqu’au {until:%d/%m/%Y}",
            *(["pour l’authentification seulement"] if not signs(certificate) else []),
        ]
    )


def is_authority(certificate: bytes) -> bool:
    """Tell whether this is the certificate of an authority, not of a person."""
    try:
        parsed = x509.load_der_x509_certificate(certificate)
        return parsed.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def issuers(certificate: bytes, authorities: Iterable[bytes]) -> list[bytes]:
    """Return the authorities above a certificate, by name, the issuer first: a card may hold others."""
    left = {der: x509.load_der_x509_certificate(der) for der in authorities}
    found: list[bytes] = []
    below = x509.load_der_x509_certificate(certificate)
    while len(found) < MOST_ISSUERS:
        above = next((der for der, one in left.items() if one.subject == below.issuer), None)
        if above is None:
            break
        found.append(above)
        below = left.pop(above)
    return found


def signs(certificate: bytes) -> bool:
    """Tell whether the authority meant it to sign documents (content commitment, EN 319 412-2 § 4.3.2)."""
    parsed = x509.load_der_x509_certificate(certificate)
    try:
        usage = parsed.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.content_commitment


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""
