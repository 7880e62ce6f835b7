"""The services that this installation may call: those of its settings, at the addresses these give."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from django.conf import settings

from signatures.csc.faults import UnknownService

Version = Literal["1", "2"]
Grant = Literal["code", "client"]


@dataclass(frozen=True)
class Service:
    """One remote signing service.

    ``url`` is what the methods are appended to (« https://…/csc/v1 »), ``oauth_url`` the same for
    ``/oauth2/…``. ``grant``: whether the person opens the account there (« code ») or the platform does
    with its own secret (« client »). ``details``: v2 says what is authorised by authorization_details
    (RFC 9396), else by parameters. ``asynchronous``: v2 answers later.
    """

    code: str
    name: str
    url: str
    oauth_url: str
    version: Version
    client_id: str
    client_secret: str = field(default="", repr=False)
    grant: Grant = "code"
    details: bool = True
    asynchronous: bool = False

    def __str__(self) -> str:
        return self.name


def services() -> list[Service]:
    """Return every service, in the order of the settings."""
    return [Service(**each) for each in settings.CSC_SERVICES]


def service(code: str) -> Service:
    """Return the service of this code; raises UnknownService when the settings no longer name it."""
    for each in services():
        if each.code == code:
            return each
    raise UnknownService(code)
