"""Debian's Chromium, started so that it talks to nobody but the tests' own server."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest
from playwright.sync_api import expect

# Playwright's synchronous API keeps an event loop in the test's thread; the ORM there is safe.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
CHROMIUM = shutil.which("chromium-headless-shell") or "/usr/bin/chromium"
expect.set_options(timeout=20_000)  # ms: a busy machine is not a failure


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Name the browser of the machine, and switch its own traffic off."""
    flags = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    flags += "--disable-component-update --disable-sync"
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": flags.split()}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """Read as a French public servant does."""
    return {**browser_context_args, "locale": "fr-FR", "timezone_id": "Europe/Paris"}
