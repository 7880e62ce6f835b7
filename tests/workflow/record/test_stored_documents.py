"""A stored document that is lost is named: by the command, and by the page that wanted it."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from contracts.models import Contract
from signatures import blobs
from tests import plot
from tests.cast import Cast
from workflow.record.stored import NOT_DOCUMENTS, NOT_DOCUMENTS_ANYWHERE, columns

READER = {"Accept": "text/html"}


def lose(path: Path, fault: str) -> None:
    """Have a document be missing, changed by one byte, or out of reach."""
    data = path.read_bytes()
    path.unlink()
    if fault == "corrupt":
        path.write_bytes(data[:-1] + b"x")
    elif fault == "unreadable":
        path.mkdir()


def text(page: bytes) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.decode()).split())


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return plot.at_signing(cast)


@pytest.mark.parametrize(("fault", "word"), [("missing", "MANQUANT"), ("corrupt", "ALTÉRÉ")])
def test_the_command_names_what_is_lost_and_who_names_it(contract: Contract, fault: str, word: str) -> None:
    said = StringIO()
    call_command("check_blobs", stdout=said)
    assert "intact" in said.getvalue()
    version = plot.version(contract)
    lose(blobs._path(version.pdf_sha256), fault)
    with pytest.raises(CommandError) as told:
        call_command("check_blobs")
    assert f"{word} {version.pdf_sha256}" in str(told.value)
    assert f"version n°\u00a0{version.pk}" in str(told.value)
    assert "enveloppe" in str(told.value)
    assert told.value.returncode == 1


def test_every_column_that_may_name_a_document_is_read() -> None:
    read = {f"{model._meta.label}.{column}" for model, column in columns()}
    assert {
        "contracts.ContractVersion.pdf_sha256",
        "signatures.Envelope.base_sha256",
        "signatures.Envelope.current_sha256",
        "signatures.Envelope.sealed_sha256",
        "signatures.SignatureRequest.document_sha256",
        "signatures.SignatureRequest.prepared_sha256",
        "signatures.SignatureRequest.final_sha256",
        "stakeholders.Grant.document_sha256",
        "stakeholders.SigningAuthority.document_sha256",
        "workflow.Approval.pdf_sha256",
    } <= read
    assert not read & NOT_DOCUMENTS
    assert not any(name.rpartition(".")[2] in NOT_DOCUMENTS_ANYWHERE for name in read)


@pytest.mark.parametrize(
    ("fault", "status", "words"),
    [
        ("missing", 500, "Il manque"),
        ("corrupt", 500, "n’est plus celui"),
        ("unreadable", 503, "ne répond pas"),
    ],
)
def test_a_page_names_the_document_it_cannot_read(
    cast: Cast, contract: Contract, client: Client, fault: str, status: int, words: str
) -> None:
    version = plot.version(contract)
    lose(blobs._path(version.pdf_sha256), fault)
    client.force_login(cast.prefete)
    client.raise_request_exception = False
    task = plot.task(contract, "sign")
    for address, named in (
        (reverse("version_pdf", args=[contract.pk, version.number]), "le document de la version 1"),
        (reverse("task_document", args=[contract.pk, task.pk]), "le document à signer"),
    ):
        answer = client.get(address, headers=READER)
        page = text(answer.content)
        assert answer.status_code == status
        assert f"Erreur {status}" in page
        for said in (named, contract.reference, words, "administrateur", "Référence"):
            assert said in page, said
        assert version.pdf_sha256[:4] in page
        assert "Rien n’a été enregistré" not in page
