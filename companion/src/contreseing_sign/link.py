"""The link of the page: a site and a one-time code, nothing else.

``contreseing-sign:https://site.example/7K3MQ2XV9TFA``. The code may be typed by hand: twelve characters of
Crockford's alphabet (no I, L, O, U), grouped or not, in any case.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from contreseing_sign.refusals import BadLink

SCHEME = "contreseing-sign"
CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{12}")
READ_AS = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None, "\u00a0": None})
LONGEST = 400  # characters of a link


@dataclass(frozen=True)
class Link:
    """Where to ask, and by which code; ``origin`` is « https://host[:port] », without a slash at its end."""

    origin: str
    code: str


def read(text: str) -> Link:
    """Read a link; raises BadLink."""
    scheme, separator, rest = text.strip().partition(":")
    if scheme.lower() != SCHEME or not separator or len(text) > LONGEST:
        raise BadLink(
            "Ce lien n’est pas un lien de signature : relancez la signature depuis la page du site."
        )
    address, _slash, code = rest.rpartition("/")
    return Link(origin_of(address), code_of(code))


def code_of(typed: str) -> str:
    """Return the twelve characters of a code as typed; raises BadLink."""
    code = typed.strip().upper().translate(READ_AS)
    if not CODE.fullmatch(code):
        raise BadLink(
            "Ce code n’a pas la bonne forme : recopiez les douze caractères affichés sur la page du site."
        )
    return code


def origin_of(address: str) -> str:
    """Return « https://host[:port] » of the address of a site; raises BadLink.

    The host is in its ASCII form, so that letters which only look alike are seen. Plain HTTP is for this
    very machine alone.
    """
    refusal = BadLink(f"« {address[:80]!a} » n’est pas l’adresse d’un site sûr : il faut https://.")
    if re.search(r"[\x00-\x20\x7f\\?#]", address):
        raise refusal
    try:
        parts = urlsplit(address)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        raise refusal from None
    more = parts.path not in {"", "/"} or parts.query or parts.fragment or "@" in parts.netloc
    if more or not host or not re.fullmatch(r"[a-z0-9.:-]+", host):
        raise refusal
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise refusal
    shown = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{shown}" + (f":{port}" if port not in {None, usual} else "")


def is_loopback(host: str) -> bool:
    """Tell whether ``host`` is this very machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
