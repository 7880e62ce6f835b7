"""Every stored document that the database names, held against what the store has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db.models import Field, Model

from signatures import blobs

# hashes of something else than a stored document: a text, or what somebody was shown as they proved
# who they are, which is not always a document
NOT_DOCUMENTS = {
    "contracts.ContractVersion.content_sha256",
    "signatures.Confirmation.document_sha256",
    "signatures.PasskeyChallenge.document_sha256",
}
NOT_DOCUMENTS_ANYWHERE = {"version_sha256"}  # of the frozen text, in every act


@dataclass(frozen=True)
class Named:
    """A row that names a document: which, in words, and by which of its columns."""

    model: type[Model]
    pk: int
    column: str

    def __str__(self) -> str:
        row = self.model._base_manager.filter(pk=self.pk).first()
        names = self.model._meta
        column = next(each for each in names.local_concrete_fields if each.name == self.column).verbose_name
        return f"{names.verbose_name} n°\u00a0{self.pk} ({row}), {column}"


@dataclass
class Lost:
    """A document that cannot be read back, and all that name it."""

    error: blobs.BlobError
    named_by: list[Named] = field(default_factory=list)


def columns() -> Iterator[tuple[type[Model], str]]:
    """Yield each column of any table that names stored documents, by its model."""
    for model in apps.get_models():
        for each in model._meta.local_concrete_fields:
            if _names_a_document(model, each):
                yield model, each.name


def named() -> set[str]:
    """Return the SHA-256 of every document that a row names: what a backup holds and a restoration checks."""
    found: set[str] = set()
    for model, column in columns():
        rows = model._base_manager.exclude(**{column: ""}).order_by().values_list(column, flat=True)
        found.update(rows.distinct().iterator(chunk_size=2000))
    return found


def lost() -> tuple[int, list[Lost]]:
    """Read every document that the database names; return how many, and those that are not sound."""
    named: dict[str, list[Named]] = {}
    for model, column in columns():
        rows = model._base_manager.exclude(**{column: ""}).order_by("pk").values_list("pk", column)
        for pk, sha256 in rows.iterator(chunk_size=2000):
            named.setdefault(sha256, []).append(Named(model, pk, column))
    found = []
    for sha256, rows_ in named.items():
        try:
            blobs.get(sha256)
        except blobs.BlobError as error:
            found.append(Lost(error, rows_))
    return len(named), found


def _names_a_document(model: type[Model], each: Field) -> bool:  # type: ignore[type-arg]
    if not each.name.endswith("_sha256") or each.name in NOT_DOCUMENTS_ANYWHERE:
        return False
    return f"{model._meta.label}.{each.name}" not in NOT_DOCUMENTS
