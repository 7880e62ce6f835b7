"""The embedded PostgreSQL: from a deep folder, shared, killed, as root and as an ordinary user."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import sys
from pathlib import Path
import psycopg
from config.database import embedded_url
with psycopg.connect(embedded_url(Path(sys.argv[1]))) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
    connection.execute("INSERT INTO kept VALUES (1)")
    connection.commit()
    print(connection.execute("SELECT count(*) FROM kept").fetchone()[0], flush=True)
sys.stdin.read()  # stay attached until the test lets go
"""


@pytest.fixture
def state() -> Iterator[Path]:
    """Give a folder whose socket's path would be longer than the 107 bytes that one may have."""
    with tempfile.TemporaryDirectory() as top:
        deep = Path(top, *["dossier-profond"] * 8)
        deep.mkdir(parents=True)
        for folder in (Path(top), *deep.parents):
            if str(folder).startswith(top):
                folder.chmod(0o755)
        yield deep
        shutil.rmtree(top, ignore_errors=True)


def interpreter(user: int | None) -> list[str]:
    """Return a Python that the user may run: root's own may lie in root's folder."""
    return (
        [sys.executable]
        if user is None
        else [shutil.which("python3", path="/usr/bin:/usr/local/bin") or sys.executable]
    )


def attach(state: Path, user: int | None = None) -> subprocess.Popen[str]:
    """Start a process that uses the server and stays attached."""
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{packages}"}
    return subprocess.Popen(
        [*interpreter(user), "-c", ASK, str(state)],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        user=user,
        group=user,
        extra_groups=[] if user is not None else None,
    )


def counted(process: subprocess.Popen[str]) -> int:
    """Return the number of rows that the process found."""
    assert process.stdout is not None
    return int(process.stdout.readline())


def let_go(process: subprocess.Popen[str]) -> None:
    """Let a process end by itself."""
    process.communicate("", timeout=60)
    assert process.returncode == 0


def server(state: Path) -> int:
    """Return the process number of the server."""
    return int((state / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def test_two_processes_share_one_server_and_the_last_stops_it(state: Path) -> None:
    first = attach(state)
    assert counted(first) == 1
    second = attach(state)
    assert counted(second) == 2
    number = server(state)
    let_go(first)
    assert Path(f"/proc/{number}").exists(), "the second still uses it"
    let_go(second)
    assert not (state / "postgres" / "postmaster.pid").exists()


def test_it_comes_back_after_a_kill_with_all_that_was_committed(state: Path) -> None:
    first = attach(state)
    assert counted(first) == 1
    os.kill(server(state), signal.SIGKILL)
    first.kill()
    first.wait()
    again = attach(state)
    assert counted(again) == 2
    let_go(again)
    assert not (state / "postgres" / "postmaster.pid").exists(), "the killed user does not keep it up"


def test_a_pid_file_that_names_another_program_is_forgotten(state: Path) -> None:
    first = attach(state)
    assert counted(first) == 1
    pid_file = state / "postgres" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    os.kill(server(state), signal.SIGKILL)
    first.kill()
    first.wait()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")  # the number was given again
    again = attach(state)
    assert counted(again) == 2
    let_go(again)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user; the others already are one")
def test_it_works_for_an_ordinary_user_too(state: Path) -> None:
    nobody = pwd.getpwnam("nobody").pw_uid
    os.chown(state, nobody, nobody)
    process = attach(state, user=nobody)
    assert counted(process) == 1
    let_go(process)
