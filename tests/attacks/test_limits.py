"""Somebody wants the site to stop: slow, huge, many, malformed. Real sockets, the server as it is served."""

from __future__ import annotations

import json
import logging
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
import uvicorn
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, get_hasher, identify_hasher, make_password
from django.contrib.staticfiles.finders import get_finders
from django.db import connection
from django.test import Client, override_settings
from websockets.exceptions import ConnectionClosed

from config import crowd, limits, proxies, serve
from stakeholders import hashing
from stakeholders.models import User
from tests import plot
from tests.attacks import raw
from tests.cast import Cast, small_contract
from tests.workflow.sockets import logged_in, page, server_process, watching

logging.getLogger("httpx").setLevel(logging.WARNING)
PASSWORD = "un mot de passe de test"


@contextmanager
def door(**config: Any) -> Iterator[str]:
    """Serve the application in this process, by the server and the protocols of ``config.serve``."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    server = uvicorn.Server(serve.configuration(log_level="critical", **config))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


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


# --- Many -------------------------------------------------------------------------------------


def test_twenty_pages_do_not_exhaust_the_database(cast: Cast) -> None:
    """Each asks for five fragments at once: all are answered, 200 or 503, on a few connections."""
    contract = plot.opened(small_contract(cast))
    name = settings.SESSION_COOKIE_NAME
    cookies = {name: logged_in(cast.pilote_ville).cookies[name].value}
    fragments = ["entete", "etapes", "acteurs", "signatures", "historique"]
    counted: list[int] = []

    def fetch(url: str) -> httpx.Response:
        return httpx.get(url, cookies=cookies, trust_env=False, timeout=60, headers={"HX-Request": "true"})

    with server_process() as (url, _process):
        base = f"{url}/contrats/{contract.pk}/fragments/"
        assert fetch(f"{base}entete/").status_code == 200
        with ThreadPoolExecutor(100) as pool:
            asked = [
                pool.submit(fetch, f"{base}{fragment}/") for _page in range(20) for fragment in fragments
            ]
            while not all(future.done() for future in asked):
                counted.append(_connections())
                asked[-1].exception(timeout=60) if len(counted) > 500 else time.sleep(0.05)
        statuses = [future.result().status_code for future in asked]
    assert set(statuses) <= {200, 503}
    assert statuses.count(200) >= 50
    assert max(counted) <= limits.POOL + 3, "the pool, the health check, the relay, this test"
    with connection.cursor() as cursor:
        cursor.execute("SHOW max_connections")
        most = int(cursor.fetchone()[0])
    assert most - 10 > 2 * (limits.POOL + 2) + 2 * 12, "two processes of pages, two workers, some to spare"


def _connections() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
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

    monkeypatch.setattr("workflow.verification.views.connection.cursor", fail)
    client.raise_request_exception = False
    refused = client.get("/sante/")
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


# --- Passwords --------------------------------------------------------------------------------


def test_thirty_logins_at_once_hold_little_memory_and_leave_health_awake(cast: Cast) -> None:
    """The hasher of production; a process of its own, measured from outside."""
    hasher, old = hashing.Argon2(), Argon2PasswordHasher()
    people = list(User.objects.filter(is_active=True).order_by("pk")[:30])
    for person in people:  # some hashes are of before, five times as large
        chosen = old if person.pk % 5 == 0 else hasher
        User.objects.filter(pk=person.pk).update(password=chosen.encode(PASSWORD, chosen.salt()))
    _name_static_files()  # of the pages that refuse
    with server_process() as (url, process):

        def log_in(number: int) -> int:
            token = "c" * 32
            form = {"login": people[number % len(people)].email, "password": PASSWORD}
            answer = httpx.post(
                f"{url}/compte/login/",
                data={**form, "csrfmiddlewaretoken": token},
                headers={"Cookie": f"csrftoken={token}", "Referer": url},
                trust_env=False,
                timeout=60,
            )
            return answer.status_code

        assert httpx.get(f"{url}/sante/", trust_env=False, timeout=60).status_code == 200
        measured, late = psutil.Process(process.pid), []
        most = 0
        with ThreadPoolExecutor(30) as pool:
            asked = [pool.submit(log_in, number) for number in range(30)]
            while not all(future.done() for future in asked):
                began = time.monotonic()
                assert httpx.get(f"{url}/sante/", trust_env=False, timeout=30).status_code == 200
                late.append(time.monotonic() - began)
                most = max(most, measured.memory_info().rss)
            statuses = [future.result() for future in asked]
        assert set(statuses) <= {200, 302, 429, 503}
        assert statuses.count(302) >= 10
        assert most < 600e6, f"{most / 1e6:.0f} MB"
        assert sorted(late)[len(late) // 2] < 1.0


def _name_static_files() -> None:
    """Write the list by which a process of its own finds static files, which nobody collected here."""
    names = [name for finder in get_finders() for name, _storage in finder.list([])]
    folder = Path(settings.BLOB_DIR).parent / "static"
    folder.mkdir(exist_ok=True)
    manifest = {"paths": {name: name for name in names}, "version": "1.1", "hash": ""}
    (folder / "staticfiles.json").write_text(json.dumps(manifest))


def test_passwords_cost_what_owasp_says() -> None:
    hasher = hashing.Argon2()
    encoded = hasher.encode(PASSWORD, hasher.salt())
    assert "$argon2id$v=19$m=19456,t=2,p=1$" in encoded
    assert hasher.verify(PASSWORD, encoded)
    from config import settings as ours

    assert ours.PASSWORD_HASHERS == ["stakeholders.hashing.Argon2", "stakeholders.hashing.Pbkdf2"]


@override_settings(PASSWORD_HASHERS=["stakeholders.hashing.Argon2", "stakeholders.hashing.Pbkdf2"])
@pytest.mark.parametrize(
    "old",
    ["django.contrib.auth.hashers.Argon2PasswordHasher", "django.contrib.auth.hashers.PBKDF2PasswordHasher"],
)
def test_older_hashes_are_renewed_when_their_owner_logs_in(db: None, old: str) -> None:
    from django.utils.module_loading import import_string

    before = import_string(old)()
    person = User.objects.create_user("claire@ville.example", None)
    User.objects.filter(pk=person.pk).update(password=before.encode(PASSWORD, before.salt()))
    person.refresh_from_db()
    assert person.check_password(PASSWORD)
    person.refresh_from_db()
    assert "m=19456,t=2,p=1" in person.password
    assert identify_hasher(person.password).verify(PASSWORD, person.password)


@override_settings(PASSWORD_HASHERS=["stakeholders.hashing.Argon2", "stakeholders.hashing.Pbkdf2"])
def test_hashes_beyond_the_places_wait_then_say_busy(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever it is, known or not, through whichever form: 503, and nobody waits for long."""
    monkeypatch.setattr(hashing, "PATIENCE", 0.05)
    monkeypatch.setattr(hashing, "_places", threading.BoundedSemaphore(1))
    client.raise_request_exception = False
    with hashing.place():
        for login in ("nobody@ville.example", "other@ville.example"):
            refused = client.post("/compte/login/", {"login": login, "password": PASSWORD})
            assert refused.status_code == 503
            assert refused.headers["Retry-After"]
        with pytest.raises(hashing.HashingBusy):
            make_password(PASSWORD)
    assert get_hasher().algorithm == "argon2"
    assert client.post("/compte/login/", {"login": "a@b.example", "password": "x"}).status_code == 200


# --- Websockets -------------------------------------------------------------------------------


def test_a_page_that_speaks_says_nothing_to_the_server(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    """16 MB, binary, what is no JSON, a query of nonsense: cut or ignored, nothing in the log."""
    with door() as url:
        for size in (2 * limits.KIB, 16 * limits.MIB):
            with page(url, cast.pilote_ville) as loud:
                loud.hear_until("hello")
                with pytest.raises(ConnectionClosed) as closed:
                    loud.wire.send("a" * size)
                    loud.hear_all(10)
                # the larger one may be cut before its sender reads why
                assert closed.value.rcvd.code == 1009 if closed.value.rcvd else size > limits.MIB
        with page(url, cast.pilote_ville) as odd:
            odd.hear_until("hello")
            for said in ("{", "[]", json.dumps({"type": "event.told"}), b"\x00\xff", "é" * 400):
                odd.wire.send(said)
            assert odd.hear_all() == []
            for _more in range(30):
                try:
                    odd.wire.send("x")
                except ConnectionClosed:
                    break
            assert odd.close_code() == 1008
        client = logged_in(cast.pilote_ville)
        for query in ("contract=" + "9" * 5000, "after=" + "9" * 30, "contract=%FF", "after=²"):
            with _asking(url, client, query) as wire:
                assert json.loads(wire.recv(timeout=10))["kind"] == "hello"
    assert not tracebacks(caplog)


def tracebacks(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return what the server logged with a stack; the client of the test logs its own."""
    return [r for r in caplog.records if r.exc_info and not r.name.startswith("websockets.client")]


@contextmanager
def _asking(url: str, client: Client, query: str) -> Iterator[Any]:
    from websockets.sync.client import connect
    from websockets.typing import Origin

    name = settings.SESSION_COOKIE_NAME
    with connect(
        f"{url.replace('http', 'ws', 1)}/ws/live/?{query}",
        origin=Origin(url),
        additional_headers={"Cookie": f"{name}={client.cookies[name].value}"},
    ) as wire:
        yield wire


def test_malformed_doors_are_closed_without_a_word_in_the_log(
    transactional_db: None, caplog: pytest.LogCaptureFixture
) -> None:
    """Another path, an origin that is no address: refused, no traceback."""
    from websockets.exceptions import InvalidStatus
    from websockets.sync.client import connect
    from websockets.typing import Origin

    with door() as url:
        for path, origin in (("/ws/other/", url), ("/ws/live/", "http://[::1"), ("/ws/live/", "http://a:b")):
            with pytest.raises(InvalidStatus) as refused:
                connect(f"{url.replace('http', 'ws', 1)}{path}", origin=Origin(origin))
            assert refused.value.response.status_code == 403
    assert not tracebacks(caplog)


def test_the_oldest_page_of_a_person_gives_way(cast: Cast) -> None:
    """One account cannot fill a process with sockets, nor close another's; all of them are counted."""
    client = logged_in(cast.pilote_ville)
    with door() as url, override_settings(SOCKETS_AN_ACCOUNT=3, SOCKETS=5), ExitStack() as pages:
        other = pages.enter_context(watching(url, cast.bailleur_oh))
        mine = [pages.enter_context(watching(url, client)) for _page in range(4)]
        assert mine[0].close_code() == 4429
        pages.enter_context(watching(url, cast.rtac))
        assert other.hear_all() == [], "still open"
        with page(url, cast.maire) as beyond:
            assert beyond.close_code() == 1013


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
