"""A served PKI, two signatories, an envelope, and a real worker to run its jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model

from signatures import actions, blobs, keys
from signatures.demo import pki
from signatures.models import Envelope, SignatureRequest
from tests.csc.scene import remote, strict
from tests.pki import ServedPki
from tests.signatures import documents
from tests.stage import run_jobs

__all__ = ["remote", "run_jobs", "strict"]

PASSWORD = "un mot de passe de test"


@dataclass(frozen=True)
class Signatories:
    """The prefect signs with P-256, the mayor with RSA-3072; the outsider has no place."""

    prefect: Any
    mayor: Any
    outsider: Any


@pytest.fixture
def signatories(db: None, pki: ServedPki) -> Signatories:
    """Return the cast, with their certificates, and no job left by another test."""
    return Signatories(
        _person("prefete@clairval.test", "Hélène Marchand", "Préfecture de Clairval", "Préfète", "p256"),
        _person("maire@clairval.test", "Karim Benali", "Ville de Clairval", "Maire", "rsa3072"),
        _person("maire@ailleurs.test", "Odile Autre", "Ville d’Ailleurs", "Maire", "p256"),
    )


def _person(email: str, name: str, organisation: str, title: str, algorithm: pki.Algorithm) -> Any:
    user = get_user_model().objects.create_user(email, PASSWORD)
    pki.issue_person(email, name, organisation, title, algorithm=algorithm)
    keys.enrol_specimen(user)
    return user


@pytest.fixture
def envelope(signatories: Signatories, blob_folder: Path) -> Envelope:
    """Return an envelope of two places to sign over a stored PDF."""
    return open_envelope()


def open_envelope(key: str = "csi-clairval-2026/1") -> Envelope:
    """Open an envelope over a new PDF of two fields."""
    return actions.open_envelope(
        title="Contrat de Clairval",
        document_sha256=blobs.put(documents.build(metadata=True)),
        fields=documents.FIELDS,
        specimen=True,
        idempotency_key=key,
    )


def ask(envelope: Envelope, field_name: str, user: Any, **changes: Any) -> SignatureRequest:
    """Confirm and ask for a signature as the page does; ``changes`` replace arguments."""
    envelope.refresh_from_db()
    arguments = {
        "document_sha256": envelope.current_sha256,
        "stamp_lines": [str(user.email), "au nom de la démonstration"],
        **changes,
    }
    if "key" not in arguments:
        arguments["key"] = keys.one_of(user, None)
    if "confirmation" not in arguments:
        arguments["confirmation"] = actions.confirm(
            user, PASSWORD, document_sha256=str(arguments["document_sha256"])
        )
    request, _confirmation = actions.request_signature(envelope, field_name, user, **arguments)
    return request


@pytest.fixture
def sealed(transactional_db: None, signatories: Signatories, envelope: Envelope) -> Callable[[], bytes]:
    """Return a function that has both sign, seals, and returns the final PDF."""

    def make() -> bytes:
        sign_both(envelope, signatories)
        actions.request_seal(envelope)
        run_jobs()
        envelope.refresh_from_db()
        assert envelope.state == Envelope.State.SEALED, envelope.error_text
        return blobs.get(envelope.sealed_sha256)

    return make


def sign_both(envelope: Envelope, signatories: Signatories) -> None:
    """Have the prefect then the mayor sign, each by a worker."""
    for field_name, user in zip(documents.FIELDS, (signatories.prefect, signatories.mayor), strict=True):
        request = ask(envelope, field_name, user)
        run_jobs()
        request.refresh_from_db()
        assert request.state == SignatureRequest.State.DONE, request.error_text
