"""The push services: which ones may be written to, and how a message is encrypted, signed and handed over.

Encryption for the device: RFC 8291; who sends it: RFC 8292 (VAPID); the request: RFC 8030. The address comes
from a browser, so from anybody: its host must be one of ``PUSH_SERVICES``, what it resolves to must be public
(unless the host is one of ``PUSH_PRIVATE_SERVICES``), and the request goes to the address that was checked.
"""

from __future__ import annotations

import base64
import ipaddress
import json
import socket
import ssl
from email.utils import parseaddr
from urllib.parse import SplitResult, urlsplit

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.conf import settings
from django.utils.encoding import force_bytes
from py_vapid import Vapid02
from pywebpush import WebPusher

LONGEST = 1000  # characters of an address
PATIENCE = 10.0  # seconds
KEPT = 24 * 3600  # seconds for which the service keeps a message for a device that is off
TOPIC = "contreseing"  # of several that wait, the service keeps the last (RFC 8030, 5.4)
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of P-256 (SEC 2, 2.4.2)
POINT, SECRET = 65, 16  # octets of a device's public key and of its secret (RFC 8291, 3.1 and 3.2)


class Gone(Exception):
    """The service knows the device no more."""


class NotHandedOver(Exception):
    """The service did not take a message; says how, and nothing of the address."""


class Refused(Exception):
    """An address or keys that no push service of ours gives."""


def checked(endpoint: str, p256dh: str, auth: str) -> str:
    """Return the host of a subscription that may be kept; raises Refused."""
    host = _allowed(endpoint)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _octets(p256dh, POINT))
        _octets(auth, SECRET)
    except ValueError as error:
        raise Refused from error
    return host.hostname or ""


def _octets(text: str, length: int) -> bytes:
    found = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if len(found) != length:
        raise ValueError(length)
    return found


def _allowed(endpoint: str) -> SplitResult:
    """Return an address in its parts: https, of a host that is allowed, of its usual port or of one named."""
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError as error:
        raise Refused from error
    host = parts.hostname or ""
    named = host if port in {None, 443} else f"{host}:{port}"
    plain = endpoint.isascii() and endpoint.isprintable() and len(endpoint) <= LONGEST
    known = any(
        named == one or (one.startswith("*.") and named.endswith(one[1:])) for one in settings.PUSH_SERVICES
    )
    if not (plain and parts.scheme == "https" and known and "@" not in parts.netloc):
        raise Refused
    return parts


def _resolved(parts: SplitResult) -> str:
    """Return the address to write to; raises NotHandedOver for nobody's name, Refused for a private one."""
    host, port = parts.hostname or "", parts.port or 443
    try:
        found = [str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
    except OSError as error:
        raise NotHandedOver(type(error).__name__) from error
    if host not in settings.PUSH_PRIVATE_SERVICES and not all(
        ipaddress.ip_address(one).is_global for one in found
    ):
        raise Refused
    return found[0]


def key() -> ec.EllipticCurvePrivateKey:
    """Return the installation's key, drawn from ``SECRET_KEY``: nothing to make, to keep nor to give away."""
    derived = HKDF(hashes.SHA256(), 40, salt=None, info=b"contreseing.vapid")
    number = int.from_bytes(derived.derive(force_bytes(settings.SECRET_KEY)), "big")
    return ec.derive_private_key(number % (_ORDER - 1) + 1, ec.SECP256R1())


def public_key() -> str:
    """Return the key that a browser subscribes with, base64url."""
    point = key().public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def hand_over(subscription: dict[str, object], message: dict[str, str]) -> None:
    """Hand a message over to the service of a device; raises Gone, Refused or NotHandedOver."""
    endpoint = str(subscription["endpoint"])
    parts = _allowed(endpoint)
    address = _resolved(parts)
    said = json.dumps(message).encode()
    body = WebPusher(subscription).encode(said, content_encoding="aes128gcm")["body"]
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1]
    signed = Vapid02(key()).sign({"aud": f"https://{parts.netloc}", "sub": f"mailto:{sender}"})
    headers = {
        "Host": parts.netloc,
        "Content-Encoding": "aes128gcm",
        "Content-Type": "application/octet-stream",
        "TTL": str(KEPT),
        "Topic": TOPIC,
        "Urgency": "normal",
        "Authorization": signed["Authorization"],
    }
    url = httpx.URL(endpoint).copy_with(host=address)
    known = ssl.create_default_context(cafile=settings.PUSH_CA_FILE or None)
    try:
        with (
            httpx.Client(verify=known, trust_env=False, timeout=PATIENCE) as client,
            client.stream(
                "POST", url, content=body, headers=headers, extensions={"sni_hostname": parts.hostname}
            ) as answer,
        ):
            status = answer.status_code
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:  # or a redirection to no address
        raise NotHandedOver(type(error).__name__) from error
    if status in {403, 404, 410}:  # 403: subscribed with another key than ours now is
        raise Gone
    if not 200 <= status < 300:
        raise NotHandedOver(str(status))
