"""The conversation with the program that signs with a card (``companion/``): codes, sessions, values.

A code is of one person, for one signature or one enrolment, for ten minutes, and serves once. It is
exchanged for a session, which alone the other calls give. Nothing of either is kept but hashes.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from signatures import actions, blobs, signals
from signatures.backends import SigningCertificate
from signatures.card_models import CardSession
from signatures.cms import normalised_value
from signatures.errors import SignatureError
from signatures.models import EnrolledKey, SignatureRequest
from signatures.reading import Reader

LASTS = dt.timedelta(minutes=10)
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: none is taken for another
LENGTH = 12  # of 32 letters: 60 bits, for ten minutes
DOMAIN = "contreseing-sign/1 proof of possession, no document is signed"
Why = CardSession.Why


class CodeRefused(SignatureError):
    """The code is unknown, has served, or is too old."""

    code = "card_code_refused"

    def __init__(self, why: str = "") -> None:
        super().__init__(
            why
            or _("Ce code ne vaut pas, ou plus : demandez-en un nouveau sur la page, et tapez-le en entier.")
        )


class SessionOver(SignatureError):
    """What the program gives is not a session that is open."""

    code = "card_session_over"

    def __init__(self) -> None:
        super().__init__(_("Cette session est terminée : reprenez depuis la page, avec un nouveau code."))


@dataclass(frozen=True)
class Offered:
    """What the program fetches and checks: the prepared PDF, and what of it was read on the page."""

    document: bytes
    sha256: str
    read_size: int
    read_sha256: str
    pages: int


@transaction.atomic
def ask(user: AbstractBaseUser, request: SignatureRequest | None = None) -> CardSession:
    """Give this person a code, for this signature or (None) for an enrolment; a former one serves no more."""
    now, whose = timezone.now(), _rows(user, request)
    whose.filter(ended_at=None, received_at=None).update(ended_at=now, ended_why=Why.REPLACED)
    seed = secrets.token_hex(32)
    who: Any = user
    return CardSession.objects.create(
        user=who,
        request=request,
        seed=seed,
        code_hash=_hash(_code(seed)),
        nonce=secrets.token_hex(32),
        asked_at=now,
        expires_at=now + LASTS,
    )


def last_of(user: AbstractBaseUser, request: SignatureRequest | None = None) -> CardSession | None:
    """Return the last conversation of this person about this signature, or about an enrolment."""
    found: CardSession | None = _rows(user, request).order_by("-pk").first()
    return found


def code_of(session: CardSession) -> str:
    """Return the code in groups of four, as the page shows it; nothing once it has served."""
    if not session.is_awaited:
        return ""
    code = _code(session.seed)
    return "-".join(code[start : start + 4] for start in range(0, LENGTH, 4))


def link_of(session: CardSession) -> str:
    """Return the link that starts the program; nothing once its code has served."""
    code = code_of(session).replace("-", "")
    return f"contreseing-sign:{_site()}/{code}" if code else ""


def open_session(code: str) -> tuple[CardSession, str]:
    """Exchange a code, once, for a session (43 characters); raises CodeRefused."""
    now = timezone.now()
    with transaction.atomic():
        rows = CardSession.objects.select_for_update(of=("self",)).select_related("request", "user")
        session = rows.filter(code_hash=_hash(code)).first()
        if session is None or (session.is_over and session.opened_at is None):
            raise CodeRefused
        if session.opened_at is not None:
            raise CodeRefused(
                _("Ce code a déjà servi. Si ce n’est pas par vous, demandez-en un nouveau sur la page.")
            )
        if not session.user.is_active or not _still_wanted(session):
            raise CodeRefused(_("Cette signature n’est plus attendue : rechargez la page du site."))
        token = secrets.token_urlsafe(32)
        session.session_hash, session.opened_at, session.expires_at = _hash(token), now, _until(session, now)
        session.save(update_fields=["session_hash", "opened_at", "expires_at"])
        _tell(session)
    return session, token


def by_token(token: str) -> CardSession:
    """Return the conversation that is open under this session; raises SessionOver."""
    rows = CardSession.objects.select_related("request__slot__envelope", "user")
    session = rows.filter(session_hash=_hash(token)).first() if token else None
    if session is None or session.ended_at is not None or session.expires_at <= timezone.now():
        raise SessionOver
    return session


def offered(session: CardSession) -> Offered:
    """Return the document that the program is to check; raises SessionOver where none is awaited."""
    request = session.request
    if request is None or not _still_wanted(session):
        raise SessionOver
    read, prepared = blobs.get(request.document_sha256), blobs.get(request.prepared_sha256)
    pages = int(Reader(read).root["/Pages"]["/Count"])
    return Offered(prepared, request.prepared_sha256, len(read), request.document_sha256, pages)


@transaction.atomic
def note(session: CardSession, state: str, why: str = "") -> None:
    """Write down how far the program is, and tell the page; what is not known is left out."""
    now = timezone.now()
    states: dict[str, dict[str, object]] = {
        "fetched": {"fetched_at": now},
        "pin": {"pin_at": now, "missing_at": None},
        "waiting": {"missing_at": now},
        "stopped": {"ended_at": now, "ended_why": why if why in Why.values else Why.CLOSED},
    }
    changed = states.get(state, {})
    rows = CardSession.objects.filter(pk=session.pk, ended_at=None, received_at=None)
    if changed and rows.update(**changed):
        session.refresh_from_db()
        _tell(session)


@transaction.atomic
def take_value(session: CardSession, value: bytes) -> None:
    """Hand in what the card made; the same one again is taken for what it is.

    Raises SessionOver, and as :func:`signatures.actions.supply_signature` does.
    """
    held = CardSession.objects.select_for_update(of=("self",)).get(pk=session.pk)
    given = hashlib.sha256(value).hexdigest()
    if held.received_at is not None and held.value_hash == given:
        return
    if session.request is None or held.received_at is not None:
        raise SessionOver
    actions.supply_signature(session.request, session.user, value)
    CardSession.objects.filter(pk=held.pk).update(received_at=timezone.now(), value_hash=given)


def challenge(session: CardSession, certificate: bytes) -> bytes:
    """Return what a key signs to prove that it is there: a text, which no document's attributes can be.

    Those are a SET OF, whose first octet is 0x31. The program writes the same by itself.
    """
    fingerprint = hashlib.sha256(certificate).hexdigest()
    lines = (DOMAIN, f"site {_site()}", f"nonce {session.nonce}", f"certificate {fingerprint}")
    return "\n".join((*lines, "")).encode("ascii")


def check_proof(session: CardSession, certificate: SigningCertificate, proof: bytes) -> None:
    """Check that whoever holds the card is there; raises SessionOver or WrongSignatureValue."""
    if session.request is not None or session.received_at is not None:
        raise SessionOver
    normalised_value(certificate.certificate, challenge(session, certificate.certificate), proof)


def enrolled(session: CardSession, key: EnrolledKey) -> None:
    """Write down which key an enrolment gave; raises SessionOver where it already gave one."""
    rows = CardSession.objects.filter(pk=session.pk, ended_at=None, received_at=None)
    if not rows.update(received_at=timezone.now(), key=key):
        raise SessionOver


def _rows(user: AbstractBaseUser, request: SignatureRequest | None) -> Any:
    return CardSession.objects.filter(user_id=user.pk, request=request)


def _still_wanted(session: CardSession) -> bool:
    return session.request is None or session.request.is_awaited


def _until(session: CardSession, now: dt.datetime) -> dt.datetime:
    """Return until when a session lasts: ten minutes, and never beyond the signature that waits."""
    until = now + LASTS
    awaited = session.request.awaited_until if session.request else None
    return min(until, awaited) if awaited else until


def _site() -> str:
    """Return this installation's origin as the program writes it: lower case, without the usual port."""
    address: str = settings.PUBLIC_URL.lower()
    return address.removesuffix(":443") if address.startswith("https:") else address.removesuffix(":80")


def _tell(session: CardSession) -> None:
    """Have open pages show it."""
    if session.request is not None:
        signals.signature_progressed.send(SignatureRequest, request=session.request)


def _code(seed: str) -> str:
    digest = salted_hmac("contreseing.card", seed, algorithm="sha256").digest()
    number = int.from_bytes(digest, "big")
    letters = []
    for _place in range(LENGTH):
        number, letter = divmod(number, len(ALPHABET))
        letters.append(ALPHABET[letter])
    return "".join(letters)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
