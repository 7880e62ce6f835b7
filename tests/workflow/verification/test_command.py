"""``manage.py verify`` on a contract of ours: complete and final or not, and which entries agree."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import OperationalError

from contracts.models import Contract
from signatures import blobs
from signatures.models import SignatureRequest
from tests import plot
from tests.attacks.forging import Forger
from tests.cast import Cast
from tests.signatures.etsi.schema import checked
from tests.workflow.verification.scene import signed
from workflow.management.commands import verify as command


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return signed(cast)


def verified(pdf: bytes, folder: Path, *options: str) -> tuple[int, str]:
    """Run the command; return how it exits and what it printed."""
    file, printed = folder / "contrat.pdf", io.StringIO()
    file.write_bytes(pdf)
    with pytest.raises(SystemExit) as ended:
        call_command("verify", str(file), *options, stdout=printed)
    return int(ended.value.code or 0), " ".join(printed.getvalue().replace("\u00a0", " ").split())


def test_it_says_what_the_page_says(contract: Contract, tmp_path: Path, monkeypatch: Any) -> None:
    sealed = blobs.get(plot.envelope(contract).sealed_sha256)
    ended, said = verified(sealed, tmp_path)
    assert ended == 0 and said.startswith("VALIDE")
    assert f"contrat {contract.reference}, complet et final" in said
    assert "le contrat est scellé" in said and "selon l’horloge de l’autorité" in said
    ended, said = verified(sealed, tmp_path, "--json")
    data = json.loads(said)
    assert data["contract"]["what"] == "final" and len(data["contract"]["entries"]) == 5
    ended, said = verified(sealed, tmp_path, "--xml")
    assert ended == 0 and checked(said.replace("> <", "><")) is not None

    first = SignatureRequest.objects.filter(slot__envelope=plot.envelope(contract)).earliest("done_at")
    ended, said = verified(blobs.get(first.final_sha256), tmp_path)
    assert ended == 1 and "1 des 2 signatures attendues" in said

    ended, said = verified(Forger(sealed).stamped(), tmp_path)
    assert ended == 3 and said.startswith("INDÉTERMINÉ"), "valid, and not the file that we gave"

    def away(*_arguments: object) -> None:
        raise OperationalError

    monkeypatch.setattr(command, "known", away)
    ended, said = verified(sealed, tmp_path)
    assert ended == 0 and contract.reference not in said.split("Signataire-01")[0]
