"""Where mail goes, from one address: ``smtp://user:password@host:587?tls=1``."""

from __future__ import annotations

import email
from dataclasses import dataclass, field
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TIMEOUT = 10  # seconds, for each answer of the server; config/transport.py bounds the whole
BETWEEN = b"\n" + b"-" * 79 + b"\n"  # what Django writes after each mail of a file
Transport = dict[str, Any]


@dataclass(frozen=True)
class Mailbox:
    """A folder of a mailbox that is read by IMAP over TLS (RFC 9051)."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str


def transport_from_url(url: str) -> Transport:
    """Return the arguments of Django's ``get_connection`` for an address.

    ``smtp://host:25`` in the clear, ``smtp://host:587?tls=1`` with STARTTLS, ``smtps://host:465``
    with TLS from the start, ``console:`` for the terminal, ``file:///folder`` for one file a mail.
    Raises ImproperlyConfigured.
    """
    parts = _parts("EMAIL_URL", url)
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return {
            "backend": "config.transport.FolderBackend",
            "file_path": unquote(parts.path),
        }
    if parts.scheme == "console":
        return {"backend": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL : écrivez smtp://hôte:port, smtps://hôte:port, console: ou file:///dossier."
        )
    implicit = parts.scheme == "smtps"
    return {
        "backend": "config.transport.BoundedBackend",
        "host": parts.hostname,
        "port": parts.port or (465 if implicit else 587),
        "username": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "use_ssl": implicit,
        "use_tls": parse_qs(parts.query).get("tls") == ["1"],
        "timeout": TIMEOUT,
    }


def mailbox_from_url(url: str) -> Mailbox | None:
    """Return the mailbox of ``imaps://user:password@host:993/folder`` (INBOX unless it says another).

    None for no address. Raises ImproperlyConfigured: a password never goes in the clear.
    """
    if not url:
        return None
    parts = _parts("BOUNCES_URL", url)
    if parts.scheme != "imaps" or not (parts.hostname and parts.username and parts.password):
        raise ImproperlyConfigured("BOUNCES_URL : écrivez imaps://compte:motdepasse@hôte:993/INBOX.")
    return Mailbox(
        parts.hostname,
        parts.port or 993,
        unquote(parts.username),
        unquote(parts.password),
        unquote(parts.path.strip("/")) or "INBOX",
    )


def _parts(name: str, url: str) -> SplitResult:
    """Return an address in its parts, its port a number; raises ImproperlyConfigured."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:  # its words quote what it read, which may be a password
        raise ImproperlyConfigured(
            f"{name} ne se lit pas : vérifiez l’hôte et le port, et écrivez en %XX les signes d’un mot de "
            "passe qui ne sont ni des lettres ni des chiffres."
        ) from None
    return parts


def return_address(address: str) -> str:
    """Return the address that mails come back to, checked; raises ImproperlyConfigured."""
    local, at, domain = address.partition("@")
    if address and not (local and at and domain and address.count("{}") <= 1 and "{" not in domain):
        raise ImproperlyConfigured("BOUNCES_ADDRESS : écrivez retours@domaine, ou retours+{}@domaine.")
    return address


def folder_url(state: Path) -> str:
    """Return the address of the folder where an installation to train on keeps its mails."""
    return f"file://{quote(str(state.resolve() / 'mail'))}"


def letters_in(folder: Path, newest: int | None = None) -> list[tuple[str, EmailMessage]]:
    """Return the mails of such a folder, oldest first, each with its name there (letters, digits, hyphens).

    ``newest`` is how many files are read at most.
    """
    found = []
    paths = sorted(folder.glob("*.log"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    for path in paths[-newest:] if newest else paths:
        for number, letter in enumerate(filter(None, path.read_bytes().split(BETWEEN))):
            message = email.message_from_bytes(letter, policy=policy.default)
            found.append((f"{path.stem}-{number}", message))
    return found


def in_folder(state: Path, to: str) -> list[str]:
    """Return the words of the mails to somebody that such a folder holds, oldest first."""
    return [words_of(message) for _name, message in letters_in(state / "mail") if message["To"] == to]


def words_of(message: EmailMessage) -> str:
    """Return the plain text of a mail."""
    words = message.get_body(("plain",))
    return str(words.get_content()) if words is not None else ""
