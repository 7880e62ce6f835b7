"""A mailbox read by IMAP over TLS: Dovecot, on a port and in a folder of the test's own."""

from __future__ import annotations

import datetime as dt
import getpass
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from config.run import free_port

PROGRAM = shutil.which("dovecot") or "/usr/sbin/dovecot"
NOBODY = 65534  # whose mail it is where root runs the tests: Dovecot serves no mail of root
PASSWORD = "celui des retours"  # noqa: S105 (of this server alone)
_CONFIGURATION = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
{users}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:{folder}/Maildir
mail_uid = {uid}
mail_gid = {gid}
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass
class Mailbox:
    """Its address for the settings, the certificate that vouches for it, and where its mail lies."""

    url: str
    authority: Path
    maildir: Path

    def deliver(self, message: bytes) -> None:
        """Put a message in it, as a mail server does."""
        name = f"{time.time_ns()}.test"
        (self.maildir / "tmp" / name).write_bytes(message)
        (self.maildir / "tmp" / name).rename(self.maildir / "new" / name)

    def unread(self) -> int:
        """Return how many messages nobody has read."""
        read = [path for path in (self.maildir / "cur").iterdir() if "S" in path.name.rpartition(",")[2]]
        every = [*(self.maildir / "cur").iterdir(), *(self.maildir / "new").iterdir()]
        return len(every) - len(read)


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Run the server in a folder of its own, which its processes of other users may enter; end it."""
    with tempfile.TemporaryDirectory(prefix="imap-") as folder:
        Path(folder).chmod(0o755)
        with _served(Path(folder)) as found:
            yield found


@contextmanager
def _served(folder: Path) -> Iterator[Mailbox]:
    _certificate(folder)
    for name in ("run", "state", "Maildir/new", "Maildir/cur", "Maildir/tmp"):
        (folder / name).mkdir(parents=True)
    uid, gid = (NOBODY, NOBODY) if os.getuid() == 0 else (os.getuid(), os.getgid())
    for path in (folder / "Maildir", *(folder / "Maildir").iterdir()):
        os.chown(path, uid, gid)
    port = free_port()
    configuration = folder / "dovecot.conf"
    configuration.write_text(
        _CONFIGURATION.format(
            folder=folder,
            port=port,
            users="" if os.getuid() == 0 else _own_users(),
            uid=uid,
            gid=gid,
            password=PASSWORD.replace(" ", "_"),
        )
    )
    process = subprocess.Popen([PROGRAM, "-F", "-c", str(configuration)])
    try:
        _until_it_answers(port, process)
        password = PASSWORD.replace(" ", "_")
        yield Mailbox(
            f"imaps://retours:{password}@localhost:{port}/INBOX", folder / "cert.pem", folder / "Maildir"
        )
    finally:
        process.terminate()
        process.wait(timeout=20)


def _own_users() -> str:
    """Have every process be of whoever runs the tests; for root, the package made users."""
    group = subprocess.run(["id", "-gn"], check=True, capture_output=True, text=True).stdout.strip()
    me = getpass.getuser()
    return f"default_internal_user = {me}\ndefault_internal_group = {group}\ndefault_login_user = {me}"


def _until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None and time.monotonic() < until, "the mailbox does not answer"
            time.sleep(0.05)
        else:
            return


def _certificate(folder: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )


def trust(authority: Path) -> dict[str, str]:
    """Return the environment in which this certificate is believed (OpenSSL's own variable)."""
    return {ssl.get_default_verify_paths().openssl_cafile_env: str(authority)}
