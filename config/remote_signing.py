"""The remote signing services of this installation, as the environment names them; none by default."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.environment import is_this_machine

Told = Callable[[str], str | None]


def services(told: Told) -> list[dict[str, Any]]:
    """Return ``CSC_SERVICES``: for each code, what ``CSC_<CODE>_…`` says; raises ImproperlyConfigured.

    Required: URL, CLIENT_ID. NAME is what people read; VERSION is 1 or 2; OAUTH_URL where the
    authorisation server is not at the root of URL; GRANT is « code » or « client ».
    """
    return [_service(code.strip(), told) for code in (told("CSC_SERVICES") or "").split(",") if code.strip()]


def _service(code: str, told: Told) -> dict[str, Any]:
    if not re.fullmatch(r"[a-z][a-z0-9]{0,29}", code):
        raise ImproperlyConfigured(f"CSC_SERVICES : « {code} » s’écrit en lettres minuscules et chiffres.")

    def given(name: str, default: str = "") -> str:
        return told(f"CSC_{code.upper()}_{name}") or default

    def among(name: str, *values: str) -> str:
        value = given(name, values[0])
        if value not in values:
            raise ImproperlyConfigured(
                f"CSC_{code.upper()}_{name} vaut « {value} » : écrivez {' ou '.join(values)}."
            )
        return value

    url, client_id = given("URL").rstrip("/"), given("CLIENT_ID")
    if not (url and client_id):
        raise ImproperlyConfigured(f"CSC_{code.upper()}_URL et CSC_{code.upper()}_CLIENT_ID sont à donner.")
    oauth_url = given("OAUTH_URL", "/".join(url.split("/")[:3])).rstrip("/")
    for address in (url, oauth_url):
        _refuse_clear(code, address)
    grant = among("GRANT", "code", "client")
    secret = given("CLIENT_SECRET")
    if grant == "client" and not secret:
        raise ImproperlyConfigured(
            f"CSC_{code.upper()}_GRANT=client demande CSC_{code.upper()}_CLIENT_SECRET."
        )
    return {
        "code": code,
        "name": given("NAME", code),
        "url": url,
        "oauth_url": oauth_url,
        "version": among("VERSION", "2", "1"),
        "client_id": client_id,
        "client_secret": secret,
        "grant": grant,
        "details": among("DETAILS", "1", "0") == "1",
        "asynchronous": among("ASYNCHRONOUS", "0", "1") == "1",
    }


def _refuse_clear(code: str, address: str) -> None:
    """Raise ImproperlyConfigured for an address that is not https, unless it is this machine."""
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    local = parts.scheme == "http" and is_this_machine(parts.hostname or "")
    if not ((parts.scheme == "https" and parts.hostname) or local) or parts.query or parts.fragment:
        raise ImproperlyConfigured(f"CSC_{code.upper()} : « {address} » doit être une adresse https.")


def origins(found: list[dict[str, Any]]) -> list[str]:
    """Return the origins where a person goes to authorise, for the policy that says where a form may lead."""
    return sorted({"/".join(each["oauth_url"].split("/")[:3]) for each in found})
