"""What the program asks of the site: version 1 of the protocol, JSON over HTTPS.

The code is exchanged once for a session; the session then serves for this request alone, until it ends.
No redirection is followed, no other server is spoken to, and no answer is read beyond its size.
"""

from __future__ import annotations

import base64
import binascii
import json
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any, Protocol
from urllib.parse import urlsplit

import truststore

from contreseing_sign import __version__
from contreseing_sign.link import Link, is_loopback
from contreseing_sign.refusals import Mismatch, SiteAway, SiteRefused
from contreseing_sign.words import harmless

VERSION = 1
BELOW = "/carte/v1"
WAIT = 30  # seconds for each read
LONGEST = 180  # seconds for a whole answer
LARGEST_ANSWER = 512 * 1024  # octets of JSON
LARGEST_DOCUMENT = 150 * 1024 * 1024  # octets
PIECE = 64 * 1024
PASSING = {429, 502, 503, 504}  # asked too often, or a proxy before a site that starts again


class _Answer(Protocol):
    def read(self, amount: int, /) -> bytes: ...


@dataclass
class Site:
    """A conversation with one site about one request."""

    origin: str
    session: str = ""
    opened: dict[str, Any] = field(default_factory=dict)
    ends_at: float = 0.0  # of time.monotonic

    @classmethod
    def by(cls, link: Link) -> Site:
        """Use the code of ``link``, which serves once; raises SiteRefused, SiteAway."""
        site = cls(link.origin)
        program = {"name": "contreseing-sign", "version": __version__}
        answer = site.post("open", {"version": VERSION, "code": link.code, "program": program})
        if answer.get("version") != VERSION:
            raise SiteAway("Ce site parle une autre version du protocole : mettez le programme à jour.")
        session, seconds = answer.get("session"), answer.get("expires_in")
        if not isinstance(session, str) or not isinstance(seconds, int):
            raise SiteAway(_not_understood())
        site.session, site.opened = session, answer
        site.ends_at = time.monotonic() + seconds
        return site

    @property
    def minutes_left(self) -> int:
        """Return how many whole minutes are left."""
        return max(0, int(self.ends_at - time.monotonic()) // 60)

    @property
    def is_over(self) -> bool:
        """Tell whether the time given is over."""
        return time.monotonic() >= self.ends_at

    def text(self, name: str, within: dict[str, Any] | None = None) -> str:
        """Return a text that the site announced, made harmless."""
        return harmless((self.opened if within is None else within).get(name))

    def octets(self, name: str) -> bytes:
        """Return octets that the site sent in base64; raises Mismatch."""
        value = self.opened.get(name)
        if not isinstance(value, str):
            raise Mismatch("le site n’a pas envoyé ce qu’il faut pour vérifier le document")
        try:
            return base64.b64decode(value, validate=True)
        except binascii.Error:
            raise Mismatch("ce que le site a envoyé est illisible") from None

    def document(self, size: int) -> bytes:
        """Fetch the prepared PDF, of exactly ``size`` octets; raises Mismatch, SiteRefused, SiteAway."""
        if not 0 < size <= LARGEST_DOCUMENT:
            raise Mismatch("le document annoncé est trop gros")
        pdf = self._ask("document", None, size)
        if len(pdf) != size:
            raise Mismatch("le document reçu n’a pas la taille annoncée")
        return pdf

    def tell(self, state: str, why: str = "") -> None:
        """Tell the page how far one is; a page that cannot be told keeps nobody from signing."""
        try:
            self.post("state", {"state": state, **({"why": why} if why else {})})
        except SiteAway:
            return

    def post(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Send JSON, return the JSON of the answer; raises SiteRefused, SiteAway."""
        raw = self._ask(name, json.dumps(body).encode(), LARGEST_ANSWER)
        try:
            answer = json.loads(raw) if raw else {}
        except ValueError:
            raise SiteAway(_not_understood()) from None
        if not isinstance(answer, dict):
            raise SiteAway(_not_understood())
        return answer

    def _ask(self, name: str, body: bytes | None, largest: int) -> bytes:
        headers = {"User-Agent": f"contreseing-sign/{__version__}", "Accept-Encoding": "identity"}
        if self.session:
            headers["Authorization"] = f"Bearer {self.session}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(f"{self.origin}{BELOW}/{name}", body, headers)  # noqa: S310 (origin_of)
        try:
            with _opener(self.origin).open(request, timeout=WAIT) as answer:
                return _read(answer, largest)
        except urllib.error.HTTPError as error:
            with error:
                why, status = _why(error), error.code
            raise (SiteAway(why) if status in PASSING else SiteRefused(why, status)) from None
        except (OSError, HTTPException, ssl.CertificateError) as error:
            raise SiteAway(_unreachable(self.origin, error)) from None


def _opener(origin: str) -> urllib.request.OpenerDirector:
    """Return an opener of HTTP alone: no redirection, no file; by the system's proxy when it has one."""
    opener = urllib.request.OpenerDirector()
    host = urlsplit(origin).hostname or ""
    for handler in (
        urllib.request.ProxyHandler({} if is_loopback(host) else None),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPErrorProcessor(),
    ):
        opener.add_handler(handler)
    return opener


def _read(answer: _Answer, largest: int) -> bytes:
    read, until = bytearray(), time.monotonic() + LONGEST
    while piece := answer.read(PIECE):
        read += piece
        if len(read) > largest:
            raise SiteAway("Le site envoie plus qu’il n’avait annoncé : la réponse est abandonnée.")
        if time.monotonic() > until:
            raise SiteAway("Le site répond trop lentement : réessayez.")
    return bytes(read)


def _why(error: urllib.error.HTTPError) -> str:
    """Return the sentence of a refusal: the site's own, or ours."""
    if 300 <= error.code < 400:
        return "Le site renvoie vers une autre adresse : ce n’est pas permis ici, rien n’a été envoyé."
    try:
        said = json.loads(error.read(LARGEST_ANSWER))
    except (OSError, ValueError, HTTPException):
        said = {}
    sentence = harmless(said.get("sentence")) if isinstance(said, dict) else ""
    return sentence or f"Le site refuse (réponse {error.code}) : reprenez depuis sa page."


def _unreachable(origin: str, error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return (
            f"L’identité du site {origin} n’est pas garantie (certificat TLS refusé) : rien n’a été envoyé. "
            "Prévenez l’administrateur du site."
        )
    return f"Le site {origin} ne répond pas : vérifiez la connexion, puis réessayez."


def _not_understood() -> str:
    return "La réponse du site n’est pas comprise : vérifiez l’adresse, ou mettez le programme à jour."
