"""A key in a hardware module (PKCS#11 v2.40), used by a process for as long as its token is there.

One session a process, opened after any fork: a session that a child inherits is its parent's. A token
that is away is a BackendUnavailable, tried again; a PIN that is refused is never sent twice by one
process, since each try brings the token nearer to its lock.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import PyKCS11
from django.conf import settings

from signatures.errors import BackendUnavailable, KeyLocked, NoCertificate

PIN_FAULTS = {
    PyKCS11.CKR_PIN_INCORRECT,
    PyKCS11.CKR_PIN_INVALID,
    PyKCS11.CKR_PIN_LEN_RANGE,
    PyKCS11.CKR_PIN_LOCKED,
    PyKCS11.CKR_PIN_EXPIRED,
}
SHA256_INFO = bytes.fromhex("3031300d060960864801650304020105000420")  # DigestInfo (RFC 8017 § 9.2, note 1)


@dataclass(frozen=True)
class Place:
    """Where a key is: the module (a library), the token and the key by their labels, the PIN."""

    module: str
    token: str
    key: str
    pin: str = field(repr=False)


def place(public: Mapping[str, str]) -> Place:
    """Return where these settings say that a key is; its PIN comes from the environment alone."""
    return Place(public["module"], public["token"], public["key"], settings.SEAL["pin_secret"])


@dataclass
class _Open:
    library: Any
    session: Any
    process: int


_lock = threading.Lock()
_open: dict[tuple[str, str], _Open] = {}
_refused: set[bytes] = set()


def sign(place: Place, attributes: bytes) -> bytes:
    """Return the value of the key over SHA-256 of ``attributes``: r‖s, or a PKCS#1 v1.5 block.

    A raw RSA key given a bare hash « succeeds », and is wrong: it is given the DigestInfo. Raises
    BackendUnavailable, KeyLocked or NoCertificate.
    """
    digest = hashlib.sha256(attributes).digest()

    def use(session: Any) -> bytes:
        key = _only(session, place, PyKCS11.CKO_PRIVATE_KEY)
        kind = session.getAttributeValue(key, [PyKCS11.CKA_KEY_TYPE])[0]
        if kind == PyKCS11.CKK_RSA:
            return bytes(session.sign(key, SHA256_INFO + digest, PyKCS11.Mechanism(PyKCS11.CKM_RSA_PKCS)))
        return bytes(session.sign(key, digest, PyKCS11.Mechanism(PyKCS11.CKM_ECDSA)))

    return _with(place, use)


def certificate(place: Place) -> bytes:
    """Return the certificate (DER) that the token keeps under the key's label; raises as :func:`sign`."""

    def read(session: Any) -> bytes:
        found = _only(session, place, PyKCS11.CKO_CERTIFICATE)
        return bytes(session.getAttributeValue(found, [PyKCS11.CKA_VALUE])[0])

    return _with(place, read)


def forget() -> None:
    """Close every session of this process, and let a refused PIN be tried again."""
    with _lock:
        for each in list(_open):
            _close(each)
        _refused.clear()


def _with(place: Place, use: Callable[[Any], bytes]) -> bytes:
    """Use the session of this process, opened anew once where the token was away meanwhile."""
    where = (place.module, place.token)
    with _lock:
        kept = _open.get(where)
        if kept is not None and kept.process == os.getpid():
            try:
                return use(kept.session)
            except (PyKCS11.PyKCS11Error, NoCertificate):  # a token that was pulled out shows no key
                _close(where)
        try:
            return use(_session(place))
        except (PyKCS11.PyKCS11Error, NoCertificate) as error:
            _close(where)
            if isinstance(error, NoCertificate):
                raise
            raise _meant(place, error) from error


def _session(place: Place) -> Any:
    where = (place.module, place.token)
    _open.pop(where, None)  # a parent's: not ours to close
    if _mark(place) in _refused:
        raise KeyLocked
    library = PyKCS11.PyKCS11Lib()
    library.load(place.module)
    try:
        session = library.openSession(_slot(library, place.token))
        try:
            session.login(place.pin)
        except PyKCS11.PyKCS11Error as error:
            if error.value != PyKCS11.CKR_USER_ALREADY_LOGGED_IN:  # by another session of this process
                raise
    except BaseException:
        library.unload()  # it would show the tokens of that moment for as long as it stays
        raise
    _open[where] = _Open(library, session, os.getpid())
    return session


def _slot(library: Any, label: str) -> int:
    for slot in library.getSlotList(tokenPresent=True):
        if library.getTokenInfo(slot).label.strip() == label:
            return int(slot)
    raise BackendUnavailable("CKR_TOKEN_NOT_PRESENT")


def _only(session: Any, place: Place, kind: int) -> Any:
    found = session.findObjects([(PyKCS11.CKA_CLASS, kind), (PyKCS11.CKA_LABEL, place.key)])
    if not found:
        raise NoCertificate(place.key)
    return found[0]


def _close(where: tuple[str, str]) -> None:
    kept = _open.pop(where, None)
    if kept is not None and kept.process == os.getpid():
        kept.library.unload()


def _meant(place: Place, error: Any) -> KeyLocked | BackendUnavailable:
    if error.value in PIN_FAULTS:
        _refused.add(_mark(place))
        return KeyLocked()
    return BackendUnavailable(str(error))


def _mark(place: Place) -> bytes:
    """Return what tells a PIN apart without being it."""
    return hashlib.scrypt(place.pin.encode(), salt=f"{place.module}\0{place.token}".encode(), n=16, r=8, p=1)
