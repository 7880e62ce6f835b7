"""The document in the reader that the person has: a private copy, removed when the program ends."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def command_for(system: str, path: Path) -> list[str] | None:
    """Return the command that opens ``path`` on ``system``; None where the system has a call for it."""
    if system == "win32":
        return None
    return ["open" if system == "darwin" else "xdg-open", str(path)]


@contextmanager
def private_copy(pdf: bytes) -> Iterator[Path]:
    """Write the PDF in a folder that only this person may enter, and remove it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="contreseing-"))  # mode 0700
    try:
        path = folder / "document-a-signer.pdf"
        path.write_bytes(pdf)
        path.chmod(0o400)
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def show(path: Path, *, start: Callable[[list[str]], object] | None = None) -> bool:
    """Open the file in the person's own reader; returns False where nothing opens it."""
    command = command_for(sys.platform, path)
    try:
        if command is None:
            os.startfile(path)  # type: ignore[attr-defined, unused-ignore]  # Windows  # noqa: S606
        else:
            (start or _start)(command)
    except OSError:
        return False
    return True


def _start(command: list[str]) -> object:
    return subprocess.Popen(  # noqa: S603 (the reader of the system, the file that we wrote)
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
