"""From which address a request really comes, and whether it came over TLS.

Only what a proxy named by ``TRUSTED_PROXIES`` wrote is believed; from anybody else the
headers that proxies write are thrown away before Django, or anything else, can read them.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Any

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
SECURE = {"http": "https", "ws": "wss"}


def networks(named: str) -> list[Network]:
    """Read ``10.1.2.3, 10.2.0.0/16``; raises ValueError naming what is neither address nor network."""
    return [ipaddress.ip_network(part.strip()) for part in named.split(",") if part.strip()]


def address(text: str) -> Address | None:
    """Read an address; an IPv4 one that is written as IPv6 is an IPv4 one; nothing for what is none."""
    try:
        found = ipaddress.ip_address(text.strip().strip("[]"))
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def is_among(peer: Address | None, trusted: Iterable[Network]) -> bool:
    """Whether the address is one of a proxy of ours."""
    return peer is not None and any(peer in network for network in trusted)


def believed(scope: dict[str, Any], trusted: list[Network]) -> dict[str, Any]:
    """Return the scope with its true client and scheme, and without what proxies write.

    The client is the rightmost address of ``X-Forwarded-For`` that is not a proxy of ours:
    whatever stands to its left was written by the client itself.
    """
    written: dict[bytes, list[bytes]] = {}
    kept = []
    for name, value in scope["headers"]:
        plain = name.lower().replace(b"_", b"-")  # Django reads both alike
        if plain.startswith(b"x-forwarded-") or plain in {b"forwarded", b"x-real-ip"}:
            written.setdefault(plain, []).append(value)
        else:
            kept.append((name, value))
    client = scope.get("client")
    peer = address(client[0]) if client else None
    told = {**scope, "headers": kept}
    if not is_among(peer, trusted):
        return told
    chain = b",".join(written.get(b"x-forwarded-for", [])).decode("latin-1").split(",")
    for text in reversed(chain):
        found = address(text)
        if found is None:
            break
        peer = found
        if not is_among(found, trusted):
            break
    told["client"] = (str(peer), 0)
    proto = b",".join(written.get(b"x-forwarded-proto", [])).rpartition(b",")[2].strip().lower()
    if proto in {b"https", b"wss"}:
        told["scheme"] = SECURE.get(scope.get("scheme", "http"), scope.get("scheme"))
    return told
