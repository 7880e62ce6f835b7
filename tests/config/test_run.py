"""``./run`` from its start to its end: what keeps it from starting, and what is left when it ends."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from config import run
from config.run import PORTS, free_port, keep_port
from tests.config.deployed import ROOT

pytestmark = pytest.mark.kill
PATIENCE = 600.0  # seconds; a first set-up, on a busy machine


@pytest.fixture
def state() -> Iterator[Path]:
    """A folder of its own, with a short path: PostgreSQL's socket is not in it, its data is."""
    with tempfile.TemporaryDirectory(prefix="run") as folder:
        yield Path(folder)
        for process in of(Path(folder)):  # of a test that failed
            process.kill()


def two_ports() -> int:
    """Return a port that is free, as the next one is."""
    while not keep_port((port := free_port()) + 1):
        pass
    return port


def test_a_port_is_free_and_none_that_the_kernel_gives_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was drawn among the kernel's own was taken, between two starts, by a program that connected."""
    given = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    assert all(free_port() + 1 < int(given[0]) for _time in range(50))
    taken, other = drawn_and_given_back(2)
    with socket.create_server(("127.0.0.1", taken)):
        draw(monkeypatch, taken, other)
        assert free_port() == other


def test_a_port_that_was_drawn_is_drawn_by_nobody_else_whether_anybody_serves_on_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two who prepared for half a minute before they served had drawn the same."""
    [other], mine = drawn_and_given_back(1), free_port()
    asked = f"from config import run; print(run.keep_port({mine}), run.keep_port({other}))"

    def elsewhere() -> str:
        return subprocess.run(
            [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout

    assert elsewhere() == "False True\n"
    with socket.create_server(("127.0.0.1", mine)):  # who drew it serves on it, ends, serves again
        draw(monkeypatch, mine, other)
        assert free_port() == other
    socket.create_server(("127.0.0.1", mine)).close()
    assert elsewhere() == "False False\n"


def drawn_and_given_back(number: int) -> list[int]:
    ports = [free_port() for _time in range(number)]
    for _port in ports:
        run._kept.pop().close()
    return ports


def draw(monkeypatch: pytest.MonkeyPatch, *ports: int) -> None:
    """Have these be drawn, in this order."""
    drawn = iter(ports)
    monkeypatch.setattr("config.run.secrets.randbelow", lambda _most: next(drawn) - PORTS[0])


def environment(state: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "VIRTUAL_ENV") if name in os.environ}
    return {**kept, "STATE_DIR": str(state), "COLUMNS": "200", "PYTHONUNBUFFERED": "1", **more}


def launch(state: Path, *arguments: str, **more: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "config.run", *arguments]
    told = environment(state, **more)
    with (state / "said").open("ab") as said:
        # whoever runs the tests in the background ignores Ctrl-C, and would have them ignore it too
        return subprocess.Popen(
            command, cwd=ROOT, env=told, stdout=said, stderr=said, text=True, preexec_fn=hears_ctrl_c
        )


def hears_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def said(state: Path) -> str:
    return (state / "said").read_text()


def of(state: Path) -> list[psutil.Process]:
    """Every living process that works for this folder, whoever started it."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("STATE_DIR") == str(state):
                found.append(process)
        except psutil.Error:
            continue
    return found


def until(condition: object, why: str, within: float = PATIENCE) -> None:
    deadline = time.monotonic() + within
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, why
        time.sleep(0.1)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"])
def test_told_to_end_while_it_sets_up_it_leaves_nothing(state: Path, name: str) -> None:
    """The server that was being made too, which is nobody's child."""
    process = launch(state, PORT=str(two_ports()))
    until((state / "postgres" / "postmaster.pid").exists, "no server was started")
    process.send_signal(signal.Signals[name])
    assert process.wait(60) == (-signal.SIGKILL if name == "SIGKILL" else 128 + signal.Signals[name])
    until(lambda: not of(state), f"left: {of(state)}", 60)
    assert "Traceback" not in said(state)


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_a_play_told_to_end_leaves_nothing(state: Path, name: str) -> None:
    """It plays in a folder of its own, below the one that it was given."""
    kept = state / "postgres-of-somebody"
    kept.mkdir()
    process = launch(state, "play", "--from", "empty", "--out", str(state / "out"))
    until((state / "play" / "postgres" / "postmaster.pid").exists, "no server was started")
    process.send_signal(signal.Signals[name])
    assert process.wait(60) == (-signal.SIGKILL if name == "SIGKILL" else 128 + signal.Signals[name])
    until(lambda: not of(state / "play") + of(state), "something is left", 60)
    assert "Traceback" not in said(state)
    assert kept.exists()


@pytest.mark.timeout(2400)
def test_in_service_whatever_ends_it_ends_all(state: Path) -> None:
    port = two_ports()
    client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False)

    def serves() -> bool:
        try:
            return client.get("/sante/pret/").json()["checks"]["worker"] is True
        except (httpx.HTTPError, ValueError):
            return False

    def in_service() -> subprocess.Popen[str]:
        before = said(state).count("est en service sur")
        process = launch(state, PORT=str(port))

        def is_in_service() -> bool:  # the pages answer a moment before it says so
            return said(state).count("est en service sur") > before and serves()

        until(lambda: is_in_service() or process.poll() is not None, "it does not serve")
        assert process.poll() is None, said(state)
        return process

    # what a first set-up that was killed left, its server half made, is made anew
    half = launch(state, PORT=str(port))
    until((state / "postgres" / "PG_VERSION").exists, "no server was made")
    half.kill()
    until(lambda: not of(state), f"left: {of(state)}", 60)

    first = in_service()
    second = launch(state, PORT=str(port))  # of the same folder: it says so, and harms nothing
    assert second.wait(120) == 0
    assert "déjà en service" in said(state)
    with tempfile.TemporaryDirectory(prefix="run") as clone:  # of another: who holds the port is said at once
        other = launch(Path(clone), PORT=str(port))
        assert other.wait(60) == 1
        assert f"Le port {port} de 127.0.0.1 est déjà pris par" in said(Path(clone))
        assert not Path(clone, "postgres").exists()

    [worker] = [each for each in of(state) if "run_worker" in each.cmdline()]
    worker.kill()  # a part that dies takes the others along, in a sentence
    assert first.wait(60) == 1
    assert "l’exécuteur, par le signal SIGKILL" in said(state)
    until(lambda: not of(state), f"left: {of(state)}", 60)

    again = in_service()
    again.kill()
    until(lambda: not of(state), f"left: {of(state)}", 60)
    assert not (state / "postgres" / "postmaster.pid").exists()

    last = in_service()
    last.terminate()
    assert last.wait(60) == 0
    until(lambda: not of(state), f"left: {of(state)}", 60)
    assert "Traceback" not in said(state)


@pytest.mark.skipif(shutil.which("unshare") is None, reason="unshare is not installed")
@pytest.mark.parametrize(
    ("options", "expected"),
    [("ro,size=1m", "lecture seule"), ("size=64k", "Le disque est plein"), ("size=8m", "presque plein")],
    ids=["read-only", "full", "nearly full"],
)
def test_a_disk_that_cannot_serve_is_said_at_once(state: Path, options: str, expected: str) -> None:
    """By ./run, and by a command: one sentence, no stack."""
    mounted = f'mount -t tmpfs -o {options} none "$0"'
    filled = 'head -c 65536 /dev/zero >"$0/filling"'
    for program in ("-m config.run", "manage.py migrate"):
        if expected == "presque plein" and "manage" in program:
            continue  # it may well have enough
        script = f'{mounted} && {{ ({filled}) 2>/dev/null; exec "{sys.executable}" {program}; }}'
        done = subprocess.run(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", script, str(state)],
            cwd=ROOT,
            env=environment(state, PORT=str(two_ports()), DEMONSTRATION="1"),
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
        )
        told = done.stdout + done.stderr
        assert done.returncode == 1, told
        assert expected in told
        assert "Traceback" not in told
        assert len(told.strip().splitlines()) == 1, told
