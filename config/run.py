"""``./run``: from nothing to a served application with its worker, and ``./run play``.

Each part is a process of its own (pages, worker, demonstration authorities), so that any
may be killed and started again; they end together, with this one and whatever ends it
(:mod:`config.attached`). ``HOST`` and ``PORT`` say where, 127.0.0.1 and 8000 otherwise.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import httpx
from django.core.exceptions import ImproperlyConfigured
from rich.console import Console

from config import attached, installation, premises
from config.attached import ROOT, Stopped, state_of
from config.demo import newcomers, road
from config.demo.play import perform, play

READY_WITHIN = 60.0  # seconds
PORTS = range(20_000, 32_000)  # below those that the kernel gives to whoever connects (ip_local_port_range)
# a play has its own, and writes to nobody
SERVERS = {"DATABASE_URL", "DATABASE_OWNER_URL", "EMAIL_URL", "ALLOWED_HOSTS", "TIMESTAMP_URLS"}
SERVERS |= {f"{name}_FILE" for name in SERVERS} | {"LOCAL_INSTALLATION", "TRUST_ROOTS"}
PARTS = ("les autorités de démonstration", "l’exécuteur", "les pages")
console = Console()


class NotStarted(RuntimeError):
    """A part did not start; the message says which, and what it said last."""


def main(arguments: list[str]) -> int:
    """Serve, or play; return the exit status."""
    parser = argparse.ArgumentParser(prog="./run", description=__doc__)
    commands = parser.add_subparsers(dest="command")
    commands.add_parser("serve", help="sert l’application sur http://127.0.0.1:8000")
    play = commands.add_parser("play", help="ouvre un contrat par les pages, puis le joue en entier")
    play.add_argument("--out", type=Path, default=Path("var/out"), help="dossier des fichiers produits")
    where = play.add_mutually_exclusive_group()
    where.add_argument("--url", help="joue sur ce serveur déjà lancé, au lieu d’une installation neuve")
    where.add_argument(
        "--from",
        dest="origin",
        choices=["demonstration", "empty"],
        default="demonstration",
        help="empty : part d’une installation vide (code, comptes, import, invitations)",
    )
    chosen = parser.parse_args(arguments or ["serve"])
    try:
        installation.prepare(os.environ)
        if chosen.command != "play":
            return _serve()
        return _play(chosen.out.resolve(), chosen.url, empty=chosen.origin == "empty")
    except (NotStarted, premises.Unfit, ImproperlyConfigured) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1
    except OSError as error:
        if not (said := premises.of_disk(error)):
            raise
        console.print(f"[red]{said}[/red]", highlight=False, soft_wrap=True)
        return 1
    except Stopped as asked:
        console.print("Arrêt avant la fin : rien ne reste en service.")
        return 128 + signal.Signals[str(asked)]


def address() -> tuple[str, int]:
    """Return where the pages are to be served; raises Unfit."""
    port = os.environ.get("PORT") or "8000"
    if not port.isdecimal() or not 0 < int(port) < 65535:
        raise premises.Unfit(f"PORT vaut « {port} » : écrivez un numéro de port, 8000 par exemple.")
    return os.environ.get("HOST") or "127.0.0.1", int(port)


def _serve() -> int:
    host, port = address()
    url = f"http://{host}:{port}"
    state = state_of(os.environ)
    premises.refuse_disk(state)
    installation.refuse_exposed(os.environ, host)
    if (host, port) != ("127.0.0.1", 8000):
        os.environ.setdefault("PUBLIC_URL", url)
    os.environ["PKI_URL"], where, theirs = installation.authorities(os.environ, port)
    try:
        with premises.alone(state / "serving.lock"):
            premises.refuse_port(host, port, "PORT")
            if installation.is_demonstration(os.environ):
                premises.refuse_port(where, theirs, "PKI_URL")
            return _serve_alone(host, port)
    except premises.Occupied:
        if not _answers(url):
            raise premises.Unfit("Un autre ./run de ce dossier démarre, ou sert ailleurs.") from None
        console.print(f"Contreseing est déjà en service sur {url}.")
        shown = installation.is_demonstration(os.environ)
        manage(*(["prepare_demonstration"] if shown else ["first_code", "--if-awaited"]))
        return 0


def _serve_alone(host: str, port: int) -> int:
    with attached.attached(os.environ):
        prepare(os.environ)
        with serving(without_owner(os.environ), port, host=host) as parts:
            try:
                here = f"[bold]http://{host}:{port}[/bold]"
                console.print(f"\nContreseing est en service sur {here} (Ctrl-C pour arrêter).")
                if installation.is_demonstration(os.environ):
                    if not os.environ.get("EMAIL_URL"):
                        mails = f"http://{host}:{port}/demonstration/courriels/"
                        console.print(
                            f"Les courriels de la démonstration se lisent sur {mails}", soft_wrap=True
                        )
                    console.print(f"Pour essayer les clés d’accès, ouvrez http://localhost:{port}.")
                    if folder := installation.mails_of_training(os.environ):
                        console.print(f"Les courriels sont gardés dans {folder}.", soft_wrap=True)
                else:
                    console.print(f"Les gens ouvrent {os.environ['PUBLIC_URL']}.")
                    for note in installation.notes(os.environ):
                        console.print(note, markup=False, highlight=False, soft_wrap=True)
                return _wait(parts)
            except Stopped:
                console.print("\nArrêt…")
                return 0


def _play(out: Path, url: str | None, *, empty: bool) -> int:
    if url:
        return play(url.rstrip("/"), installation.password(os.environ), out)
    state = state_of(os.environ) / "play"  # of its own: what is beside it is not read
    premises.refuse_disk(state.parent)
    try:
        with premises.alone(state.with_suffix(".lock")):
            return _play_empty(out, state) if empty else _play_alone(out, state)
    except premises.Occupied:
        raise premises.Unfit("Un autre ./run play de ce dossier joue déjà : attendez sa fin.") from None


def _play_alone(out: Path, state: Path) -> int:
    console.print("Installation d’une démonstration neuve…")
    with _played(state, DEMONSTRATION_DATA="1") as (environment, parts):
        password = (state / "demonstration-password").read_text()
        return _said(play(environment["PUBLIC_URL"], password, out), parts)


def _play_empty(out: Path, state: Path) -> int:
    console.print("Installation vide, pour se former…")
    with _played(state, DEMONSTRATION_DATA="0") as (environment, parts):
        shown = manage("first_code", environment=without_owner(environment), quiet=True)
        code = shown.rsplit(maxsplit=1)[-1]
        stage = newcomers.Empty(environment["PUBLIC_URL"], secrets.token_urlsafe(24), {}, state=state)

        def whole(_stage: object, folder: Path) -> None:
            newcomers.found(stage, code)
            road.go_on(stage, folder)

        return _said(perform(stage, out, whole), parts)


def _said(code: int, parts: list[subprocess.Popen[Any]]) -> int:
    """Say which part stopped by itself, where a play failed; return its exit status."""
    if code and (dead := _dead(parts)):
        console.print(f"[red]{dead}[/red]")
    return code


@contextmanager
def _played(state: Path, **told: str) -> Iterator[tuple[Mapping[str, str], list[subprocess.Popen[Any]]]]:
    """Serve a new installation to play on, in a folder of its own; yield what it was told, and its parts."""
    shutil.rmtree(state, ignore_errors=True)
    web, authorities = free_port(), free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if k not in SERVERS},
        "DEMONSTRATION": "1",
        "STATE_DIR": str(state),
        "PUBLIC_URL": f"http://127.0.0.1:{web}",
        "PKI_URL": f"http://127.0.0.1:{authorities}",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "ERROR"),
        **told,
    }
    with attached.attached(environment):
        prepare(environment, quiet=True)
        with serving(environment, web) as parts:
            yield environment, parts


def prepare(environment: Mapping[str, str], *, quiet: bool = False) -> None:
    """Bring the database, the static files and what is served to what the code expects."""
    manage("prepare_installation", environment=environment, quiet=quiet)


def without_owner(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what the pages and the worker may know: not how to connect as the database's owner."""
    return {name: value for name, value in environment.items() if not name.startswith("DATABASE_OWNER_URL")}


def manage(*arguments: str, environment: Mapping[str, str] | None = None, quiet: bool = False) -> str:
    """Run one of Django's commands to its end, and return what a quiet one said; raises NotStarted."""
    process = attached.start(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        os.environ if environment is None else environment,
        text=True,
        stdout=subprocess.PIPE if quiet else None,
        stderr=subprocess.STDOUT if quiet else None,
    )
    try:
        said, _none = process.communicate()
    except BaseException:
        attached.end([process])
        raise
    if process.returncode:
        raise NotStarted(f"La commande {arguments[0]} a échoué.\n{said or ''}".rstrip())
    return str(said or "")


@contextmanager
def serving(
    environment: Mapping[str, str], port: int, *, host: str = "127.0.0.1", output: IO[bytes] | None = None
) -> Iterator[list[subprocess.Popen[Any]]]:
    """Run the pages, the worker and the authorities; yield once the pages answer; end them all.

    What they print goes to the terminal, or to ``output``.
    """
    python = sys.executable
    commands = [
        *(
            [[python, str(ROOT / "manage.py"), "serve_pki"]]
            if installation.is_demonstration(environment)
            else []
        ),
        [python, str(ROOT / "manage.py"), "run_worker"],
        [python, "-m", "config.serve", "--host", host, "--port", str(port), "--grace", "3"]
        + ["--log-level", environment.get("LOG_LEVEL", "warning").lower()],
    ]
    with attached.attached(environment, output=output):
        parts: list[subprocess.Popen[Any]] = []
        try:
            for command in commands:
                parts.append(attached.start(command, environment, stdout=output, stderr=output))
            _until_ready(f"http://{host}:{port}", parts)
            yield parts
        finally:
            attached.end(parts)


def free_port() -> int:
    """Return a TCP port of loopback that nobody listens on or drew, nor is given by the kernel meanwhile."""
    for _try in range(len(PORTS)):
        if keep_port(port := PORTS[secrets.randbelow(len(PORTS))]):
            return port
    raise RuntimeError("Aucun port n’est libre sur 127.0.0.1.")


def keep_port(port: int) -> bool:
    """Keep a port from whoever draws one, for as long as this process lives, unless it is taken.

    Who serves on it is not refused: a socket that is bound and does not listen stands in the way of those
    alone that do not ask to use an address again (``SO_REUSEADDR``, as every server asks), see socket(7).
    """
    kept = socket.socket()
    try:
        kept.bind(("127.0.0.1", port))
    except OSError:
        kept.close()
        return False
    kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    _kept.append(kept)
    return True


_kept: list[socket.socket] = []


def _answers(url: str) -> bool:
    """Whether this is ours, and it lives."""
    try:
        return httpx.get(f"{url}/sante/", timeout=2, trust_env=False).headers.get("X-Contreseing") is not None
    except httpx.HTTPError:
        return False


def _serves(client: httpx.Client) -> bool:
    """Whether the pages have their database too; the worker comes in its own time."""
    try:
        return bool(client.get("/sante/pret/").json()["checks"]["database"])
    except (httpx.HTTPError, ValueError, KeyError):
        return False


def _until_ready(url: str, parts: list[subprocess.Popen[Any]]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    # one client: each loads the machine's certificates, which takes longer than the question
    with httpx.Client(base_url=url, timeout=5, trust_env=False) as client:
        while not _serves(client):
            if dead := _dead(parts):
                raise NotStarted(f"{dead} Voyez son message ci-dessus.")
            if time.monotonic() > deadline:
                raise NotStarted(f"L’application ne répond pas sur {url}.")
            time.sleep(0.1)


def _dead(parts: list[subprocess.Popen[Any]]) -> str:
    """Return the sentence that names the part that stopped by itself, empty while all live."""
    for name, part in zip(PARTS[-len(parts) :], parts, strict=False):
        if (code := part.poll()) is not None:
            how = f"par le signal {signal.Signals(-code).name}" if code < 0 else f"avec le code {code}"
            return f"Un des processus s’est arrêté ({name}, {how}) : tout s’arrête."
    return ""


def _wait(parts: list[subprocess.Popen[Any]]) -> int:
    """Wait for a part to stop by itself (1); raises Stopped when told to stop."""
    while not (dead := _dead(parts)):
        time.sleep(0.5)
    console.print(f"[red]{dead}[/red]")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
