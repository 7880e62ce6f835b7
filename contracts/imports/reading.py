"""A document from anywhere, read in a process of its own: 512 MB, ten seconds, and nothing to lose.

A new interpreter for each: it loads neither Django nor pyHanko, so it costs a tenth of a second, and a
first draft is imported once a contract. PDF files, which come by the thousand, have a resident process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import structlog

from contracts.imports.child import OUT_OF_MEMORY
from contracts.imports.lines import Understood, understood
from contracts.imports.sentences import sentence

ROOT = Path(__file__).resolve().parents[2]
WITHIN = 10.0  # seconds by the clock
AT_ONCE = max(1, 2 // int(os.environ.get("WEB_PROCESSES_BESIDE") or 1))  # each may take 512 MB
WAIT = 20.0  # seconds for one's turn
TITLES = 200  # known to the reader
# all that the process is given of our environment: no address, no key, no password
ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONPATH", "VIRTUAL_ENV", "PYTHONHASHSEED")

log = structlog.get_logger(__name__)
_places = threading.BoundedSemaphore(AT_ONCE)


class Refused(Exception):
    """The document is not read; ``code`` says why, ``message`` says it in a sentence, with what to do."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = sentence(code, what)


def read(content: bytes, *, volets: list[str]) -> Understood:
    """Return what a .docx or .odt file says, line by line; ``volets`` are titles that the contract knows.

    Blocks, for ten seconds at most once it is its turn. Raises Refused.
    """
    said = ask(content, volets)
    if "refused" in said:
        raise Refused(said["refused"], said["what"])
    return understood(said["read"])


def ask(content: bytes, volets: list[str]) -> dict[str, Any]:
    """Return what the limited process says of a document: {"read": …} or {"refused": code, "what": name}.

    With "peak", the bytes that it took at most, unless it took too many.
    """
    if not _places.acquire(timeout=WAIT):
        return {"refused": "busy", "what": ""}
    try:
        request = json.dumps({"volets": [title[:200] for title in volets[:TITLES]]})
        ended = run_alone(["-m", "contracts.imports.child", request], content)
    finally:
        _places.release()
    if ended is None or ended.returncode != 0:
        status = ended.returncode if ended else None
        log.info("imports.exhausted", status=status, of_memory=status == OUT_OF_MEMORY)
        return {"refused": "exhausts", "what": ""}
    said: dict[str, Any] = json.loads(ended.stdout)
    return said


def run_alone(arguments: list[str], content: bytes) -> subprocess.CompletedProcess[bytes] | None:
    """Have an interpreter of its own do one thing, without our secrets; None where it took too long."""
    with subprocess.Popen(  # noqa: S603 (our own interpreter and module)
        [sys.executable, "-S", *arguments],  # what it loads is in the standard library, and ours
        cwd=ROOT,
        env={name: os.environ[name] for name in ENVIRONMENT if name in os.environ},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            said, _nothing = process.communicate(content, timeout=WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return None
        return subprocess.CompletedProcess(process.args, process.returncode, said)
