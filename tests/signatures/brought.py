"""A document signed with a tool that knows nothing of us, and brought back as the page does."""

from __future__ import annotations

import asyncio
from typing import Any

from signatures import blobs, brought, keys, output
from signatures.backends import certificate_of
from signatures.models import Envelope, SignatureRequest
from tests.signatures import documents, others
from tests.signatures.conftest import ask

PREFECT, MAYOR = "p@validation.test", "m@validation.test"
FIRST, SECOND = documents.FIELDS


def by_a_tool(document: bytes, field: str = FIRST, level: str = "B-B", **options: Any) -> bytes:
    """Sign as a tool does that knows nothing of us: it dates its work in /Info, and certifies nothing."""
    person = options.pop("person", PREFECT if field == FIRST else MAYOR)
    options.setdefault("bytes_reserved", 40_000)
    return asyncio.run(others.signed(document, level, person, field=field, **options))


def bring(envelope: Envelope, field: str, user: Any, document: bytes) -> SignatureRequest:
    """Bring a document as the page does."""
    envelope.refresh_from_db()
    before = envelope.current_sha256
    found = brought.examined(document, blobs.get(before), field)
    certificate = certificate_of(found.certificate, found.chain)
    output.refuse_brought(document, envelope, field, certificate.serial, found)
    key = keys.enrol(user, "upload", certificate, names=certificate.common_name.split())
    return ask(
        envelope, field, user, key=key, confirmation="", brought=found, supplied_sha256=blobs.put(document)
    )
