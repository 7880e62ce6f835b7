"""Which documents the database names: each must be in the store, under the SHA-256 that the row holds."""

from __future__ import annotations

from collections.abc import Iterator

from django.apps import apps

# the columns that hold the name of a document in the store; the other digests are of documents
# named here already, or of texts (tests/config/test_backup_documents.py)
COLUMNS = (
    ("contracts.ContractVersion", "pdf_sha256"),
    ("signatures.Envelope", "base_sha256"),
    ("signatures.Envelope", "current_sha256"),
    ("signatures.Envelope", "sealed_sha256"),
    ("signatures.SignatureRequest", "document_sha256"),
    ("signatures.SignatureRequest", "prepared_sha256"),
    ("signatures.SignatureRequest", "final_sha256"),
    ("stakeholders.Grant", "document_sha256"),
    ("stakeholders.SigningAuthority", "document_sha256"),
)


def named() -> set[str]:
    """Return the SHA-256 of every document that a row names."""
    return {sha256 for sha256 in _every() if sha256}


def _every() -> Iterator[str]:
    for model, column in COLUMNS:
        rows = apps.get_model(model)._default_manager
        yield from rows.values_list(column, flat=True).distinct().iterator(chunk_size=2000)
