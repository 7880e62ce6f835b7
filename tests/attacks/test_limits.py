"""Somebody wants the site to stop: slow, huge, many, malformed. Real sockets, the server as it is served."""

from __future__ import annotations

import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from config import crowd, limits, proxies, serve
from stakeholders.models import User
from tests import plot
from tests.attacks import raw
from tests.attacks.serving import door
from tests.cast import Cast, small_contract
from tests.workflow.sockets import SERVER, logged_in, server_process

logging.getLogger("httpx").setLevel(logging.WARNING)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the time-outs short: that they are kept is what is tested, not how long they are."""
    for name, seconds in {
        "HEADERS_WITHIN": 0.6,
        "BODY_GRACE": 0.6,
        "WRITES_WITHIN": 0.6,
        "IN_LINE_FOR": 0.3,
        "REFUSED_DRAIN": 0.3,
    }.items():
        monkeypatch.setattr(limits, name, seconds)


# --- Slow and huge ----------------------------------------------------------------------------


def test_slow_senders_are_cut(transactional_db: None, hurried: None) -> None:
    """No header ever ends, no body ever ends, or a byte comes now and then: each is cut and told why."""

    def dripping(wire: socket.socket, first: bytes, drop: bytes) -> bytes:
        wire.sendall(first)
        wire.settimeout(0.2)
        deadline, said = time.monotonic() + 8, b""
        while time.monotonic() < deadline:
            try:
                chunk = wire.recv(65536)
                if not chunk:
                    return said
                said += chunk
            except TimeoutError:
                try:
                    wire.sendall(drop)
                except OSError:
                    return said
            except ConnectionResetError:
                return said
        pytest.fail("never cut")

    with door() as url:
        form = raw.head(url, "POST", "/compte/login/", Content_Length="9000")
        pieces = raw.head(url, "POST", "/compte/login/", Transfer_Encoding="chunked")
        attacks = [
            (b"", b"", 408),  # says nothing
            (b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n", 408),
            (form, b"a", 408),
            (pieces, b"1\r\na\r\n", 408),
        ]
        with ThreadPoolExecutor(len(attacks)) as pool, ExitStack() as wires:
            said = [
                pool.submit(dripping, wires.enter_context(raw.connected(url)), first, drop)
                for first, drop, _status in attacks
            ]
            answers = [future.result() for future in said]
        assert [raw.status(answer) for answer in answers] == [status for *_attack, status in attacks]
        assert "n’est pas arrivé à temps" in answers[2].decode()


def test_huge_bodies_are_refused_before_they_are_read(cast: Cast, hurried: None) -> None:
    """By their announced length at once, in pieces as soon as they pass it; files on their route alone."""
    with door() as url:

        def sent(path: str, who: User | None, size: int, announce: bool = True, kind: str = "form") -> int:
            with raw.connected(url, 10) as wire:
                name = settings.SESSION_COOKIE_NAME
                content = {
                    "form": "application/x-www-form-urlencoded",
                    "file": "multipart/form-data; boundary=x",
                }
                headers = {"Content_Type": content[kind]}
                headers |= {"Content_Length": str(size)} if announce else {"Transfer_Encoding": "chunked"}
                if who is not None:
                    headers["Cookie"] = f"{name}={logged_in(who).cookies[name].value}"
                wire.sendall(raw.head(url, "POST", path, **headers))
                if not announce:
                    piece = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
                    try:
                        for _piece in range(size // 0x4000 + 1):
                            wire.sendall(piece)
                    except OSError:
                        pass
                said = raw.answer(wire)
                assert raw.status(said) != 413 or "trop volumineux" in said.decode()
                return raw.status(said)

        member, acts = cast.pilote_ville, f"/organisations/{cast.organisation('org-ville').pk}/"
        assert sent("/compte/login/", None, 10**9) == 413
        assert sent("/compte/login/", None, 200 * limits.KIB, announce=False) == 413
        assert sent("/contrats/1/contacts/", member, 300 * limits.KIB) == 413
        assert sent("/contrats/1/redaction/contrat/", member, 2 * limits.MIB, announce=False) == 413
        assert sent(acts, None, 9 * limits.MIB, kind="file") == 413, "a stranger uploads nothing"
        assert sent(acts, member, 12 * limits.MIB, kind="file") == 413
        assert sent(acts, member, 9 * limits.MIB, kind="form") == 413, "only files are that large"
        with raw.connected(url) as wire:
            wire.sendall(raw.head(url, "GET", "/", X="a" * 2 * limits.HEADERS_AT_MOST))
            assert raw.status(raw.answer(wire)) == 431


def test_a_reader_who_takes_nothing_keeps_no_place(
    transactional_db: None, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More of them than there are places: the next honest reader is served at once, and they are cut."""
    monkeypatch.setattr(limits, "IN_HAND", 2)
    with door() as url, ExitStack() as wires:
        style = "/static/vendor/bootstrap-5.3.9/bootstrap.min.css"
        lazy = []
        for _reader in range(6):
            wire = socket.socket()
            wires.callback(wire.close)
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            wire.connect(("127.0.0.1", int(url.rpartition(":")[2])))
            request = raw.head(url, "GET", style)
            wire.sendall(request * 30)
            lazy.append(wire)
        assert httpx.get(f"{url}/compte/login/", trust_env=False, timeout=10).status_code == 200


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what the server's parser finds: requests, headers, pieces of bodies."""
    found: list[str] = []

    def counting(name: str) -> None:
        handle = getattr(HttpToolsProtocol, name)

        def counted(protocol: HttpToolsProtocol, *told: bytes) -> None:
            found.append(name)
            handle(protocol, *told)

        monkeypatch.setattr(HttpToolsProtocol, name, counted)

    for name in ("on_message_begin", "on_header", "on_body"):
        counting(name)
    return found


_IN_PIECES = b"POST /compte/login/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "again"),
    [
        (b"", b"GET /sante/ HTTP/1.1\r\nHost: x\r\n\r\n"),
        (_IN_PIECES, b"1\r\na\r\n"),
        (_IN_PIECES + b"1\r\na\r\n0\r\n", b"a:b\r\n"),
    ],
    ids=["requests", "pieces of one byte", "trailers"],
)
def test_megabytes_of_next_to_nothing_are_not_parsed(
    transactional_db: None,
    hurried: None,
    parsed: list[str],
    caplog: pytest.LogCaptureFixture,
    first: bytes,
    again: bytes,
) -> None:
    """Each request, piece or trailer costs far more to parse than to send: the connection is closed."""
    with door(told=caplog.handler) as url, raw.connected(url) as wire:
        with suppress(ConnectionError):
            wire.sendall(first + again * (limits.MIB // len(again)))
        raw.answer(wire)
    assert len(parsed) <= limits.FRAMING_AT_MOST // 2
    assert not caplog.records


def test_what_follows_a_refusal_is_not_parsed(
    transactional_db: None, hurried: None, parsed: list[str]
) -> None:
    """A refused sender may go on for a moment, so as to read why: that is thrown away as it comes."""
    with door() as url, raw.connected(url) as wire:
        wire.sendall(raw.head(url, "POST", "/compte/login/", Content_Length=str(64 * limits.MIB)))
        assert raw.status(wire.recv(65536)) == 413
        parsed.clear()
        with suppress(ConnectionError):
            wire.sendall(b"a" * limits.MIB)
        raw.answer(wire)
    assert not parsed


def test_honest_pieces_and_a_few_requests_at_a_time_are_served(transactional_db: None) -> None:
    with door() as url, raw.connected(url) as wire:
        wire.sendall(_IN_PIECES + (b"64\r\n" + b"a" * 100 + b"\r\n") * 150 + b"0\r\n\r\n")
        assert raw.status(wire.recv(65536)) == 400, "the host"
        asked = raw.head(url, "GET", "/sante/") * 19 + raw.head(url, "GET", "/sante/", Connection="close")
        wire.sendall(asked)
        assert raw.answer(wire).count(b"HTTP/1.1 200 OK") == 20


# --- Many -------------------------------------------------------------------------------------


def test_twenty_pages_do_not_exhaust_the_database(cast: Cast) -> None:
    """Each asks five times at once: all are answered, 200 or 503, on a few connections."""
    contract = plot.opened(small_contract(cast))
    name = settings.SESSION_COOKIE_NAME
    cookies = {name: logged_in(cast.pilote_ville).cookies[name].value}
    counted: list[int] = []

    def fetch(url: str) -> httpx.Response:
        return httpx.get(url, cookies=cookies, trust_env=False, timeout=60, headers={"HX-Request": "true"})

    with server_process() as (url, _process):
        address = f"{url}/contrats/{contract.pk}/en-direct/"
        assert fetch(address).status_code == 200
        with ThreadPoolExecutor(100) as pool:
            asked = [pool.submit(fetch, address) for _page in range(20) for _time in range(5)]
            while not all(future.done() for future in asked):
                counted.append(_connections())
                asked[-1].exception(timeout=60) if len(counted) > 500 else time.sleep(0.05)
        statuses = [future.result().status_code for future in asked]
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 50
    assert 1 < max(counted) <= limits.POOL + 2, "the pool, the health check, the relay"
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        most = int(cursor.fetchone()[0])
    assert most - 10 > 2 * (limits.POOL + 2) + 2 * 12, "two processes of pages, two workers, some to spare"


def _connections() -> int:
    """Count those of the server process: threads of other tests leave some of their own behind."""
    with connection.cursor() as cursor:
        ours = "datname = current_database() AND application_name = %s"
        cursor.execute(f"SELECT count(*) FROM pg_stat_activity WHERE {ours}", [SERVER])  # noqa: S608
        return int(cursor.fetchone()[0])


def test_beyond_the_line_the_answer_is_to_come_back(
    transactional_db: None, hurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 in French with Retry-After, a page for people and a sentence for scripts; health answers."""
    monkeypatch.setattr(limits, "IN_HAND", 1)
    entered, leave = threading.Event(), threading.Event()

    def slow(request: Any) -> Any:
        entered.set()
        leave.wait(20)
        raise ValueError("done")

    monkeypatch.setattr("allauth.account.views.LoginView.get", lambda self, request, **kwargs: slow(request))
    with door() as url, ThreadPoolExecutor(1) as pool:
        holding = pool.submit(httpx.get, f"{url}/compte/login/", trust_env=False, timeout=30)
        assert entered.wait(20)
        refused = httpx.get(f"{url}/", trust_env=False)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, str(limits.RETRY_AFTER))
        assert "Le service est très demandé en ce moment" in refused.text
        assert "default-src 'none'" in refused.headers["Content-Security-Policy"]
        fragment = httpx.get(f"{url}/", headers={"HX-Request": "true"}, trust_env=False)
        assert fragment.status_code == 503
        assert "<html" not in fragment.text
        assert httpx.get(f"{url}/sante/", trust_env=False).status_code == 200
        leave.set()
        assert holding.result().status_code == 500


def test_an_exhausted_pool_says_busy_and_not_broken(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.db import OperationalError
    from psycopg_pool import PoolTimeout

    def fail(*_args: Any, **_kwargs: Any) -> Any:
        try:
            raise PoolTimeout("no connection")
        except PoolTimeout as error:
            raise OperationalError(str(error)) from error

    monkeypatch.setattr("django.db.models.query.QuerySet._fetch_all", fail)
    client.raise_request_exception = False
    refused = client.get("/avis-demandes/whoever/")
    assert refused.status_code == 503
    assert refused.headers["Retry-After"]


def test_connections_beyond_the_limit_are_turned_away(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS", 3)
    with door() as url, ExitStack() as wires:
        for _idle in range(3):
            wires.enter_context(raw.connected(url)).sendall(b"GET")
        with raw.connected(url, 5) as wire:
            said = raw.answer(wire)
        assert raw.status(said) == 503
        assert "retry-after" in said.decode().lower()


# --- Addresses --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("peer", "forwarded", "client", "scheme"),
    [
        ("203.0.113.9", "198.51.100.1", "203.0.113.9", "http"),  # not a proxy of ours: not believed
        ("10.1.0.2", "198.51.100.1", "198.51.100.1", "https"),
        ("10.1.0.2", "1.1.1.1, 198.51.100.1", "198.51.100.1", "https"),  # what the client wrote itself
        ("10.1.0.2", "1.1.1.1, 198.51.100.1, 10.1.0.7", "198.51.100.1", "https"),
        ("10.1.0.2", "1.1.1.1, nonsense", "10.1.0.2", "https"),
        ("10.1.0.2", "", "10.1.0.2", "https"),
        ("::ffff:10.1.0.2", "2001:db8::1", "2001:db8::1", "https"),
    ],
)
def test_an_address_is_believed_from_our_proxies_only(
    peer: str, forwarded: str, client: str, scheme: str
) -> None:
    headers = [
        (b"x-forwarded-for", forwarded.encode()),
        (b"X_Forwarded_Proto", b"http, https"),
        (b"x-real-ip", b"9.9.9.9"),
        (b"host", b"x"),
    ]
    scope = {"type": "http", "scheme": "http", "client": (peer, 1), "headers": headers}
    told = proxies.believed(scope, proxies.networks("10.1.0.0/16"))
    assert told["client"][0] == client
    assert told["scheme"] == scheme
    assert told["headers"] == [(b"host", b"x")]


def test_the_servers_and_the_proxy_agree_on_their_limits() -> None:
    """./run, the image and compose serve by config.serve; Caddy and compose bound what they run."""
    import yaml

    root = Path(__file__).resolve().parents[2]
    compose = yaml.safe_load((root / "docker-compose.yml").read_text())["services"]
    assert compose["web"]["command"][:3] == ["python", "-m", "config.serve"]
    assert all({"mem_limit", "cpus", "pids_limit"} <= set(service) for service in compose.values())
    caddy = (root / "docker/Caddyfile").read_text()
    for words in ("read_header 10s", "read_body 300s", "max_size 11MiB", "max_size 256KiB"):
        assert words in caddy
    served = serve.configuration()
    assert served.ws_max_size == 1024
    assert not served.ws_per_message_deflate
    assert not served.proxy_headers


def test_a_place_is_given_back() -> None:
    import asyncio

    async def through() -> None:
        one = crowd.Crowd(1, 1, 0.05)
        async with one.place():
            with pytest.raises(crowd.Busy):
                async with one.place():
                    pytest.fail("two in one place")
        async with one.place():
            pass

    asyncio.run(through())
