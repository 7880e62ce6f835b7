"""Where the containers write what the worker makes and the pages serve."""

from __future__ import annotations

from pathlib import PurePosixPath

from django.test import override_settings

from tests.config.deployed import SERVICES
from workflow.evidence import making


def test_the_worker_makes_the_evidence_where_the_pages_find_it() -> None:
    state = PurePosixPath(SERVICES["worker"]["environment"]["STATE_DIR"])
    with override_settings(BLOB_DIR=str(state / "blobs")):
        folder = PurePosixPath(making.folder())
    for name in ("web", "worker"):
        service = SERVICES[name]
        assert service["read_only"] is True
        shared = [PurePosixPath(mount.split(":")[1]) for mount in service["volumes"]]
        assert any(folder.is_relative_to(one) for one in shared), (name, str(folder), service["volumes"])
