"""A signed contract, and its evidence unpacked."""

from __future__ import annotations

from pathlib import Path

import pytest

from contracts.models import Contract
from tests.cast import Cast
from tests.workflow.evidence.checking import scene, source, unpack
from workflow.evidence.making import make, path_of
from workflow.evidence.models import Scope


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return scene(cast)


@pytest.fixture
def folder(contract: Contract, tmp_path: Path) -> Path:
    written, _token = make(source(contract), Scope.WHOLE, None)
    return unpack(path_of(contract.pk, Scope.WHOLE, written.sha256), tmp_path / "dossier")
