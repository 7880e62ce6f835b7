"""A list brought from its publisher: from a host of the settings, over https, so many bytes, in so much time.

The address of a national list is written in the list of the lists: content, like that of an uploaded file.
Its host must be one of ``TRUSTED_LIST_HOSTS``, what that resolves to must be public (unless it is one of
``TRUSTED_LIST_PRIVATE_HOSTS``), the request goes to the address that was checked, and a redirection is
followed under the same rules.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterable
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx
from django.conf import settings

from signatures.lists import keeping, standing
from signatures.lists.asking import MAX_BYTES
from signatures.lists.models import LOTL, ListTrial
from signatures.lists.refusals import ListRefused

LONGEST = 500  # characters of an address
PATIENCE = 10.0  # seconds for one answer to begin, or go on
ALL_SECONDS = 60.0
HOPS = 3
_ACCEPTED = "application/vnd.etsi.tsl+xml, */*"


def refresh() -> Iterable[ListTrial]:
    """Fetch the list of the lists, then those of our territories; yield what became of each.

    Raises ``limited.Unavailable`` (try again) and NoTrustRoot.
    """
    yield _refreshed(LOTL, settings.LOTL_URL)
    kept = standing.latest()
    for territory in standing.territories():
        url = standing.pointer(kept, territory).get("url", "")
        yield _refreshed(territory, url)


def _refreshed(territory: str, url: str) -> ListTrial:
    try:
        if not url:
            raise ListRefused("not_named", territory=territory)
        xml = fetched(url)
    except ListRefused as refused:
        return keeping.refuse(territory, url, refused)
    return keeping.keep(xml, url, territory, bring=fetched)


def fetched(url: str) -> bytes:
    """Return what is published at an address; raises ListRefused."""
    until = time.monotonic() + ALL_SECONDS
    try:
        with httpx.Client(verify=_known(), trust_env=False, timeout=PATIENCE) as client:
            for _hop in range(HOPS + 1):
                parts = _allowed(url)
                body, location = _asked(client, url, parts, until)
                if body is not None:
                    return body
                url = urljoin(url, location)
    # the two in the middle: a redirection to no address
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
        raise ListRefused("unreachable", detail=type(error).__name__) from error
    raise ListRefused("redirected")


def _asked(client: httpx.Client, url: str, parts: SplitResult, until: float) -> tuple[bytes | None, str]:
    """Ask once: the body, or None and where it is instead."""
    target = httpx.URL(url).copy_with(host=_resolved(parts))
    headers = {"Host": parts.netloc, "Accept-Encoding": "identity", "Accept": _ACCEPTED}
    with client.stream("GET", target, headers=headers, extensions={"sni_hostname": parts.hostname}) as answer:
        if answer.has_redirect_location:
            return None, answer.headers["Location"]
        if answer.status_code != 200:
            raise ListRefused("unreachable", detail=str(answer.status_code))
        body = bytearray()
        for chunk in answer.iter_raw():
            body += chunk
            if len(body) > MAX_BYTES:
                raise ListRefused("too_large")
            if time.monotonic() > until:
                raise ListRefused("unreachable", detail="Timeout")
        return bytes(body), ""


def _known() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.TRUSTED_LIST_CA_FILE or None)


def _allowed(url: str) -> SplitResult:
    """Return an address in its parts: https, of a host that is allowed, of its usual port or of one named."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ListRefused("not_allowed") from error
    host = parts.hostname or ""
    named = host if port in {None, 443} else f"{host}:{port}"
    plain = url.isascii() and url.isprintable() and len(url) <= LONGEST
    if (
        not plain
        or parts.scheme != "https"
        or named not in settings.TRUSTED_LIST_HOSTS
        or "@" in parts.netloc
    ):
        raise ListRefused("not_allowed", host=named[:100])
    return parts


def _resolved(parts: SplitResult) -> str:
    host, port = parts.hostname or "", parts.port or 443
    found = [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    is_ours = host in settings.TRUSTED_LIST_PRIVATE_HOSTS
    if not is_ours and not all(ipaddress.ip_address(one).is_global for one in found):
        raise ListRefused("private", host=host[:100])
    return found[0]
