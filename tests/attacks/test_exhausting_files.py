"""The attacker wants the server's memory or its time, with a file of some bytes."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

import psutil
import pytest
from django.core.management import call_command

from signatures import limited
from signatures.limited import client
from signatures.limited.limits import MAX_CPU_SECONDS, MAX_SECONDS
from signatures.uploads import active_content
from signatures.validation import validate
from tests.attacks import bombs
from tests.pki import ServedPki
from tests.signatures import documents

LASTING = {
    "long_chain",
    "many_fields",
    "xref_stream_of_2000000",
}  # and long_number, which meets all 8 seconds
FEWER_SECONDS = 3


@pytest.mark.parametrize("name", bombs.KINDS)
def test_a_bomb_takes_the_memory_or_the_time_of_the_server(name: str, pki: ServedPki) -> None:
    report = validate(bombs.made(name))
    used = limited.last_usage()
    assert not report.valid
    # also one that only says that it has more pages than we read: an honest one has them (test_validation)
    assert not report.indeterminate, report.problems
    assert all(problem.message for problem in report.problems)
    assert used is not None
    assert used.cpu_seconds < 10
    assert used.peak_bytes < 512 * 1024 * 1024


@pytest.mark.parametrize("name", bombs.KINDS)
def test_a_bomb_is_handed_in_as_an_act(name: str) -> None:
    with fewer_seconds() if name in LASTING else nullcontext(MAX_CPU_SECONDS) as most:
        refusal = active_content(bombs.made(name))
    used = limited.last_usage()
    assert used is not None and used.cpu_seconds < most + 2 and used.peak_bytes < 512 * 1024 * 1024
    # what an act's reader never opens does no harm: those are plain one-page documents
    assert refusal or name in {"long_chain", "many_fields", "fields_cycle", "fields_dag"}


@contextmanager
def fewer_seconds() -> Iterator[int]:
    """Leave the readers fewer seconds of processor for the time of a block, and tell how many.

    The limit is the resident process's, from which they have it. It is not to die of it for what it took
    before: to load, and to fork for all files of the tests before this one.
    """
    active_content(b"%PDF-1.7")  # has the resident process there
    assert client._current is not None
    resident = client._current.process.pid
    before = resource.prlimit(resident, resource.RLIMIT_CPU)
    seconds = max(FEWER_SECONDS, int(sum(psutil.Process(resident).cpu_times()[:2])) + 2)
    resource.prlimit(resident, resource.RLIMIT_CPU, (seconds, before[1]))
    try:
        yield min(seconds, MAX_CPU_SECONDS)
    finally:
        resource.prlimit(resident, resource.RLIMIT_CPU, before)


@pytest.mark.django_db  # the command asks for the trusted lists
def test_a_file_without_end_is_read(pki: ServedPki, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "tube")
    (tmp_path / "lien").symlink_to("/dev/zero")
    for path in (Path("/dev/zero"), tmp_path / "lien", tmp_path / "tube", tmp_path):
        with pytest.raises(limited.NotAFile):
            validate(path)
        with pytest.raises(SystemExit) as caught:
            call_command("verify", str(path))
        assert caught.value.code == 2


def test_a_file_of_100_gigabytes_is_read(pki: ServedPki, tmp_path: Path) -> None:
    sparse = tmp_path / "creux.pdf"
    with open(sparse, "wb") as file:
        file.write(b"%PDF-1.7\n")
        file.truncate(100 << 30)
    report = validate(sparse)
    assert {problem.code for problem in report.problems} == {"too_large"}
    used = limited.last_usage()
    assert used is not None and used.peak_bytes < 512 * 1024 * 1024


def test_a_bomb_stops_the_others_from_being_read(pki: ServedPki) -> None:
    """The process that was stopped is not the one that forks: the next file is read as before."""
    validate(bombs.made("pages_dag"))
    assert {problem.code for problem in validate(documents.build()).problems} == {"unsigned_field"}


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGSTOP])
def test_the_resident_process_is_killed(
    pki: ServedPki, end: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it is dying, or when it answers no more, the file is read by another."""
    validate(documents.build())
    before = client._current
    assert before is not None
    process, patience = before.process, MAX_SECONDS
    if end == signal.SIGSTOP:
        monkeypatch.setattr(client, "MAX_SECONDS", 0.2 - 5)

    def kill() -> None:
        monkeypatch.setattr(client, "MAX_SECONDS", patience)  # the next one has the usual time
        subprocess.Popen.kill(process)

    monkeypatch.setattr(process, "kill", kill)
    monkeypatch.setattr(
        process, "poll", lambda: process.returncode
    )  # long on its way out, it passes for alive
    os.kill(process.pid, end)
    assert {problem.code for problem in validate(documents.build()).problems} == {"unsigned_field"}
    assert client._current is not before


PARENT = """
import os, sys, time
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
import django; django.setup()
from signatures.limited import client
from signatures.uploads import active_content
active_content(b"%PDF-1.7")
print(client._current.process.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_server_leaves_its_resident_process_behind(end: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        resident = int(parent.stdout.readline())
        assert Path(f"/proc/{resident}").exists()
        parent.send_signal(end)
        parent.wait()
    until = time.monotonic() + 20
    while _lives(resident) and time.monotonic() < until:
        os.sched_yield()
    assert not _lives(resident)


def _lives(process: int) -> bool:
    """Whether this process runs (one that ended may wait for whoever adopted it to look)."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_file_reads_the_secrets_of_the_server(pki: ServedPki) -> None:
    """What reads the file holds none: no setting in its environment, no socket in its hands."""
    validate(documents.build())
    assert client._current is not None
    process = Path(f"/proc/{client._current.process.pid}")
    names = {part.split(b"=")[0].decode() for part in (process / "environ").read_bytes().split(b"\0") if part}
    assert names <= set(client.ENVIRONMENT) | {"LC_CTYPE"}
    held = [os.readlink(entry) for entry in (process / "fd").iterdir()]
    assert sum(one.startswith("socket:") for one in held) == 1, held
