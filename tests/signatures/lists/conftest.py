"""A scheme of two lists whose anchor the settings name."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.pki import ServedPki
from tests.signatures.lists.scheme import Scheme


@pytest.fixture
def scheme(db: None, pki: ServedPki, blob_folder: Path, tmp_path: Path, settings: object) -> Scheme:
    """Return it; nothing of it is kept yet."""
    made = Scheme(tmp_path)
    settings.LOTL_CERTIFICATES = [made.anchor]  # type: ignore[attr-defined]
    return made
