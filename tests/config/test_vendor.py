"""What comes from elsewhere is exactly what the manifest says, with its licence beside it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

VENDOR: Path = settings.BASE_DIR / "config" / "static" / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text(encoding="utf-8"))
PACKAGES: list[dict[str, Any]] = MANIFEST["packages"]
FREE_LICENCES = {"MIT", "0BSD", "Apache-2.0", "OFL-1.1", "bpmn.io License (MIT, watermark kept)"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["folder"])
def test_each_file_has_the_hash_of_the_manifest(package: dict[str, Any]) -> None:
    folder = VENDOR / package["folder"]
    found = {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in package["files"]}
    assert found == package["files"]


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["folder"])
def test_each_package_carries_its_licence_and_its_version(package: dict[str, Any]) -> None:
    assert package["licence"] in FREE_LICENCES
    assert "LICENSE" in package["files"]
    assert package["folder"].endswith(f"-{package['version']}")


def test_nothing_unlisted_is_vendored() -> None:
    listed = {f"{package['folder']}/{name}" for package in PACKAGES for name in package["files"]}
    present = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    assert present - listed == {"manifest.json"}
    assert listed <= present


def test_nothing_is_fetched_from_another_site() -> None:
    """No page, style or script of ours names another host (namespaces aside)."""
    ours = [
        *settings.BASE_DIR.glob("[a-u]*/templates/**/*.html"),  # var/ holds what was collected from here
        *settings.BASE_DIR.glob("w*/templates/**/*.html"),
        *settings.BASE_DIR.glob("config/static/contreseing/**/*.*"),
    ]
    loading = ('src="http', "src='http", "url(http", 'from "http', 'import("http', '<link href="http')
    offenders = [path for path in ours for mark in loading if mark in path.read_text(encoding="utf-8")]
    assert ours and not offenders
