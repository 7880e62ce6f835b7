"""``./run``: from nothing to a served application with its worker, and ``./run play``.

Each part is a process of its own (pages, worker, demonstration authorities), so that any
may be killed and started again; they end together.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

import httpx
from rich.console import Console

from config.database import stop_unused
from config.demo.play import play

ROOT = Path(__file__).resolve().parent.parent
ADDRESS = ("127.0.0.1", 8000)
READY_WITHIN = 60.0  # seconds
SERVERS = {"DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL"}  # a play has its own
console = Console()


class NotStarted(RuntimeError):
    """A part did not start; the message says which, and what it said last."""


def main(arguments: list[str]) -> int:
    """Serve, or play; return the exit status."""
    parser = argparse.ArgumentParser(prog="./run", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="sert l’application sur http://127.0.0.1:8000")
    play = commands.add_parser("play", help="joue tout le contrat de Clairval par les pages")
    play.add_argument("--out", type=Path, default=Path("var/out"), help="dossier des fichiers produits")
    play.add_argument("--url", help="joue sur ce serveur déjà lancé, au lieu d’une installation neuve")
    chosen = parser.parse_args(arguments or ["serve"])
    os.environ.setdefault("DEMONSTRATION", "1")  # said here, and nowhere by default
    try:
        return _play(chosen.out.resolve(), chosen.url) if chosen.command == "play" else _serve()
    except NotStarted as error:
        console.print(f"[red]{error}[/red]")
        return 1


def _serve() -> int:
    url = "http://{}:{}".format(*ADDRESS)
    if _answers(url):
        console.print(f"Contreseing est déjà en service sur {url}.")
        manage("prepare_demonstration")
        return 0
    prepare(os.environ)
    with serving(without_owner(os.environ), ADDRESS[1]) as parts:
        console.print(f"\nContreseing est en service sur [bold]{url}[/bold] (Ctrl-C pour arrêter).")
        console.print(f"Pour essayer les clés d’accès, ouvrez http://localhost:{ADDRESS[1]}.")
        return _wait(parts)


def _play(out: Path, url: str | None) -> int:

    if url:
        state = Path(os.environ.get("STATE_DIR") or ROOT / "var")
        return play(url.rstrip("/"), (state / "demonstration-password").read_text(), out)
    state = ROOT / "var" / "play"
    shutil.rmtree(state, ignore_errors=True)
    web, authorities = free_port(), free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if k not in SERVERS},
        "STATE_DIR": str(state),
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "PKI_URL": f"http://127.0.0.1:{authorities}",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "ERROR"),
    }
    console.print("Installation d’une démonstration neuve…")
    prepare(environment, quiet=True)
    with serving(environment, web):
        return play(f"http://127.0.0.1:{web}", (state / "demonstration-password").read_text(), out)


def prepare(environment: os._Environ[str] | dict[str, str], *, quiet: bool = False) -> None:
    """Bring the database, the static files and the demonstration to what the code expects."""
    manage("migrate", "--verbosity", "0", environment=environment)
    environment = without_owner(environment)
    manage("collectstatic", "--no-input", "--verbosity", "0", environment=environment)
    manage("prepare_demonstration", environment=environment, quiet=quiet)


def without_owner(environment: os._Environ[str] | dict[str, str]) -> dict[str, str]:
    """Return what the pages and the worker may know: not how to connect as the database's owner."""
    return {name: value for name, value in environment.items() if not name.startswith("DATABASE_OWNER_URL")}


def manage(
    *arguments: str, environment: os._Environ[str] | dict[str, str] | None = None, quiet: bool = False
) -> None:
    """Run one of Django's commands to its end; raises NotStarted when it fails."""
    result = subprocess.run(  # noqa: S603 (our own interpreter and file)
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment,
        check=False,
        text=True,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
    )
    if result.returncode:
        raise NotStarted(f"La commande {arguments[0]} a échoué.\n{result.stdout or ''}")


@contextmanager
def serving(
    environment: dict[str, str], port: int, *, output: IO[bytes] | None = None
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run the pages, the worker and the authorities; yield once the pages answer; end them all.

    What they print goes to the terminal, or to ``output``.
    """
    python = sys.executable
    commands = [
        [python, str(ROOT / "manage.py"), "serve_pki"],
        [python, str(ROOT / "manage.py"), "run_worker"],
        [python, "-m", "config.serve", "--port", str(port), "--grace", "3"]
        + ["--log-level", environment.get("LOG_LEVEL", "warning").lower()],
    ]
    parts = [
        subprocess.Popen(command, env=environment, cwd=ROOT, stdout=output, stderr=output)  # noqa: S603
        for command in commands
    ]
    try:
        _until_ready(f"http://127.0.0.1:{port}", parts)
        yield parts
    finally:
        for part in reversed(parts):
            part.terminate()
        for part in parts:
            try:
                part.wait(10)
            except subprocess.TimeoutExpired:
                part.kill()
                part.wait()
        if not environment.get("DATABASE_URL"):
            stop_unused(Path(environment.get("STATE_DIR") or ROOT / "var"))


def free_port() -> int:
    """Return a TCP port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(url: str) -> bool:
    """Whether this is ours, and it lives."""
    try:
        return httpx.get(f"{url}/sante/", timeout=2, trust_env=False).headers.get("X-Contreseing") is not None
    except httpx.HTTPError:
        return False


def _serves(url: str) -> bool:
    """Whether the pages have their database too; the worker comes in its own time."""
    try:
        return bool(httpx.get(f"{url}/sante/pret/", timeout=5, trust_env=False).json()["checks"]["database"])
    except (httpx.HTTPError, ValueError, KeyError):
        return False


def _until_ready(url: str, parts: list[subprocess.Popen[bytes]]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not _serves(url):
        if any(part.poll() is not None for part in parts):
            raise NotStarted("Un des processus s’est arrêté au démarrage : voyez son message ci-dessus.")
        if time.monotonic() > deadline:
            raise NotStarted(f"L’application ne répond pas sur {url}.")
        time.sleep(0.1)


def _wait(parts: list[subprocess.Popen[bytes]]) -> int:
    """Wait for Ctrl-C (0), or for a part to stop by itself (1)."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        while all(part.poll() is None for part in parts):
            time.sleep(0.5)
    except KeyboardInterrupt:
        console.print("\nArrêt…")
        return 0
    console.print("[red]Un des processus s’est arrêté : tout s’arrête.[/red]")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
