"""The process that reads one document: it binds itself, reads it from its standard input, answers in JSON.

Run by :mod:`contracts.imports.reading`; it has no database, no network, no secret, and no framework.
"""

from __future__ import annotations

import ctypes
import json
import os
import re
import resource
import signal
import sys
import unicodedata
from typing import Any

from contracts.imports import archive, opendocument, word
from contracts.imports.blocks import Block, Document, Paragraph
from contracts.imports.faults import Unreadable
from contracts.imports.structure import understand
from stakeholders.letters import RARE_BREAKS, plain

MEMORY = 512 * 1024 * 1024  # bytes of address space
SECONDS = 8  # of processor
BY_THE_CLOCK = 9.5
OUT_OF_MEMORY = 3
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS, _PR_SET_DUMPABLE = 1, 38, 4
_BREAKS = str.maketrans(dict.fromkeys(RARE_BREAKS, "\n"))
_DROPPED = {"Cc", "Cf", "Cs", "Co", "Cn"}


def confine() -> None:
    """Bind this process for good; it ends with the one that started it."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, BY_THE_CLOCK)
    system = ctypes.CDLL(None, use_errno=True)
    for what, value in (
        (_PR_SET_PDEATHSIG, signal.SIGKILL),
        (_PR_SET_NO_NEW_PRIVS, 1),
        (_PR_SET_DUMPABLE, 0),
    ):
        system.prctl(what, value, 0, 0, 0)
    for which, most in (
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 16),
        (resource.RLIMIT_NPROC, 0),
    ):
        hard = resource.getrlimit(which)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(which, (most, most))


def answer(content: bytes, volets: list[str]) -> dict[str, Any]:
    """Return what was understood of a document, or the code of why it is refused."""
    try:
        found = archive.opened(content)
        document = opendocument.document(found) if opendocument.is_one(found) else word.document(found)
        for block in [*document.blocks, *document.notes]:
            _put_right(block, document)
        understood = understand(document, volets)
    except Unreadable as error:
        return {"refused": error.code, "what": error.what}
    if not understood.lines:
        return {"refused": "no_text", "what": ""}
    return {"read": understood.data()}


def _put_right(block: Block, document: Document) -> None:
    """Write each text with the characters that can be kept and printed; what shows nothing goes."""
    if isinstance(block, Paragraph):
        text = plain(block.text.translate(_BREAKS))
        kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in _DROPPED)
        document.told["invisible"] += len(text) - len(kept)
        spaced = re.sub(r"[ \t]{2,}", lambda blank: "\t" if "\t" in blank[0] else " ", kept)
        block.text = re.sub(r"[ \t]?\n[ \t]?", "\n", spaced).strip()
        return
    for row in block.rows:
        for cell in row:
            for one in cell.blocks:
                _put_right(one, document)


def _peak() -> int:
    """Return the most bytes that were resident (Linux counts those of who started us elsewhere)."""
    with open("/proc/self/status", encoding="ascii") as status:
        match = re.search(r"VmHWM:\s*(\d+) kB", status.read())
    return int(match[1]) * 1024 if match else 0


def main() -> int:
    """Read, answer, end."""
    confine()
    sys.setrecursionlimit(4000)
    try:
        request = json.loads(sys.argv[1])
        content = sys.stdin.buffer.read(archive.LARGEST + 1)
        found = answer(content, request["volets"])
        said = json.dumps(found | {"peak": _peak()}).encode()
    except MemoryError:
        return OUT_OF_MEMORY
    while said:
        said = said[os.write(1, said) :]
    return 0


if __name__ == "__main__":
    os._exit(main())
