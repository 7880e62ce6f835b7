"""Evidence where the signatories' authorities are believed by the trusted lists, and by no root of ours."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from contracts.models import Contract
from signatures import output
from tests.cast import Cast
from tests.signatures.lists.scheme import Scheme, authority
from tests.workflow.evidence.checking import check, scene, source, unpack
from workflow.evidence.making import make, path_of
from workflow.evidence.models import Scope


@pytest.fixture
def contract(cast: Cast, tmp_path: Path, settings: Any) -> Contract:
    """A signed contract whose installation has the root of its time-stamps alone, and a French list."""
    found = scene(cast)
    made = Scheme(tmp_path)
    settings.LOTL_CERTIFICATES = [made.anchor]
    kept = made.keep([authority()])
    assert kept.outcome == "kept", kept.why
    settings.TRUST_ROOTS = [Path(settings.PKI_DIR) / "tsa.cert.pem"]
    return found


def test_it_is_verified_without_us_too(contract: Contract, tmp_path: Path) -> None:
    assert output.renew_report(source(contract).envelope).valid
    written, _token = make(source(contract), Scope.WHOLE, None)
    folder = unpack(path_of(contract.pk, Scope.WHOLE, written.sha256), tmp_path / "dossier")
    status, said = check(folder)
    assert (status, said.splitlines()[-1]) == (0, "TOUT EST VÉRIFIÉ"), said
    assert json.loads((folder / "rapports" / "verification.json").read_text())["valid"] is True
    assert "total-failed" not in (xml := (folder / "rapports" / "verification.xml").read_text())
    assert "indeterminate" not in xml, "the two reports say the same"
