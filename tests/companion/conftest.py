"""The cards, made once for a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.companion import tokens
from tests.pki import ServedPki


@pytest.fixture(scope="module")
def card(pki: ServedPki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tokens.Card]:
    """A card with a key P-256 and a key RSA-3072."""
    with pytest.MonkeyPatch.context() as patch:
        yield tokens.make(
            tmp_path_factory.mktemp("card"), patch, tokens.issued("p256"), tokens.issued("rsa3072")
        )


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    """The folder of the program's memory."""
    return tmp_path
