"""The card, by PKCS#11 (OASIS, version 2.40): certificates without a code, a signature with it.

The code goes to ``C_Login`` and nowhere else. Each signature opens the module anew, so that a card pulled
out and put back serves again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import PyKCS11
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

# DigestInfo of a SHA-256 (RFC 8017 § 9.2, note 1): raw RSA wants it, and gives nonsense without.
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")
SALT = 32
NOT_BY_THIS_KEY = {PyKCS11.CKR_MECHANISM_INVALID, PyKCS11.CKR_KEY_FUNCTION_NOT_PERMITTED}
REFUSED = {PyKCS11.CKR_PIN_INCORRECT, PyKCS11.CKR_PIN_INVALID, PyKCS11.CKR_PIN_LEN_RANGE}


class CardError(Exception):
    """What the card or its module does not do."""


class CardGone(CardError):
    """The card, its reader or its module does not answer (any more)."""


class WrongPin(CardError):
    """The code is refused."""


class PinLocked(CardError):
    """The code is locked, or has to be changed with the tool of the card first."""


class Cancelled(CardError):
    """The person gave up on the reader's own keys."""


class WrongValue(CardError):
    """The card gave a value that does not verify: it is never sent."""


@dataclass(frozen=True)
class Held:
    """A certificate on a card: ``certificate`` is DER, ``key`` the CKA_ID that its private key has too."""

    certificate: bytes
    key: bytes
    slot: int
    token: str

    @property
    def fingerprint(self) -> str:
        """Return the SHA-256 of the certificate, in hexadecimal."""
        return hashlib.sha256(self.certificate).hexdigest()


@dataclass(frozen=True)
class PinState:
    """What the card says of its code before it is asked (PKCS#11 § 3.2, CK_TOKEN_INFO)."""

    locked: bool
    last_try: bool
    tries_gone: bool
    to_be_changed: bool
    on_the_reader: bool


@contextmanager
def _said() -> Iterator[None]:
    """Turn what the module says into the errors of this file."""
    try:
        yield
    except PyKCS11.PyKCS11Error as error:
        if error.value in REFUSED:
            raise WrongPin(str(error)) from None
        if error.value in {PyKCS11.CKR_PIN_LOCKED, PyKCS11.CKR_PIN_EXPIRED}:
            raise PinLocked(str(error)) from None
        if error.value in {PyKCS11.CKR_FUNCTION_CANCELED, PyKCS11.CKR_CANCEL}:
            raise Cancelled(str(error)) from None
        raise CardGone(str(error)) from None


class Module:
    """An opened module; to be closed."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._library = PyKCS11.PyKCS11Lib()

    def __enter__(self) -> Module:
        with _said():
            self._library.load(self.path)
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(PyKCS11.PyKCS11Error):
            self._library.unload()

    def certificates(self) -> list[Held]:
        """Return what certificates its cards hold, read without a code; raises CardGone."""
        with _said():
            return [held for slot in self._library.getSlotList(tokenPresent=True) for held in self._on(slot)]

    def _on(self, slot: int) -> list[Held]:
        try:
            label = str(self._library.getTokenInfo(slot).label).strip(" \0")
            session = self._library.openSession(slot)
        except PyKCS11.PyKCS11Error:  # a reader whose card is not initialised keeps none of the others away
            return []
        try:
            template = [(PyKCS11.CKA_CLASS, PyKCS11.CKO_CERTIFICATE)]
            return [
                Held(bytes(value), bytes(key or b""), slot, label)
                for found in session.findObjects(template)
                for value, key in [_attributes(session, found, PyKCS11.CKA_VALUE, PyKCS11.CKA_ID)]
                if value
            ]
        finally:
            session.closeSession()

    def pin_state(self, held: Held) -> PinState:
        """Return what the card says of its code now; raises CardGone."""
        with _said():
            flags = self._library.getTokenInfo(held.slot).flags
        return PinState(
            locked=bool(flags & PyKCS11.CKF_USER_PIN_LOCKED),
            last_try=bool(flags & PyKCS11.CKF_USER_PIN_FINAL_TRY),
            tries_gone=bool(flags & PyKCS11.CKF_USER_PIN_COUNT_LOW),
            to_be_changed=bool(flags & PyKCS11.CKF_USER_PIN_TO_BE_CHANGED),
            on_the_reader=bool(flags & PyKCS11.CKF_PROTECTED_AUTHENTICATION_PATH),
        )

    def sign(self, held: Held, data: bytes, pin: str | None, entered: Callable[[], None]) -> bytes:
        """Sign ``data`` with SHA-256 by the key of ``held``, and return the value once it is verified.

        ``pin`` None lets the reader ask for it. ``entered`` is called once the code is accepted, before the
        key serves. The value is an ECDSA-Sig-Value, PKCS#1 v1.5 or PSS. Raises the errors of this file.
        """
        with _said():
            session = self._library.openSession(held.slot)
            try:
                code = None if pin is None else pin.encode()
                _log_in(session, code, PyKCS11.CKU_USER)
                entered()
                key = _private_key(session, held)
                value = self._value(session, held, key, data, code)
            finally:
                with suppress(PyKCS11.PyKCS11Error):
                    session.logout()
                with suppress(PyKCS11.PyKCS11Error):
                    session.closeSession()
        return verified(held.certificate, data, value)

    def _value(self, session: Any, held: Held, key: Any, data: bytes, code: bytes | None) -> bytes:
        offered = {
            PyKCS11.CKM.get(name, name) if isinstance(name, str) else name
            for name in self._library.getMechanismList(held.slot)
        }
        (always,) = _attributes(session, key, PyKCS11.CKA_ALWAYS_AUTHENTICATE)
        signed = _begun(session, key, ways(held.certificate, data, offered))
        if always:  # a key that wants the code for each signature: the one that was just accepted
            _log_in(session, code, PyKCS11.CKU_CONTEXT_SPECIFIC)
        value = PyKCS11.ckbytelist()
        octets = PyKCS11.ckbytelist(signed)
        _succeed(session.lib.C_Sign(session.session, octets, value))  # how long it will be
        _succeed(session.lib.C_Sign(session.session, octets, value))
        return bytes(value)


def ways(certificate: bytes, data: bytes, offered: set[int]) -> list[tuple[int, bytes]]:
    """Return by which mechanisms a card that offers these may sign, and what each is given; raises CardGone.

    SHA-256 is computed here where the card takes it so; else the card computes it.
    """
    digest = hashlib.sha256(data).digest()
    public = x509.load_der_x509_certificate(certificate).public_key()
    known: list[tuple[int, bytes]] = []
    if isinstance(public, ec.EllipticCurvePublicKey):
        known = [(PyKCS11.CKM_ECDSA, digest), (PyKCS11.CKM_ECDSA_SHA256, data)]
    elif isinstance(public, rsa.RSAPublicKey):
        known = [
            (PyKCS11.CKM_RSA_PKCS, SHA256_INFO + digest),
            (PyKCS11.CKM_SHA256_RSA_PKCS, data),
            (PyKCS11.CKM_SHA256_RSA_PKCS_PSS, data),
        ]
    suited = [(number, signed) for number, signed in known if number in offered]
    if not suited:
        raise CardGone("no mechanism that suits this key")
    return suited


def _begun(session: Any, key: Any, suited: list[tuple[int, bytes]]) -> bytes:
    """Begin a signature by the first mechanism that this key takes; returns what it is to be given."""
    for number, signed in suited:
        mechanism = _mechanism(number)  # kept until the call is over: it owns the parameters that C reads
        answer = session.lib.C_SignInit(session.session, mechanism.to_native(), key)
        if answer == PyKCS11.CKR_OK:
            return signed
        if answer not in NOT_BY_THIS_KEY:
            break
    raise PyKCS11.PyKCS11Error(answer)


def verified(certificate: bytes, data: bytes, value: bytes) -> bytes:
    """Return the value as CMS wants it, once it verifies over ``data``; raises WrongValue."""
    public = x509.load_der_x509_certificate(certificate).public_key()
    if isinstance(public, ec.EllipticCurvePublicKey):
        half = (public.key_size + 7) // 8
        if len(value) == 2 * half:
            numbers = (int.from_bytes(value[:half], "big"), int.from_bytes(value[half:], "big"))
            value = utils.encode_dss_signature(*numbers)
        with suppress(InvalidSignature):
            public.verify(value, data, ec.ECDSA(hashes.SHA256()))
            return value
    elif isinstance(public, rsa.RSAPublicKey):
        pss = padding.PSS(padding.MGF1(hashes.SHA256()), SALT)
        for how in (padding.PKCS1v15(), pss):
            with suppress(InvalidSignature):
                public.verify(value, data, how, hashes.SHA256())
                return value
    raise WrongValue


def _mechanism(number: int) -> Any:
    if number == PyKCS11.CKM_SHA256_RSA_PKCS_PSS:
        return PyKCS11.RSA_PSS_Mechanism(number, PyKCS11.CKM_SHA256, PyKCS11.CKG_MGF1_SHA256, SALT)
    return PyKCS11.Mechanism(number, None)


def _log_in(session: Any, code: bytes | None, who: int) -> None:
    try:
        session.login(code, who)
    except PyKCS11.PyKCS11Error as error:
        if error.value != PyKCS11.CKR_USER_ALREADY_LOGGED_IN:
            raise


def _private_key(session: Any, held: Held) -> Any:
    template = [(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY), (PyKCS11.CKA_ID, held.key)]
    found = session.findObjects(template)
    if not found:
        raise CardGone("no private key for this certificate")
    return found[0]


def _attributes(session: Any, found: Any, *names: int) -> list[Any]:
    values: list[Any] = session.getAttributeValue_fragmented(found, list(names))
    return values


def _succeed(answer: int) -> None:
    if answer != PyKCS11.CKR_OK:
        raise PyKCS11.PyKCS11Error(answer)
