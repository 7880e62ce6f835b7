"""Lists fetched from a real TLS server: which addresses are asked, and what of their answers is taken."""

from __future__ import annotations

import datetime as dt
import http.server
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from signatures import jobs
from signatures.lists import fetching, keeping, standing
from signatures.lists.models import ListTrial
from signatures.lists.refusals import ListRefused
from tests.signatures.lists.pivoting import FIRST, OTHER, Pivots
from tests.signatures.lists.scheme import Scheme

NOBODY: Any = None  # the job asks nothing of its context


class Publisher:
    """A publisher of lists on loopback: what it has, and where it sends elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.pages: dict[str, bytes] = {}
        self.elsewhere: dict[str, str | None] = {}  # None: elsewhere, and nowhere said
        self.asked: list[str] = []
        publisher = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:  # noqa: N802 (its own name)
                publisher.asked.append(self.path)
                if self.path in publisher.elsewhere:
                    self.send_response(302)
                    if (place := publisher.elsewhere[self.path]) is not None:
                        self.send_header("Location", place)
                    self.end_headers()
                    return
                page = publisher.pages.get(self.path)
                self.send_response(404 if page is None else 200)
                self.end_headers()
                self.wfile.write(page or b"")

            def log_message(self, *_told: object) -> None:
                pass

        self.authority = _certificate(folder)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secured.load_cert_chain(self.authority)
        self.server.socket = secured.wrap_socket(self.server.socket, server_side=True)
        self.host = f"localhost:{self.server.server_address[1]}"
        self.url = f"https://{self.host}"


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "publisher.pem"
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))
    return path


@pytest.fixture
def publisher(scheme: Scheme, tmp_path: Path, settings: Any) -> Iterator[Publisher]:
    """Serve both lists of the scheme, and have the settings allow it."""
    made = Publisher(tmp_path)
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    made.pages["/eu-lotl.xml"] = scheme.lotl(url=f"{made.url}/tl-fr.xml")
    made.pages["/tl-fr.xml"] = scheme.french()
    settings.TRUSTED_LIST_HOSTS = [made.host]
    settings.TRUSTED_LIST_PRIVATE_HOSTS = ["localhost"]
    settings.TRUSTED_LIST_CA_FILE = str(made.authority)
    settings.LOTL_URL = f"{made.url}/eu-lotl.xml"
    settings.TRUSTED_LISTS_FETCHED = True
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join(5)


def outcomes() -> dict[str, tuple[str, str]]:
    return {one.territory: (one.outcome, one.why) for one in ListTrial.objects.all()}


def test_the_job_fetches_both_lists_and_says_what_became_of_each(
    publisher: Publisher, scheme: Scheme, settings: Any
) -> None:
    settings.TRUSTED_LISTS_FETCHED = False
    jobs.refresh_lists.func(NOBODY)
    assert publisher.asked == []

    settings.TRUSTED_LISTS_FETCHED = True
    jobs.refresh_lists.func(NOBODY)
    assert outcomes() == {"EU": ("kept", ""), "FR": ("kept", "")}
    jobs.refresh_lists.func(NOBODY)
    assert outcomes() == {"EU": ("same", ""), "FR": ("same", "")}
    publisher.pages["/tl-fr.xml"] = scheme.french(sequence=2)
    del publisher.pages["/eu-lotl.xml"]
    jobs.refresh_lists.func(NOBODY)
    assert outcomes() == {"EU": ("refused", "unreachable"), "FR": ("kept", "")}
    assert standing.latest()["FR"].source == f"{publisher.url}/tl-fr.xml"


def test_the_pivots_are_fetched_where_the_lists_are_and_from_no_other_host(
    publisher: Publisher, scheme: Scheme
) -> None:
    made = Pivots(scheme, place=f"{publisher.url}/", french=f"{publisher.url}/tl-fr.xml")
    publisher.pages |= {"/eu-lotl.xml": made.lotl(), f"/{FIRST}": made.files[FIRST]}
    jobs.refresh_lists.func(NOBODY)
    assert outcomes()["EU"] == ("refused", "pivot_unreachable")

    for elsewhere in ("https://autre.test", publisher.url.replace("https", "http"), "https://127.0.0.1"):
        publisher.pages["/eu-lotl.xml"] = made.lotl(named=[FIRST, f"{elsewhere}/{OTHER}"])
        jobs.refresh_lists.func(NOBODY)
        assert outcomes()["EU"] == ("refused", "pivot_not_allowed")
    publisher.pages |= {"/eu-lotl.xml": made.lotl(), f"/{OTHER}": b" " * (keeping.MAX_BYTES + 1)}
    jobs.refresh_lists.func(NOBODY)
    assert outcomes()["EU"] == ("refused", "pivot_too_large")
    assert standing.latest() == {} and standing.pivots() == []

    publisher.pages[f"/{OTHER}"] = made.files[OTHER]
    jobs.refresh_lists.func(NOBODY)
    assert outcomes() == {"EU": ("kept", ""), "FR": ("kept", "")}
    publisher.asked.clear()
    jobs.refresh_lists.func(NOBODY)
    assert publisher.asked == ["/eu-lotl.xml", "/tl-fr.xml"]


def test_a_redirection_is_followed_to_the_hosts_of_the_settings_alone(publisher: Publisher) -> None:
    publisher.elsewhere["/moved"] = "/tl-fr.xml"
    assert fetching.fetched(f"{publisher.url}/moved") == publisher.pages["/tl-fr.xml"]
    port = publisher.host.rsplit(":", 1)[1]
    for elsewhere in (f"https://127.0.0.1:{port}/tl-fr.xml", "http://ec.europa.eu/", "file:///etc/passwd"):
        publisher.elsewhere["/moved"] = elsewhere
        with pytest.raises(ListRefused) as refused:
            fetching.fetched(f"{publisher.url}/moved")
        assert refused.value.code == "not_allowed"
    publisher.elsewhere["/moved"] = "/moved"
    with pytest.raises(ListRefused) as refused:
        fetching.fetched(f"{publisher.url}/moved")
    assert refused.value.code == "redirected" and publisher.asked.count("/moved") < 10


@pytest.mark.parametrize(
    "url",
    [
        "http://{host}/a",
        "https://autre.test/a",
        "https://x@{host}/a",
        "https://{host}.autre.test/a",
        "ftp://{host}/a",
    ],
)
def test_an_address_that_the_settings_do_not_name_is_not_asked(publisher: Publisher, url: str) -> None:
    with pytest.raises(ListRefused) as refused:
        fetching.fetched(url.format(host=publisher.host))
    assert refused.value.code == "not_allowed" and publisher.asked == []


def test_a_name_that_leads_into_a_private_network_is_refused(publisher: Publisher, settings: Any) -> None:
    settings.TRUSTED_LIST_PRIVATE_HOSTS = []
    with pytest.raises(ListRefused) as refused:
        fetching.fetched(f"{publisher.url}/tl-fr.xml")
    assert refused.value.code == "private" and publisher.asked == []


def test_no_more_is_read_than_a_list_may_have(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    publisher.pages["/big"] = b" " * 200_000
    monkeypatch.setattr(fetching, "MAX_BYTES", 100_000)
    with pytest.raises(ListRefused) as refused:
        fetching.fetched(f"{publisher.url}/big")
    assert refused.value.code == "too_large"


def test_who_presents_another_certificate_is_not_the_publisher(publisher: Publisher, settings: Any) -> None:
    settings.TRUSTED_LIST_CA_FILE = None
    with pytest.raises(ListRefused) as refused:
        fetching.fetched(f"{publisher.url}/tl-fr.xml")
    assert refused.value.code == "unreachable" and publisher.asked == []
    assert keeping.refuse("FR", publisher.url, refused.value).outcome == ListTrial.Outcome.REFUSED


@pytest.mark.parametrize(
    "location", ["https://[", "https://localhost:99999999/", "\t//\x7f", "/%zz\\", "", "a:b", "https://xn--"]
)
def test_a_redirection_that_is_no_address_is_refused(publisher: Publisher, location: str) -> None:
    publisher.elsewhere["/moved"] = location
    with pytest.raises(ListRefused):
        fetching.fetched(f"{publisher.url}/moved")


def test_a_redirection_to_nowhere_said_is_refused(publisher: Publisher) -> None:
    publisher.elsewhere["/moved"] = None
    with pytest.raises(ListRefused, match="unreachable"):
        fetching.fetched(f"{publisher.url}/moved")


def test_the_national_list_is_fetched_though_that_of_the_lists_leads_nowhere(publisher: Publisher) -> None:
    jobs.refresh_lists.func(NOBODY)
    publisher.elsewhere["/eu-lotl.xml"] = "https://["
    jobs.refresh_lists.func(NOBODY)
    assert outcomes()["EU"] == ("refused", "unreachable")
