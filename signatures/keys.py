"""Enrolling the means of signing of a person: whose certificate it is, when it may serve, until when.

All run inside the caller's transaction, or one of their own. Who may confirm a name that differs is
the caller's to know (``workflow.keys``).
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from cryptography import x509
from cryptography.x509.oid import NameOID, ObjectIdentifier
from django.conf import settings as installation
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from signatures import signals
from signatures.backends import SigningCertificate, backend
from signatures.backends.demo import demo
from signatures.errors import CertificateNotInForce, NoCertificate
from signatures.key_errors import (
    CertificateTaken,
    KeyNotUsable,
    NotForSigning,
    NotInAPersonsPlace,
    SpecimenNotAllowed,
)
from signatures.levels import Found, level_of
from signatures.levels import Level as Known
from signatures.means import beside
from signatures.models import EnrolledKey, Level
from signatures.plain import visible

_SUBJECT = {
    "common_name": NameOID.COMMON_NAME,
    "given_name": NameOID.GIVEN_NAME,
    "surname": NameOID.SURNAME,
    "organisation": NameOID.ORGANIZATION_NAME,
    "title": NameOID.TITLE,
}
_CIVILITIES = {"m", "mr", "mme", "mlle", "monsieur", "madame"}  # some authorities write them in the name
_SHORT_NAME = 200  # characters of a subject that are kept


@transaction.atomic
def enrol(
    owner: AbstractBaseUser | None,
    means: str,
    certificate: SigningCertificate,
    *,
    names: Iterable[str] = (),
    settings: dict[str, Any] | None = None,
) -> EnrolledKey:
    """Enrol a key and return its row; enrolled again by the same person, as it was, it is the same row.

    ``names`` are the person's given names and family name, as their account says them: where the
    certificate bears others, the key waits to be confirmed. ``settings`` are public; where they differ from
    those of before, the former row ends. ``owner`` None: an organisation's seal. Raises UnknownBackend,
    SpecimenNotAllowed, CertificateNotInForce, NotForSigning or CertificateTaken.
    """
    found, now = backend(means), timezone.now()
    if found.specimen and not installation.DEMONSTRATION:
        raise SpecimenNotAllowed
    if not certificate.not_before <= now <= certificate.not_after:
        raise CertificateNotInForce(certificate.not_before, certificate.not_after)
    parsed = x509.load_der_x509_certificate(certificate.certificate)
    if not _may_sign(parsed):
        raise NotForSigning
    fingerprint = certificate.fingerprint
    _lock(fingerprint)
    others = EnrolledKey.objects.filter(fingerprint=fingerprint, ended_at=None)
    whose = Q(owner=owner) if owner else Q(owner__isnull=True)
    if others.exclude(whose).filter(confirmed_at__isnull=False).exists():
        raise CertificateTaken
    if already := others.filter(whose, means=means).first():
        if already.settings == (settings or {}):
            return already
        end(already, _("Enregistré de nouveau, avec d’autres réglages."))
    subject = subject_of(parsed)
    differences = _differences(subject, list(names)) if owner and not found.specimen else []
    known = Found(Known.SPECIMEN)
    if not found.specimen:
        known = level_of(certificate.certificate, certificate.chain, now)
    holder: Any = owner
    made = EnrolledKey.objects.create(
        owner=holder,
        means=means,
        certificate=certificate.certificate,
        chain=[base64.b64encode(other).decode() for other in certificate.chain],
        fingerprint=fingerprint,
        subject=subject,
        settings=settings or {},
        level=Level(known.level),
        level_basis=known.basis,
        level_at=now,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        differences=differences,
        confirmed_at=None if differences else now,
        confirmed_by=None if differences else holder,
    )
    _tell_change(made)
    return made


def enrol_specimen(user: AbstractBaseUser) -> EnrolledKey:
    """Enrol the demonstration's key of this person, in place of a former one; raises NoCertificate."""
    certificate = demo().held_by(user)
    whose: Any = user
    former = EnrolledKey.objects.filter(owner=whose, means="demo", ended_at=None)
    former.exclude(fingerprint=certificate.fingerprint).update(
        ended_at=timezone.now(), ended_why=_("Remplacé par un autre certificat de démonstration.")
    )
    return enrol(user, "demo", certificate)


def facts_now(key: EnrolledKey) -> dict[str, str]:
    """Return the level of a key and its basis by the lists of now (``levels.Found.as_facts``); keep them."""
    if key.level == Level.SPECIMEN:
        return {"level": Level.SPECIMEN.value, **key.level_basis}
    now = timezone.now()
    found = level_of(bytes(key.certificate), [base64.b64decode(one) for one in key.chain], now)
    key.level, key.level_basis, key.level_at = Level(found.level), found.basis, now
    key.save(update_fields=["level", "level_basis", "level_at"])
    return found.as_facts()


def renew_levels() -> None:
    """Have every key in force bear the level that the lists of now give it."""
    for key in EnrolledKey.objects.filter(ended_at=None).exclude(level=Level.SPECIMEN):
        facts_now(key)


def of(user: AbstractBaseUser) -> list[EnrolledKey]:
    """Return the keys that this person may sign with now, the last used first.

    Each brings, as ``proofs``, what :class:`signatures.means.Held` asks of that person.
    """
    now = timezone.now()
    whose: Any = user
    rows = EnrolledKey.objects.filter(
        owner=whose, ended_at=None, confirmed_at__isnull=False, not_before__lte=now, not_after__gte=now
    )
    if not installation.DEMONSTRATION:
        rows = rows.exclude(level=Level.SPECIMEN)
    held: list[EnrolledKey] = []
    for key in rows.annotate(beside=beside("owner")):
        key.owner, key.proofs = whose, key.beside
        held.append(key)
    return held


def all_of(user: AbstractBaseUser) -> list[EnrolledKey]:
    """Return every key that this person enrolled and did not withdraw, those that wait and ended included."""
    whose: Any = user
    return list(EnrolledKey.objects.filter(owner=whose, ended_at=None))


def one_of(
    user: AbstractBaseUser, key_id: int | str | None, held: list[EnrolledKey] | None = None
) -> EnrolledKey:
    """Return the key that this person chose, the last used for none; ``held`` is what :func:`of` gave.

    Raises NoCertificate (they have none) or KeyNotUsable.
    """
    held = of(user) if held is None else held
    if not held and not EnrolledKey.objects.filter(owner_id=user.pk).exists():
        raise NoCertificate(user.get_username())
    if key_id in (None, ""):
        if not held:
            raise _why_none(user)
        return held[0]
    for key in held:
        if str(key.pk) == str(key_id):
            return key
    raise KeyNotUsable


def usable(key: EnrolledKey, user: AbstractBaseUser) -> SigningCertificate:
    """Return the certificate that this key signs with, if it is this person's and may serve now.

    Raises KeyNotUsable, NotInAPersonsPlace, SpecimenNotAllowed, NoCertificate or CertificateNotInForce.
    """
    if key.owner_id is None:
        raise NotInAPersonsPlace
    if key.owner_id != user.pk or key.ended_at is not None or not key.is_confirmed:
        raise KeyNotUsable
    found = backend(key.means)
    if found.specimen and not installation.DEMONSTRATION:
        raise SpecimenNotAllowed
    certificate = found.certificate_for(key)
    if certificate.certificate != bytes(key.certificate):
        raise KeyNotUsable
    if not certificate.not_before <= timezone.now() <= certificate.not_after:
        raise CertificateNotInForce(certificate.not_before, certificate.not_after)
    return certificate


@transaction.atomic
def confirm(key: EnrolledKey, by: AbstractBaseUser, why: str) -> bool:
    """Have somebody else than its owner accept that its name differs; False when it no longer waits.

    Raises KeyNotUsable, or CertificateTaken.
    """
    if key.owner_id is None or key.owner_id == by.pk:
        raise KeyNotUsable(_("Un écart de nom est accepté par une autre personne que le titulaire."))
    who: Any = by
    _lock(key.fingerprint)
    theirs = EnrolledKey.objects.filter(
        fingerprint=key.fingerprint, ended_at=None, confirmed_at__isnull=False
    )
    if theirs.exclude(owner_id=key.owner_id).exists():
        raise CertificateTaken
    waiting = EnrolledKey.objects.filter(pk=key.pk, confirmed_at=None, ended_at=None)
    confirmed = bool(waiting.update(confirmed_at=timezone.now(), confirmed_by=who, confirmed_why=why))
    if confirmed:
        _tell_change(key)
    return confirmed


@transaction.atomic
def end(key: EnrolledKey, why: str) -> bool:
    """Withdraw a key: it signs no more, and its row stays. False when it had ended."""
    ended = EnrolledKey.objects.filter(pk=key.pk, ended_at=None)
    has_ended = bool(ended.update(ended_at=timezone.now(), ended_why=why or _("Retiré.")))
    if has_ended:
        _tell_change(key)
    return has_ended


def subject_of(certificate: x509.Certificate) -> dict[str, str]:
    """Return what a certificate says of whom it names, and who issued it, made harmless."""
    found = {name: _named(certificate.subject, oid) for name, oid in _SUBJECT.items()}
    issuer = _named(certificate.issuer, NameOID.COMMON_NAME)
    organisation = _named(certificate.issuer, NameOID.ORGANIZATION_NAME)
    found["issuer"] = issuer or organisation
    found["serial"] = f"{certificate.serial_number:x}"
    return found


def _named(name: x509.Name, oid: ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return visible(str(found[0].value))[:_SHORT_NAME] if found else ""


def _may_sign(certificate: x509.Certificate) -> bool:
    """Tell whether its usages let it sign documents (RFC 5280 § 4.2.1.3, EN 319 412-2 § 4.3.2)."""
    extensions = certificate.extensions
    try:
        if extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
    except x509.ExtensionNotFound:
        pass
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return False
    return bool(usage.content_commitment)


def _differences(subject: dict[str, str], names: list[str]) -> list[dict[str, str]]:
    """Compare the person that a certificate names with the person of the account, word by word.

    Order, case, accents, hyphens and civilities do not count. One that names nobody is a difference.
    """
    account = " ".join(names)
    named = f"{subject['given_name']} {subject['surname']}".strip() or subject["common_name"]
    if _words(account) and _words(named) == _words(account):
        return []
    return [{"field": "name", "account": account, "certificate": named}]


def _words(name: str) -> set[str]:
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return {word for word in re.split(r"\W+", plain.casefold()) if word} - _CIVILITIES


def _tell_change(key: EnrolledKey) -> None:
    """Tell, in the transaction that makes it true, that a person's keys are no longer what they were."""
    if key.owner_id is not None:
        signals.keys_changed.send(EnrolledKey, owner_id=key.owner_id)


def _why_none(user: AbstractBaseUser) -> KeyNotUsable | CertificateNotInForce | NoCertificate:
    """Say why none of a person's keys may serve: the last one that they enrolled tells."""
    whose: Any = user
    last = EnrolledKey.objects.filter(owner=whose, ended_at=None).order_by("-enrolled_at").first()
    if last is None:
        return NoCertificate(user.get_username())
    if not last.is_confirmed:
        return KeyNotUsable(
            _(
                "Votre certificat ne porte pas le nom de votre compte : qui administre votre organisation, "
                "à défaut l’administration de la plateforme, doit d’abord l’accepter."
            )
        )
    return CertificateNotInForce(last.not_before, last.not_after)


def _lock(fingerprint: str) -> None:
    """Have two enrolments of one certificate come one after the other, whoever asks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"key:{fingerprint}"])
