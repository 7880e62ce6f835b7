"""A card as a signatory holds it, over Debian's SoftHSM: keys, certificates, and another machine's token.

The certificates can be read without the code, as on the cards of agents.
"""

from __future__ import annotations

import os
import select
import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import PyKCS11
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from signatures.backends import SigningCertificate
from signatures.backends.demo import _load
from signatures.demo import pki
from tests.signatures.hsm import LIBRARY

PIN, WRONG = "246810", "135790"
TOKEN = "carte"
REMOTE = next((str(path) for path in Path("/usr/lib").glob("*/pkcs11/p11-kit-client.so")), "")
PEOPLE = {"p256": "prefete@carte.test", "rsa3072": "maire@carte.test"}


@dataclass(frozen=True)
class Key:
    """A key of a card and its certificate, with the chain that the authority gave."""

    algorithm: str
    email: str
    certificate: SigningCertificate


@dataclass
class Card:
    """A card in its folder, with its keys by algorithm; ``environment`` is what its module has to be told."""

    folder: Path
    keys: dict[str, Key]
    environment: dict[str, str]


def issued(algorithm: Any, email: str = "", name: str = "Hélène Marchand") -> tuple[Key, bytes]:
    """Return a key that the demonstration's authority certified, and its PEM."""
    email = email or PEOPLE[algorithm]
    path = pki.issue_person(email, name, "Préfecture de l’Orme", "Préfète", algorithm=algorithm)
    loaded = _load(path, 0)
    pem = loaded.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Key(algorithm, email, loaded.certificate), pem


def make(folder: Path, monkeypatch: Any, *keys: tuple[Key, bytes]) -> Card:
    """Make a card under ``folder`` that holds these keys, their certificates and that of the authority."""
    (folder / "tokens").mkdir(parents=True)
    configuration = folder / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(configuration))
    _softhsm("--init-token", "--free", "--label", TOKEN, "--pin", PIN, "--so-pin", "12345678")
    for number, (key, pem) in enumerate(keys, 1):
        path = folder / f"{number}.pem"
        path.write_bytes(pem)
        _softhsm(
            *("--import", str(path), "--token", TOKEN, "--pin", PIN),
            *("--label", key.email, "--id", f"{number:02}"),
        )
        path.unlink()
    within(lambda session: _write_certificates(session, [key for key, _pem in keys]), PIN)
    held = {key.algorithm: key for key, _pem in keys}
    return Card(folder, held, {"SOFTHSM2_CONF": str(configuration)})


def within(doing: Callable[[Any], None], pin: str = "") -> None:
    """Do something in a session with the token, logged in when there is a code."""
    library = PyKCS11.PyKCS11Lib()
    library.load(LIBRARY)
    try:
        slots = library.getSlotList(tokenPresent=True)
        slot = next(one for one in slots if library.getTokenInfo(one).label.strip() == TOKEN)
        session = library.openSession(slot, PyKCS11.CKF_RW_SESSION)
        if pin:
            session.login(pin)
        doing(session)
        session.closeSession()
    finally:
        library.unload()


def _write_certificates(session: Any, keys: list[Key]) -> None:
    written = [(bytes((number,)), key.certificate.certificate) for number, key in enumerate(keys, 1)]
    written.append((b"\xff", keys[0].certificate.chain[0]))
    for identifier, certificate in written:
        session.createObject(
            [
                (PyKCS11.CKA_CLASS, PyKCS11.CKO_CERTIFICATE),
                (PyKCS11.CKA_CERTIFICATE_TYPE, PyKCS11.CKC_X_509),
                (PyKCS11.CKA_TOKEN, True),
                (PyKCS11.CKA_PRIVATE, False),
                (PyKCS11.CKA_ID, identifier),
                (PyKCS11.CKA_SUBJECT, b"\x30\x00"),
                (PyKCS11.CKA_VALUE, certificate),
            ]
        )


def _softhsm(*arguments: str) -> None:
    subprocess.run(["softhsm2-util", *arguments], check=True, capture_output=True)


class Elsewhere:
    """The card in another machine's reader: ``p11-kit server``, which a test kills and starts again."""

    def __init__(self, card: Card) -> None:
        self.socket = card.folder / "p11.sock"
        self.environment = {"P11_KIT_SERVER_ADDRESS": f"unix:path={self.socket}"}
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Serve the token; returns once it can be asked."""
        self.socket.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            ["p11-kit", "server", "-f", "-s", "-p", LIBRARY, "-n", str(self.socket), f"pkcs11:token={TOKEN}"],
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        assert select.select([self._process.stdout], [], [], 10)[0], "it says its address once it listens"
        assert b"P11_KIT_SERVER_ADDRESS" in self._process.stdout.readline()

    def kill(self) -> None:
        """Kill it, and all that it does, without a word."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)  # a process a connection
            self._process.wait(10)
            assert self._process.stdout is not None
            self._process.stdout.close()
            self._process = None
