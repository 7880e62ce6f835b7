"""The page open to all, by real sockets: a large file comes in, one too large does not, a crowd waits."""

from __future__ import annotations

import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from config import limits, proxies
from tests.attacks import raw
from tests.attacks.serving import door
from tests.pki import ServedPki
from tests.signatures import documents
from workflow.verification import line

logging.getLogger("httpx").setLevel(logging.WARNING)
TOKEN = "c" * 32


def send(url: str, pdf: bytes, path: str = "/verifier/", address: str = "192.0.2.1") -> httpx.Response:
    """Send a file as a stranger's browser does, from an address that a proxy tells."""
    return httpx.post(
        url + path,
        data={"csrfmiddlewaretoken": TOKEN},
        files={"file": ("a.pdf", pdf, "application/pdf")},
        headers={"Cookie": f"csrftoken={TOKEN}", "Referer": url, "X-Forwarded-For": address},
        trust_env=False,
        timeout=60,
    )


def test_a_stranger_s_large_file_is_read_here_and_nowhere_else(
    transactional_db: None, pki: ServedPki
) -> None:
    pdf = documents.build(padding=3 * limits.MIB)
    with door() as url:
        answer = send(url, pdf)
        assert answer.status_code == 200 and "verdict" in answer.text
        assert send(url, pdf, "/compte/login/").status_code == 413
        assert send(url, pdf, "/verifier/rapport/").status_code == 413
        length = {"Content_Length": str(40 * limits.MIB), "Content_Type": "multipart/form-data"}
        with raw.connected(url) as wire:
            wire.sendall(raw.head(url, "POST", "/verifier/", **length))
            assert raw.status(wire.recv(65536)) == 413


def test_a_crowd_of_files_leaves_the_other_pages_awake(
    transactional_db: None, pki: ServedPki, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is answered: verified, or told to come again; nobody else waits for them."""
    monkeypatch.setattr(line, "PATIENCE", 1.0)
    settings.TRUSTED_PROXIES = proxies.networks("127.0.0.1")
    pdf = documents.build(padding=limits.MIB)
    with door() as url, ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(send, url, pdf, address=f"192.0.2.{n}") for n in range(24)]
        late = []
        while not all(one.done() for one in asked):
            began = time.monotonic()
            assert httpx.get(f"{url}/compte/login/", trust_env=False, timeout=30).status_code == 200
            late.append(time.monotonic() - began)
        statuses = [one.result().status_code for one in asked]
        assert set(statuses) <= {200, 503}
        assert statuses.count(200) >= 1
        assert max(late) < 5, late
        assert send(url, pdf).status_code == 200
