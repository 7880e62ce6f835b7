"""A rehearsal before anybody is asked to sign: a copy, signed in every place with keys that are thrown away.

By the very steps of a signature, with keys and certificates of the kinds and sizes of the real ones; no
time-stamp is asked for and nothing is kept. What comes out is judged by our own validation and, where it is
installed, by ``pdfsig`` (poppler). What would fail at the last signatory fails before the first.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import functools
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from django.utils import timezone
from django.utils.translation import gettext as _
from pyhanko.sign.fields import enumerate_sig_fields

from signatures import cms, pades, validation
from signatures.backends import SignatureAlgorithm, certificate_of
from signatures.errors import UnsignableDocument
from signatures.limited import Unavailable
from signatures.profiles import CONTRACT
from signatures.reading import Reader

PDFSIG_SECONDS = 30
NOT_REHEARSED = frozenset({"no_timestamp"})  # codes of what the rehearsal leaves out
_CURVES: dict[int, ec.EllipticCurve] = {256: ec.SECP256R1(), 384: ec.SECP384R1(), 521: ec.SECP521R1()}
_Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True)
class Place:
    """One place to sign: its field, what its stamp says, and the kind of key that is expected there."""

    field_name: str
    stamp_lines: tuple[str, ...]
    algorithm: SignatureAlgorithm = "ecdsa"
    key_bits: int = 256


class RehearsalFailed(Exception):
    """The document would not do once it is signed; the message, for the pilots, says why."""


def rehearse(document: bytes, places: Sequence[Place], *, specimen: bool) -> bytes:
    """Sign a copy in every place and judge it; return the copy, to be thrown away.

    ``specimen`` is whether the real signatures will be marked so. Blocks for about a second. Raises
    RehearsalFailed, or ``limited.Unavailable`` (the machine was too busy: try again).
    """
    root_key, root = _root()
    moment, expected, copy = timezone.now(), {}, document
    try:
        for rank, place in enumerate(places):
            leaf_key = _key(place.algorithm, place.key_bits)
            leaf = _certificate(place, leaf_key, root, root_key)
            chain = (root.public_bytes(Encoding.DER),)
            certificate = certificate_of(leaf.public_bytes(Encoding.DER), chain)
            prepared = asyncio.run(
                pades.prepare(
                    copy,
                    place.field_name,
                    certificate,
                    first=rank == 0,
                    last=rank == len(places) - 1,
                    stamp_lines=list(place.stamp_lines),
                    specimen=specimen,
                    moment=moment,
                )
            )
            value = _signed(leaf_key, prepared.attributes)
            whole = cms.assemble(certificate.certificate, chain, prepared.attributes, value, None)
            copy = pades.embed(prepared.document, prepared.as_json(), whole)
            expected[place.field_name] = certificate.serial
    except UnsignableDocument as error:
        raise RehearsalFailed(str(error)) from error
    _refuse_by_ours(copy, expected, root)
    _refuse_by_pdfsig(copy, len(places))
    return copy


def _refuse_by_ours(copy: bytes, expected: dict[str, str], root: x509.Certificate) -> None:
    left = [name for name, value, _ref in enumerate_sig_fields(Reader(copy)) if value is None]
    if left:
        raise RehearsalFailed(
            _("Le document a des champs de signature que personne ne signera : %(fields)s.")
            % {"fields": ", ".join(left)}
        )
    roots = [root.public_bytes(Encoding.PEM)]
    report = validation.validate(
        copy, trust_roots=roots, expected=expected, intermediate=True, profile=CONTRACT
    )
    found = [problem for problem in report.problems if problem.code not in NOT_REHEARSED]
    if any(problem.code in validation.UNFINISHED for problem in found):
        raise Unavailable
    if found:
        raise RehearsalFailed(
            _("La répétition de la signature n’est pas valide : %(reasons)s")
            % {"reasons": " ".join(problem.message for problem in found)}
        )


def is_pdfsig_asked() -> bool:
    """Tell whether poppler's own validation is asked too: it is where it is installed."""
    return shutil.which("pdfsig") is not None


def _refuse_by_pdfsig(copy: bytes, count: int) -> None:
    """Ask poppler too, where it is installed: it counts as many good signatures as there are places."""
    program = shutil.which("pdfsig")
    if program is None:
        return
    with tempfile.NamedTemporaryFile(suffix=".pdf") as file:
        file.write(copy)
        file.flush()
        try:
            said = subprocess.run(  # noqa: S603  (our own file, and a program of the system)
                [program, "-nocert", file.name],
                capture_output=True,
                text=True,
                timeout=PDFSIG_SECONDS,
                check=False,
                env={"LC_ALL": "C"},
            ).stdout
        except subprocess.TimeoutExpired as error:
            raise Unavailable from error
    if said.count("Signature is Valid") != count:
        raise RehearsalFailed(_("La répétition de la signature n’est pas valide pour pdfsig (poppler)."))


@functools.cache
def _key(algorithm: SignatureAlgorithm, bits: int) -> _Key:
    """Return a key that no person holds; an RSA one takes a second to make, so one a process serves."""
    if algorithm == "rsa":
        return rsa.generate_private_key(65537, bits)
    return ec.generate_private_key(_CURVES.get(bits, ec.SECP256R1()))


def _signed(key: _Key, attributes: bytes) -> bytes:
    if isinstance(key, rsa.RSAPrivateKey):
        return key.sign(attributes, padding.PKCS1v15(), hashes.SHA256())
    return key.sign(attributes, ec.ECDSA(hashes.SHA256()))


def _root() -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Répétition, racine jetable")
    made = _builder(name, name, key.public_key())
    made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return key, made.sign(key, hashes.SHA256())


def _certificate(
    place: Place, key: _Key, root: x509.Certificate, root_key: ec.EllipticCurvePrivateKey
) -> x509.Certificate:
    name = _name(f"Répétition, {place.field_name}")
    encrypting = ("key_encipherment", "data_encipherment", "encipher_only", "decipher_only", "key_agreement")
    usage = dict.fromkeys((*encrypting, "digital_signature", "key_cert_sign", "crl_sign"), False)
    made = _builder(name, root.subject, key.public_key())
    made = made.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    made = made.add_extension(x509.KeyUsage(content_commitment=True, **usage), critical=True)
    return made.sign(root_key, hashes.SHA256())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
) -> x509.CertificateBuilder:
    now = timezone.now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )
