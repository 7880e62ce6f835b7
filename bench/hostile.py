"""Memory of the pages' process and latency of ``/sante/`` while the site is attacked, in a real installation.

Thirty log-ins at once, four hundred sockets, frames of 16 MB, bodies and headers that never
end, bodies far too large, megabytes of frames, requests and pieces that hold next to nothing.
The peer in the same run is Django alone (a page that hashes a password with Django's own
hasher, a socket that reads its frames, ``/sante/``) under uvicorn as it comes: the same load,
the same machine. Who looks at ``/sante/`` is a process apart (``bench/look.py``): to make and
mask nine frames of 16 MB holds the one that sends them for half a second.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import websockets
from rich.console import Console
from rich.table import Table

from bench.stage import percentile
from config import limits
from config.attached import ROOT
from config.run import free_port, prepare, serving

HEALTH_AIM, MEMORY_AIM = 0.5, 600.0  # seconds (p99), megabytes
LOGINS, SOCKETS, FRAMES, SLOW, HUGE = 30, 400, 9, 60, 20
FRAME = 16 * 1024 * 1024
CALM_WITHIN = 60.0  # seconds that a site is given to come back to itself after an attack
console = Console()


@dataclass
class Site:
    """One application under attack."""

    url: str
    pid: int
    login: str
    people: list[tuple[str, str]]  # addresses and passwords
    cookies: list[str] = field(default_factory=list)
    live: str = "/ws/live/"


@dataclass
class Measure:
    """What was seen while an attack lasted."""

    health: list[float] = field(default_factory=list)
    refused: int = 0
    peak: float = 0.0  # MB

    @property
    def p99(self) -> float:
        """The health's latency that one look in a hundred exceeds, in seconds."""
        return percentile(self.health, 0.99) if self.health else float("nan")


@dataclass(frozen=True)
class Crumbs:
    """What is sent first, as text, then again and again."""

    first: str
    again: bytes


_EMPTY_FRAMES = Crumbs(
    "GET {live} HTTP/1.1\nHost: {host}\nOrigin: {url}\nCookie: {cookie}\n"
    "Connection: Upgrade\nUpgrade: websocket\n"
    "Sec-WebSocket-Version: 13\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\n\n",
    b"\x89\x80\0\0\0\0",
)
_REQUESTS = Crumbs("", b"GET /sante/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
_BYTES = Crumbs("POST /sante/ HTTP/1.1\nHost: {host}\nTransfer-Encoding: chunked\n\n", b"1\r\na\r\n")


def main(argv: list[str]) -> int:
    """Print the table; 1 when an aim is missed."""
    parser = argparse.ArgumentParser(prog="./run bench hostile")
    parser.add_argument("--seconds", type=float, default=12.0, help="durée de chaque attaque lente")
    seconds = parser.parse_args(argv).seconds
    with _ours() as site:
        ours = asyncio.run(_attacked(site, seconds))
    with _bare() as site:
        bare = asyncio.run(_attacked(site, seconds))
    table = Table(title="Sous attaque : /sante/ et mémoire du processus des pages")
    for heading in (
        "attaque",
        "/sante/ p50 ms",
        "p99 ms",
        "pic Mo",
        "Django seul, p99 ms",
        "pic Mo",
        "rapport p99",
    ):
        table.add_column(heading, justify="right" if heading != "attaque" else "left")
    for name, mine in ours.items():
        peer = bare[name]
        table.add_row(
            name,
            f"{percentile(mine.health, 0.5) * 1000:.0f}",
            f"{mine.p99 * 1000:.0f}" + (f" ({mine.refused} refus)" if mine.refused else ""),
            f"{mine.peak:.0f}",
            f"{peer.p99 * 1000:.0f}" + (f" ({peer.refused} refus)" if peer.refused else ""),
            f"{peer.peak:.0f}",
            f"{mine.p99 / peer.p99:.2f}",
        )
    console.print(table)
    missed = [n for n, m in ours.items() if m.p99 > HEALTH_AIM or m.peak > MEMORY_AIM or m.refused]
    aims = f"/sante/ p99 < {HEALTH_AIM * 1000:.0f} ms, mémoire < {MEMORY_AIM:.0f} Mo"
    console.print(f"Objectifs ({aims}) : " + (f"manqués pour {', '.join(missed)}" if missed else "tenus"))
    return 1 if missed else 0


async def _attacked(site: Site, seconds: float) -> dict[str, Measure]:
    """Attack in turn; each attack is bounded in number and in time."""
    attacks: dict[str, Callable[[], Awaitable[object]]] = {
        "au calme": lambda: asyncio.sleep(3),
        f"{LOGINS} connexions à la fois": lambda: _log_in(site),
        f"{SOCKETS} prises": lambda: _listen(site, seconds),
        f"{FRAMES} trames de 16 Mo": lambda: _shout(site),
        f"{FRAMES} × 16 Mo de trames vides": lambda: _crumble(site, _EMPTY_FRAMES),
        f"{FRAMES} × 16 Mo de requêtes": lambda: _crumble(site, _REQUESTS),
        f"{FRAMES} × 16 Mo d’un octet à la fois": lambda: _crumble(site, _BYTES),
        f"{SLOW} envois sans fin": lambda: _drip(site, seconds),
        f"{HUGE} corps de 100 Mo": lambda: _flood(site),
    }
    found = {}
    for name, attack in attacks.items():
        measure = found[name] = Measure()
        async with _watched(site, measure):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds * 5):
                    await attack()
        await _calm(site)
    return found


@asynccontextmanager
async def _watched(site: Site, measure: Measure) -> AsyncIterator[None]:
    """Have ``/sante/`` looked at from a process apart, and fill the measure in the end."""
    command = [sys.executable, "-m", "bench.look", site.url, str(site.pid)]
    looking = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert looking.stdout is not None  # noqa: S101 (a pipe)
    await looking.stdout.readline()  # it looks
    try:
        yield
    finally:
        told, _nothing = await looking.communicate(b"")  # closes its input
        seen = json.loads(told)
        measure.health, measure.refused, measure.peak = seen["health"], seen["refused"], seen["peak"]


async def _log_in(site: Site) -> None:
    """Log thirty people in at the same moment, three times over; the sessions serve the sockets."""

    async def one(number: int) -> None:
        login, password = site.people[number % len(site.people)]
        token = "c" * 32
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            answer = await client.post(
                f"{site.url}{site.login}",
                data={"login": login, "password": password, "csrfmiddlewaretoken": token},
                headers={"Cookie": f"csrftoken={token}", "Referer": site.url},
            )
            if key := answer.cookies.get("contreseing") or answer.cookies.get("__Host-contreseing"):
                site.cookies.append(f"contreseing={key}")

    for _turn in range(3):
        await asyncio.gather(*(one(number) for number in range(LOGINS)), return_exceptions=True)


async def _open(site: Site, number: int) -> websockets.ClientConnection:
    cookie = {"Cookie": site.cookies[number % len(site.cookies)]} if site.cookies else {}
    return await websockets.connect(
        f"{site.url.replace('http', 'ws', 1)}{site.live}",
        additional_headers={"Origin": site.url, **cookie},
        open_timeout=60,
        ping_interval=None,
    )


async def _listen(site: Site, seconds: float) -> None:
    opened = await asyncio.gather(*(_open(site, n) for n in range(SOCKETS)), return_exceptions=True)
    await asyncio.sleep(seconds / 2)
    wires = [wire for wire in opened if not isinstance(wire, BaseException)]
    await asyncio.gather(*(wire.close() for wire in wires), return_exceptions=True)


async def _shout(site: Site) -> None:
    async def one(number: int) -> None:
        wire = await _open(site, number)
        await wire.send("a" * FRAME)
        await wire.close()

    for _turn in range(3):
        await asyncio.gather(*(one(n) for n in range(FRAMES)), return_exceptions=True)


async def _crumble(site: Site, crumbs: Crumbs) -> None:
    """Send megabytes of what costs more to parse than to send, and take the answers."""
    place = urlsplit(site.url)
    block = crumbs.again * (limits.MIB // len(crumbs.again))

    async def one(number: int) -> None:
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        cookie = site.cookies[number % len(site.cookies)] if site.cookies else "a=b"
        first = crumbs.first.format(url=site.url, host=place.netloc, live=site.live, cookie=cookie)
        taking = asyncio.create_task(_take(reader))
        writer.write(first.replace("\n", "\r\n").encode())
        for _block in range(FRAME // limits.MIB):
            writer.write(block)
            await writer.drain()
        writer.close()
        await taking

    for _turn in range(3):
        await asyncio.gather(*(one(n) for n in range(FRAMES)), return_exceptions=True)


async def _take(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(OSError):
        while await reader.read(limits.MIB):
            pass


async def _calm(site: Site) -> None:
    """Wait until the site has swallowed an attack: the next is measured by itself."""
    async with httpx.AsyncClient(trust_env=False, timeout=CALM_WITHIN) as client:
        with contextlib.suppress(httpx.HTTPError):
            await client.get(f"{site.url}/sante/")


async def _drip(site: Site, seconds: float) -> None:
    """Begin requests, stop in the headers or in the body, and send a few bytes now and then."""
    place = urlsplit(site.url)

    async def one(number: int) -> None:
        _reader, writer = await asyncio.open_connection(place.hostname, place.port)
        head = f"POST {site.login} HTTP/1.1\r\nHost: {place.netloc}\r\n"
        if number % 2:
            head += "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 16000\r\n\r\n"
        writer.write(head.encode())
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and not writer.is_closing():
            writer.write(b"a=b&" if number % 2 else b"X-A: b\r\n")
            await writer.drain()
            await asyncio.sleep(0.5)
        writer.close()

    await asyncio.gather(*(one(n) for n in range(SLOW)), return_exceptions=True)


async def _flood(site: Site) -> None:
    place = urlsplit(site.url)

    async def one(_number: int) -> None:
        _reader, writer = await asyncio.open_connection(place.hostname, place.port)
        writer.write(
            f"POST {site.login} HTTP/1.1\r\nHost: {place.netloc}\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000000\r\n\r\n".encode()
        )
        for _piece in range(100):
            writer.write(b"a" * 1_000_000)
            await writer.drain()
        writer.close()

    await asyncio.gather(*(one(n) for n in range(HUGE)), return_exceptions=True)


@contextmanager
def _ours() -> Iterator[Site]:
    """Install a demonstration, serve it as ``./run`` does."""
    state = Path(tempfile.mkdtemp(prefix="contreseing-hostile-"))
    port, authorities = free_port(), free_port()
    environment = {
        **{k: v for k, v in os.environ.items() if k != "DATABASE_URL"},
        "WEB_PROCESSES": "1",  # the figures of config/limits.py are for one
        "STATE_DIR": str(state),
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "PKI_URL": f"http://127.0.0.1:{authorities}",
        "LOG_LEVEL": "CRITICAL",
        "DEMONSTRATION": "1",
    }
    try:
        prepare(environment, quiet=True)
        password = (state / "demonstration-password").read_text().strip()
        addresses = _addresses(environment)
        with serving(environment, port) as parts:
            yield Site(
                f"http://127.0.0.1:{port}",
                parts[-1].pid,
                "/compte/login/",
                [(address, password) for address in addresses],
            )
    finally:
        shutil.rmtree(state, ignore_errors=True)


def _addresses(environment: dict[str, str]) -> list[str]:
    """Return whom the demonstration lets log in by password."""
    script = (
        "from stakeholders.models import User;"
        "print(*[u.email for u in User.objects.filter(is_active=True) if u.has_usable_password()])"
    )
    told = subprocess.run(  # noqa: S603 (our own interpreter and file)
        [sys.executable, str(ROOT / "manage.py"), "shell", "--no-imports", "-c", script],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return told.stdout.split()


@contextmanager
def _bare() -> Iterator[Site]:
    """Serve ``bench/hello.py`` by uvicorn as it comes."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "bench.hello:application", "--port", str(port)]
    process = subprocess.Popen(  # noqa: S603 (our own interpreter and file)
        [*command, "--no-access-log", "--log-level", "critical"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "bench.hello"},
    )
    try:
        _until_open(port)
        yield Site(f"http://127.0.0.1:{port}", process.pid, "/login/", [("a@b.example", "x" * 16)])
    finally:
        process.kill()  # it may be busy with an attack for long
        process.wait()


def _until_open(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.2)
    raise TimeoutError("bench.hello")
