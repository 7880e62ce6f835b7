"""The address of the test's database, for the processes that a test starts."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.db import connection


def database_address() -> str:
    """Return the test database as DATABASE_URL names it to pages and worker: the runtime role's."""
    return address_as(settings.DATABASE_RUNTIME["USER"], settings.DATABASE_RUNTIME["PASSWORD"])


def owner_address() -> str:
    """Return the test database as DATABASE_OWNER_URL names it."""
    return address_as(connection.settings_dict["USER"], connection.settings_dict["PASSWORD"])


def address_as(user: str, password: str) -> str:
    """Return the test database's address for somebody."""
    server = connection.settings_dict
    host, name = str(server["HOST"] or ""), server["NAME"]
    who = f"{quote(user, safe='')}:{quote(password, safe='')}"
    if host.startswith("/"):  # the embedded server listens on a socket
        return f"postgresql://{who}@/{name}?host={quote(host, safe='')}"
    return f"postgresql://{who}@{host}:{server['PORT'] or 5432}/{name}"
