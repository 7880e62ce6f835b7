"""A key in a PKCS#11 module, over Debian's SoftHSM: a backend as an installation would write it.

The session with the token is opened for each signature, so that one that was pulled out and put back
serves again. What the module says is turned into the two errors of ``Backend``: out of reach, which is
tried again, and a code that is refused or locked, which never is: each try would lock the token.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import PyKCS11
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from signatures import keys
from signatures.backends import REGISTRY, Brings, SigningCertificate, backend, certificate_in
from signatures.backends.demo import DemoBackend, demo
from signatures.errors import BackendUnavailable, KeyLocked, NoCertificate
from signatures.models import EnrolledKey
from tests import workers

CODE, PIN, WRONG = "hsm", "246810", "135790"
TOKEN = "contreseing"
LIBRARIES = ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so")
LIBRARY = next((path for path in LIBRARIES if Path(path).exists()), "")
LOCKED = {PyKCS11.CKR_PIN_LOCKED, PyKCS11.CKR_PIN_INCORRECT, PyKCS11.CKR_PIN_EXPIRED}


class TokenBackend:
    """Signs with P-256 in the token; the certificates are those that the demonstration's authority gave."""

    code = CODE
    label = "Module matériel (essai)"
    specimen = True
    proves = False
    brings: Brings = "value"

    def __init__(self) -> None:
        self.before_use: Callable[[], None] = lambda: None  # what a test does once the session is open
        self.login: Callable[[Any, str], None] = lambda session, pin: session.login(pin)

    def certificate_for(self, key: EnrolledKey) -> SigningCertificate:
        """Return the person's certificate, of which the token is not asked."""
        return certificate_in(key)

    def sign(self, key: EnrolledKey, signed_attributes: bytes, digest_algorithm: str) -> bytes:
        """Sign in the token; raises BackendUnavailable, KeyLocked, NoCertificate."""
        assert key.owner is not None
        digest, label = hashlib.new(digest_algorithm, signed_attributes).digest(), key.owner.get_username()
        library = PyKCS11.PyKCS11Lib()
        try:
            library.load(LIBRARY)
            session = library.openSession(_slot_of(library))
            self.login(session, os.environ["HSM_PIN"])
            wanted = [(PyKCS11.CKA_CLASS, PyKCS11.CKO_PRIVATE_KEY), (PyKCS11.CKA_LABEL, label)]
            keys = session.findObjects(wanted)
            if not keys:
                raise NoCertificate(label)
            self.before_use()
            return bytes(session.sign(keys[0], digest, PyKCS11.Mechanism(PyKCS11.CKM_ECDSA)))
        except PyKCS11.PyKCS11Error as error:
            raise (KeyLocked() if error.value in LOCKED else BackendUnavailable(str(error))) from error
        finally:
            library.unload()


def _slot_of(library: Any) -> int:
    slots = library.getSlotList(tokenPresent=True)
    found = [slot for slot in slots if library.getTokenInfo(slot).label.strip() == TOKEN]
    if not found:
        raise BackendUnavailable("CKR_TOKEN_NOT_PRESENT")
    return int(found[0])


def make_token(folder: Path, monkeypatch: Any, *people: Any) -> TokenBackend:
    """Make a token under ``folder`` with the keys of these people, and a backend that signs with it."""
    (folder / "tokens").mkdir()
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    monkeypatch.setenv("HSM_PIN", PIN)
    _softhsm("--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "12345678")
    for number, person in enumerate(people, 1):
        key = DemoBackend()._open(person).key
        pem = folder / f"{number}.pem"
        pem.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        _softhsm(
            *("--import", str(pem), "--token", TOKEN, "--pin", PIN),
            *("--label", person.get_username(), "--id", f"{number:02}"),
        )
        pem.unlink()
    monkeypatch.setitem(REGISTRY, CODE, "tests.signatures.hsm.TokenBackend")
    backend.cache_clear()
    made = backend(CODE)
    assert isinstance(made, TokenBackend)
    return made


def enrolled(person: Any) -> EnrolledKey:
    """Enrol the token's key of a person."""
    return keys.enrol(person, CODE, demo().held_by(person))


def _softhsm(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)


@contextmanager
def pulled(folder: Path) -> Iterator[None]:
    """Have the token be away meanwhile."""
    pull(folder)
    yield
    put_back(folder)


def pull(folder: Path) -> None:
    """Pull the token out."""
    shutil.move(folder / "tokens", folder / "away")
    (folder / "tokens").mkdir()


def put_back(folder: Path) -> None:
    """Put it back."""
    (folder / "tokens").rmdir()
    shutil.move(folder / "away", folder / "tokens")


def work(environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    """Be a worker that knows this backend."""
    REGISTRY[CODE] = "tests.signatures.hsm.TokenBackend"
    workers._manage(environment, arguments)
