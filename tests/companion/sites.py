"""A site that the program meets: it offers one signature or one enrolment, honestly or as a test wants it.

It speaks the protocol over a real socket and keeps what it was asked. Contreseing itself is tried with the
program in ``tests/workflow/signing``; a site that lies has to be made.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import hashlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from signatures import pades
from tests.companion.tokens import Key
from tests.signatures import documents

CODE = "7K3MQ2XV9TFA"
NONCE = "5a" * 32


def prepared(key: Key, read: bytes) -> pades.Prepared:
    """Return the document that ``key`` is to sign, prepared as the worker does."""
    return asyncio.run(
        pades.prepare(
            read,
            documents.FIELDS[0],
            key.certificate,
            first=True,
            last=False,
            stamp_lines=["Hélène Marchand", "Préfète de l’Orme"],
            specimen=True,
            moment=dt.datetime(2027, 2, 12, 9, 42, tzinfo=dt.UTC),
        )
    )


@dataclass
class Offer:
    """What the site answers: ``opened`` to the code, ``pdf`` as the document; ``answers`` in place of one."""

    opened: dict[str, Any]
    pdf: bytes = b""
    answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    used: bool = False

    @property
    def names(self) -> list[str]:
        """What was asked, in order: the states by their name."""
        return [str(body.get("state", name)) for name, body in self.asked]

    def value(self) -> bytes:
        """Return the value that was handed in."""
        (body,) = [body for name, body in self.asked if name == "value"]
        return base64.b64decode(body["value"])


def signature(key: Key) -> Offer:
    """Offer a signature, honestly."""
    read = documents.build()
    made = prepared(key, read)
    return Offer(
        {
            "version": 1,
            "session": "s" * 43,
            "expires_in": 600,
            "purpose": "sign",
            "person": "Mme Hélène Marchand",
            "place": "préfète de l’Orme",
            "document": {
                "title": "Contrat de Clairval",
                "reference": "CSI-2027-001",
                "parties": ["Préfecture de l’Orme", "Ville de Clairval"],
                "pages": 2,
                "size": len(made.document),
                "sha256": hashlib.sha256(made.document).hexdigest(),
                "read_size": len(read),
                "read_sha256": hashlib.sha256(read).hexdigest(),
            },
            "certificate": text(key.certificate.certificate),
            "signed_attributes": text(made.attributes),
        },
        made.document,
    )


def enrolment() -> Offer:
    """Offer an enrolment."""
    return Offer(
        {
            "version": 1,
            "session": "s" * 43,
            "expires_in": 600,
            "purpose": "enrol",
            "person": "Mme Hélène Marchand",
            "nonce": NONCE,
        }
    )


def text(octets: bytes) -> str:
    """Return octets as JSON carries them."""
    return base64.b64encode(octets).decode()


@contextmanager
def served(offer: Offer, certificate: tuple[str, str] | None = None) -> Iterator[str]:
    """Serve an offer on loopback, by TLS when there is a certificate and its key; yield the origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._answer(body)

        def _answer(self, body: dict[str, Any]) -> None:
            name = self.path.removeprefix("/carte/v1/")
            offer.asked.append((name, body))
            if name in offer.answers:
                offer.answers[name](self)
            elif name == "open" and (offer.used or body["code"] != CODE):
                json_answer(self, 410, {"sentence": "Ce code a déjà servi."})
            elif name != "open" and self.headers["Authorization"] != f"Bearer {'s' * 43}":
                json_answer(self, 401, {})
            elif name == "document":
                octets_answer(self, 200, offer.pdf)
            else:
                offer.used = True
                json_answer(self, 200, offer.opened if name == "open" else {"sentence": "Reçu."})

        def log_message(self, *_arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"{'https' if certificate else 'http'}://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def json_answer(handler: BaseHTTPRequestHandler, status: int, body: dict[str, Any]) -> None:
    """Answer JSON."""
    octets_answer(handler, status, json.dumps(body).encode())


def octets_answer(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str] | None = None
) -> None:
    """Answer octets."""
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)
