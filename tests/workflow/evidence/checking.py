"""An evidence unpacked, and checked by its own CHECK.txt where nothing of ours can be run."""

from __future__ import annotations

import re
import subprocess
import zipfile
from pathlib import Path

from contracts.models import Annex, Contract
from signatures import blobs
from tests import plot
from tests.cast import Cast, small_contract
from tests.snapshots import once
from workflow.evidence.state import Source, source_of
from workflow.record import anchors


def unpack(archive: Path | zipfile.ZipFile, folder: Path) -> Path:
    """Unpack an evidence into an empty folder."""
    with archive if isinstance(archive, zipfile.ZipFile) else zipfile.ZipFile(archive) as opened:
        opened.extractall(folder)
    return folder


def commands(folder: Path) -> str:
    """Return the commands of CHECK.txt, taken out as it says."""
    said = (folder / "CHECK.txt").read_text(encoding="utf-8")
    return "".join(line[4:] for line in re.findall(r"^    .*\n", said, re.MULTILINE))


def check(folder: Path, on: str = "") -> tuple[int, str]:
    """Run CHECK.txt with openssl and Debian's own commands, with no variable of ours; return what it says.

    ``on`` (ISO 8601) has every clock say that day.
    """
    written = folder.parent / "verifier.sh"
    written.write_text(commands(folder), encoding="utf-8")
    clock = ["faketime", f"{on} 10:00:00"] if on else []
    done = subprocess.run(
        ["/usr/bin/env", "-i", "PATH=/usr/bin:/bin", *clock, "sh", "-eu", str(written)],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode, done.stdout + done.stderr


def scene(cast: Cast) -> Contract:
    """Return a contract that all signed, with an annex kept from the public; to be asked for first."""
    contract = once("evidence", lambda: _signed(cast))
    anchors.complete_folder()  # which the scene does not keep
    return contract


def _signed(cast: Cast) -> Contract:
    contract = small_contract(cast)
    pdf = b"%PDF-1.7 where the cameras are"
    Annex.objects.create(
        contract=contract,
        order=1,
        title="Plan des caméras",
        publishable=False,
        reason="public_security",
        file_sha256=blobs.put(pdf),
        size=len(pdf),
        pages=1,
    )
    return plot.signed_by_all(plot.to_signing(contract))


def source(contract: Contract) -> Source:
    """Return what the evidence of a sealed contract is made from, now."""
    found = source_of(contract)
    assert found is not None
    return found
