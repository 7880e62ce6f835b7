"""The address of the test's database, for the processes that a test starts."""

from __future__ import annotations

from django.db import connection


def database_address() -> str:
    """Return the test database as DATABASE_URL names it."""
    parameters = connection.get_connection_params()
    user, secret = parameters.get("user") or "", parameters.get("password") or ""
    host, port = str(parameters.get("host") or ""), parameters.get("port") or 5432
    if host.startswith("/"):  # the embedded server listens on a socket
        return f"postgresql://{user}:{secret}@/{parameters['dbname']}?host={host}"
    return f"postgresql://{user}:{secret}@{host}:{port}/{parameters['dbname']}"
