"""Make the demonstration's keys and certificates (RFC 5280, EN 319 412-2 in shape)."""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import tempfile
import unicodedata
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import (
    AuthorityInformationAccessOID,
    ExtendedKeyUsageOID,
    NameOID,
    ObjectIdentifier,
)
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext as _

Algorithm = Literal["p256", "p384", "rsa3072", "rsa4096"]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
Extensions = list[tuple[x509.ExtensionType, bool]]

# An arc drawn from a UUID (X.667): certificates that carry it have no legal value.
DEMO_POLICY = "2.25.205431137519427813347806210964732651137"
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
ORGANISATION = "SPÉCIMEN Contreseing, démonstration sans valeur juridique"
JOINED = {"Mn", "Me", "Mc", "Cf"}  # what stands with the character before: accents, joiners, selectors
KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)


class PkiMoved(ImproperlyConfigured):
    """The certificates name another address than the one that the services now have."""

    def __init__(self, made_for: str, now_at: str) -> None:
        super().__init__(
            _(
                "Les certificats de démonstration désignent %(old)s mais PKI_URL vaut %(new)s : "
                "rétablissez PKI_URL, ou supprimez le dossier « pki » pour les refaire."
            )
            % {"old": made_for, "new": now_at}
        )
        self.made_for, self.now_at = made_for, now_at


def ensure() -> Path:
    """Make the authorities unless they exist; return the root certificate's path (PEM).

    Safe when several processes call it at once. Raises PkiMoved.
    """
    root = _folder() / "root.cert.pem"
    with _locked():
        if not root.exists():
            _make_authorities()
        made_for = (_folder() / "base-url").read_text(encoding="utf-8")
        if made_for != settings.PKI_URL:
            raise PkiMoved(made_for, settings.PKI_URL)
    return root


def person_path(user_identifier: str) -> Path:
    """Return where the PKCS#12 file of this person is, or would be."""
    name = hashlib.sha256(user_identifier.casefold().encode()).hexdigest()[:32]
    return _folder() / "persons" / f"{name}.p12"


def issue_person(
    user_identifier: str,
    common_name: str,
    organisation: str,
    title: str,
    *,
    algorithm: Algorithm = "p256",
    starts: dt.datetime | None = None,
    days: int = 730,
) -> Path:
    """Give this person a key and a signing certificate unless they have one.

    Returns the PKCS#12 file (mode 0600, under ``settings.PKI_PASSPHRASE``).
    """
    ensure()
    target = person_path(user_identifier)
    with _locked():
        if target.exists():
            return target
        key = _new_key(algorithm)
        issuing, issuing_key = load_authority("issuing")
        certificate = _build(
            _name(
                common_name,
                organisation=organisation,
                title=title,
                serial=f"SPECIMEN-{target.stem[:16].upper()}",
            ),
            key.public_key(),
            issuing.subject,
            issuing_key,
            _person_extensions(),
            starts=starts or _now(),
            days=days,
        )
        _write(_folder() / "issued" / f"{certificate.serial_number:x}.cert.pem", _pem(certificate), 0o644)
        data = pkcs12.serialize_key_and_certificates(
            common_name.encode(), key, certificate, [issuing, load_certificate("root")], _encryption()
        )
        _write(target, data, 0o600)
    return target


def revoke(serial: int) -> None:
    """Declare the certificate with this serial number revoked from now on."""
    with _locked():
        revoked = read_revoked()
        revoked.setdefault(serial, _now())
        lines = {f"{number:x}": when.isoformat() for number, when in revoked.items()}
        _write(_folder() / "revoked.json", json.dumps(lines, indent=1).encode(), 0o644)


def is_revoked(serial: int) -> bool:
    """Tell whether ``revoke`` was called for this serial number."""
    return serial in read_revoked()


def read_revoked() -> dict[int, dt.datetime]:
    """Return the revoked serial numbers and when each was revoked (UTC)."""
    try:
        text = (_folder() / "revoked.json").read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    return {int(number, 16): dt.datetime.fromisoformat(when) for number, when in json.loads(text).items()}


def issued(serial: int) -> bool:
    """Tell whether the issuing authority signed a certificate with this serial number."""
    services = {load_certificate(name).serial_number for name in ("ocsp", "tsa")}
    return serial in services or (_folder() / "issued" / f"{serial:x}.cert.pem").exists()


def load_certificate(name: str) -> x509.Certificate:
    """Return the certificate of ``root``, ``issuing``, ``ocsp`` or ``tsa``."""
    return x509.load_pem_x509_certificate((_folder() / f"{name}.cert.pem").read_bytes())


def load_authority(name: str) -> tuple[x509.Certificate, PrivateKey]:
    """Return the certificate and the private key of ``root``, ``issuing``, ``ocsp`` or ``tsa``."""
    pem = (_folder() / f"{name}.key.pem").read_bytes()
    # made here: to prove again that the numbers of an RSA key are prime took a tenth of a second each time
    key = serialization.load_pem_private_key(
        pem, settings.PKI_PASSPHRASE.encode(), unsafe_skip_rsa_key_validation=True
    )
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise TypeError(f"{name}.key.pem is neither EC nor RSA")
    return load_certificate(name), key


def _make_authorities() -> None:
    now = _now()
    keys: dict[str, PrivateKey] = {
        "root": _new_key("rsa3072"),
        "issuing": _new_key("rsa3072"),
        "ocsp": _new_key("p256"),
        "tsa": _new_key("rsa3072"),
    }
    names = {
        "root": _name("SPÉCIMEN Contreseing, racine"),
        "issuing": _name("SPÉCIMEN Contreseing, autorité de certification"),
        "ocsp": _name("SPÉCIMEN Contreseing, répondeur OCSP"),
        "tsa": _name("SPÉCIMEN Contreseing, horodatage"),
    }
    shapes: dict[str, tuple[str, int, Extensions]] = {
        "root": ("root", 7300, _authority_extensions(None)),
        "issuing": ("root", 5475, _authority_extensions(0)),
        "ocsp": ("issuing", 3650, _ocsp_extensions()),
        "tsa": ("issuing", 3650, _tsa_extensions()),
    }
    _write(_folder() / "base-url", settings.PKI_URL.encode(), 0o644)
    for name in ("issuing", "ocsp", "tsa", "root"):  # the root last: it says that all is there
        issuer, days, extensions = shapes[name]
        if issuer != name:
            extensions = [
                *extensions,
                (x509.AuthorityKeyIdentifier.from_issuer_public_key(keys[issuer].public_key()), False),
            ]
        certificate = _build(
            names[name],
            keys[name].public_key(),
            names[issuer],
            keys[issuer],
            extensions,
            starts=now,
            days=days,
            identified=True,
        )
        private = keys[name].private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, _encryption()
        )
        _write(_folder() / f"{name}.key.pem", private, 0o600)
        _write(_folder() / f"{name}.cert.pem", _pem(certificate), 0o644)


def _build(
    subject: x509.Name,
    public_key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    issuer: x509.Name,
    issuer_key: PrivateKey,
    extensions: Extensions,
    *,
    starts: dt.datetime,
    days: int,
    identified: bool = False,
) -> x509.Certificate:
    begin = starts - dt.timedelta(minutes=5)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False)
    )
    if not identified:
        authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
        builder = builder.add_extension(authority, critical=False)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(issuer_key, hashes.SHA256())


def _authority_extensions(path_length: int | None) -> Extensions:
    extensions: Extensions = [
        (x509.BasicConstraints(ca=True, path_length=path_length), True),
        (_key_usage("key_cert_sign", "crl_sign"), True),
    ]
    if path_length is not None:  # the root's own revocation has nobody to say it
        extensions += [
            (_distribution("root"), False),
            (_access("root", ocsp=False), False),
            (_policies("2.5.29.32.0"), False),
        ]
    return extensions


def _ocsp_extensions() -> Extensions:
    return [
        (_key_usage("digital_signature"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False),
        (x509.OCSPNoCheck(), False),
    ]


def _tsa_extensions() -> Extensions:
    return [
        (_key_usage("digital_signature"), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True),
        (_distribution("issuing"), False),
        (_access("issuing"), False),
        (_policies(DEMO_POLICY), False),
    ]


def _person_extensions() -> Extensions:
    return [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (_key_usage("content_commitment"), True),
        (x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), False),
        (_distribution("issuing"), False),
        (_access("issuing"), False),
        (_policies(DEMO_POLICY), False),
    ]


def _name(
    common_name: str, *, organisation: str = ORGANISATION, title: str = "", serial: str = ""
) -> x509.Name:
    attributes = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, _whole(organisation)),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "SPÉCIMEN, démonstration"),
    ]
    if title:
        attributes.append(x509.NameAttribute(NameOID.TITLE, _whole(title)))
    if serial:
        attributes.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial[:64]))
    attributes.append(x509.NameAttribute(NameOID.COMMON_NAME, _whole(common_name, _octets)))
    return x509.Name(attributes)


def _octets(text: str) -> int:
    """Return the length that the library counts for a common name."""
    return len(text.encode())


def _whole(text: str, length: Callable[[str], int] = len) -> str:
    """Return what an attribute of a name may hold (X.520: 64), cut before an accented letter, never in it."""
    text = unicodedata.normalize("NFC", text)
    while length(text) > 64:
        end = len(text) - 1
        while end and (unicodedata.category(text[end]) in JOINED or text[end - 1] == "\u200d"):
            end -= 1
        text = text[:end]
    return text.rstrip()


def _key_usage(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in wanted for usage in KEY_USAGES})


def _distribution(authority: str) -> x509.CRLDistributionPoints:
    point = x509.UniformResourceIdentifier(f"{settings.PKI_URL}/crl/{authority}.crl")
    return x509.CRLDistributionPoints([x509.DistributionPoint([point], None, None, None)])


def _access(authority: str, *, ocsp: bool = True) -> x509.AuthorityInformationAccess:
    issuers = x509.UniformResourceIdentifier(f"{settings.PKI_URL}/ca/{authority}.cer")
    access = [x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, issuers)]
    if ocsp:
        responder = x509.UniformResourceIdentifier(f"{settings.PKI_URL}/ocsp")
        access.append(x509.AccessDescription(AuthorityInformationAccessOID.OCSP, responder))
    return x509.AuthorityInformationAccess(access)


def _policies(oid: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier(oid), None)])


def _new_key(algorithm: Algorithm) -> PrivateKey:
    if algorithm == "p256":
        return ec.generate_private_key(ec.SECP256R1())
    if algorithm == "p384":
        return ec.generate_private_key(ec.SECP384R1())
    return rsa.generate_private_key(65537, 4096 if algorithm == "rsa4096" else 3072)


def _encryption() -> serialization.KeySerializationEncryption:
    return serialization.BestAvailableEncryption(settings.PKI_PASSPHRASE.encode())


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


def _folder() -> Path:
    return Path(settings.PKI_DIR)


def _write(path: Path, data: bytes, mode: int) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(name, mode)
    os.replace(name, path)


@contextmanager
def _locked() -> Iterator[None]:
    """Let one process at a time make or change files here."""
    _folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    with (_folder() / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
