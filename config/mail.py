"""Where mail goes, from one address: ``smtp://user:password@host:587?tls=1``."""

from __future__ import annotations

import email
from email import policy
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TIMEOUT = 10  # seconds, for each answer of the server; config/transport.py bounds the whole
BETWEEN = b"\n" + b"-" * 79 + b"\n"  # what Django writes after each mail of a file
Transport = dict[str, Any]


def transport_from_url(url: str) -> Transport:
    """Return the arguments of Django's ``get_connection`` for an address.

    ``smtp://host:25`` in the clear, ``smtp://host:587?tls=1`` with STARTTLS, ``smtps://host:465``
    with TLS from the start, ``console:`` for the terminal, ``file:///folder`` for one file a mail.
    Raises ImproperlyConfigured.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return {
            "backend": "django.core.mail.backends.filebased.EmailBackend",
            "file_path": unquote(parts.path),
        }
    if parts.scheme == "console":
        return {"backend": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(
            "EMAIL_URL : écrivez smtp://hôte:port, smtps://hôte:port, console: ou file:///dossier."
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


def folder_url(state: Path) -> str:
    """Return the address of the folder where an installation to train on keeps its mails."""
    return f"file://{quote(str(state.resolve() / 'mail'))}"


def in_folder(state: Path, to: str) -> list[str]:
    """Return the words of the mails to somebody that such a folder holds, oldest first."""
    found = []
    for path in sorted((state / "mail").glob("*.log"), key=lambda path: path.stat().st_mtime_ns):
        for letter in filter(None, path.read_bytes().split(BETWEEN)):
            message = email.message_from_bytes(letter, policy=policy.default)
            if message["To"] == to:
                words = message.get_body(("plain",))
                found.append(str(words.get_content()) if words is not None else "")
    return found
