"""Where mail goes, from one address: ``smtp://user:password@host:587?tls=1``."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TIMEOUT = 10  # seconds, for each answer of the server; config/transport.py bounds the whole
Transport = dict[str, Any]


def transport_from_url(url: str) -> Transport:
    """Return the arguments of Django's ``get_connection`` for an address.

    ``smtp://host:25`` in the clear, ``smtp://host:587?tls=1`` with STARTTLS, ``smtps://host:465``
    with TLS from the start, ``console:`` for the terminal. Raises ImproperlyConfigured.
    """
    parts = urlsplit(url)
    if parts.scheme == "console":
        return {"backend": "django.core.mail.backends.console.EmailBackend"}
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured("EMAIL_URL : écrivez smtp://hôte:port, smtps://hôte:port ou console:.")
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
