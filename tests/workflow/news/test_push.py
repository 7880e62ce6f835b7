"""Alerts on devices, by a real push service on loopback that decrypts what it is handed over."""

from __future__ import annotations

import base64
import datetime as dt
import http.server
import ipaddress
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import http_ece
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, utils
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from contracts.models import Contract
from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.stage import run_jobs_here
from tests.workflow.sockets import logged_in
from workflow.news import push_acts, push_services
from workflow.news.push_models import PushDevice
from workflow.notices.models import MailChoice, Notice, Rhythm


def text_of(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).decode().rstrip("=")


def octets_of(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


class Device:
    """A browser: its keys, and what it reads of what it is brought."""

    def __init__(self) -> None:
        self.key, self.secret = ec.generate_private_key(ec.SECP256R1()), b"0123456789abcdef"
        point = self.key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        self.keys = {"p256dh": text_of(point), "auth": text_of(self.secret)}

    def read(self, body: bytes) -> dict[str, str]:
        plain = http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        found: dict[str, str] = json.loads(plain)
        return found


class Service:
    """A push service: what it was asked, and what it answers."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[tuple[str, dict[str, str], bytes]] = []
        self.answer = 201
        self.taken: Callable[[], None] = lambda: None  # before a message is answered
        service = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:  # noqa: N802 (its own name)
                body = self.rfile.read(int(self.headers["Content-Length"]))
                service.asked.append((self.path, dict(self.headers), body))
                service.taken()
                self.send_response(service.answer)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_told: object) -> None:
                pass

        self.authority = certificate(folder)
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        secured = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        secured.load_cert_chain(self.authority)
        self.server.socket = secured.wrap_socket(self.server.socket, server_side=True)
        self.host = f"localhost:{self.server.server_address[1]}"
        self.endpoint = f"https://{self.host}/push/secret-of-the-device"


def certificate(folder: Path) -> Path:
    """Make a certificate for localhost, with its key, and return its file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = dt.datetime.now(dt.UTC)
    names = x509.SubjectAlternativeName([x509.DNSName("localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(names, critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    file = folder / "push.pem"
    file.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + made.public_bytes(pem)
    )
    return file


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """Serve the push service, which the installation may write to."""
    found = Service(tmp_path)
    thread = threading.Thread(target=found.server.serve_forever, daemon=True)
    thread.start()
    with allowed(found):
        yield found
    found.server.shutdown()
    found.server.server_close()


@contextmanager
def allowed(service: Service, **changes: Any) -> Iterator[None]:
    known = {"PUSH_SERVICES": [service.host], "PUSH_PRIVATE_SERVICES": ["localhost"]}
    with override_settings(**{**known, "PUSH_CA_FILE": str(service.authority), **changes}):
        yield


def subscribed(person: User, service: Service, device: Device) -> Any:
    form = {"endpoint": service.endpoint, **device.keys}
    return logged_in(person).post(reverse("push_device_add"), form, follow=True)


def alert(now: dt.datetime | None = None) -> int:
    """Do what the worker does each minute, and what it queued."""
    count = push_acts.alert_all(now)
    run_jobs_here()
    return count


def at_review(cast: Cast) -> Contract:
    contract = plot.at_review(cast)
    Notice.objects.update(mail_at=None)  # the mails are another matter
    return contract


def test_a_device_is_alerted_and_reads_no_more_than_that_something_waits(
    cast: Cast, service: Service
) -> None:
    contract, device = at_review(cast), Device()
    assert alert() == 0, "nobody has a device"
    page = subscribed(cast.pilote_ville, service, device).content.decode()
    assert "Cet appareil sera alerté" in page
    assert alert() == 0, "of what was told before, nothing"
    landlord = plot.task(contract, "review", cast.organisation("org-oh"))
    plot.opine(contract, landlord, "changes_requested", "Une date manque.")
    assert alert() == 1
    [(path, headers, body)] = service.asked
    assert path == "/push/secret-of-the-device"
    assert device.read(body) == {
        "title": "Contreseing",
        "body": "Une nouvelle vous attend.",
        "url": reverse("news"),
    }
    assert (headers["Host"], headers["TTL"]) == (service.host, "86400")
    assert is_signed(headers["Authorization"], f"https://{service.host}")
    assert alert() == 0, "once"
    kept = PushDevice.objects.get().sealed + str(
        list(ProcrastinateJob.objects.values_list("args", flat=True))
    )
    assert "secret-of-the-device" not in kept


def is_signed(authorization: str, audience: str) -> bool:
    """Whether the installation's own key signed for this service (RFC 8292)."""
    token, key = (part.partition("=")[2] for part in authorization.removeprefix("vapid ").split(","))
    assert key == push_services.public_key()
    head, claims, signature = token.split(".")
    said = json.loads(octets_of(claims))
    raw = octets_of(signature)
    r, s = (int.from_bytes(half, "big") for half in (raw[:32], raw[32:]))
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), octets_of(key))
    signed = f"{head}.{claims}".encode()
    point.verify(utils.encode_dss_signature(r, s), signed, ec.ECDSA(hashes.SHA256()))
    return bool(said["aud"] == audience and said["sub"].startswith("mailto:"))


@pytest.mark.parametrize("answer", [404, 410, 403])
def test_a_device_that_its_service_forgot_is_forgotten(cast: Cast, service: Service, answer: int) -> None:
    contract = at_review(cast)
    subscribed(cast.pilote_ville, service, Device())
    service.answer = answer
    plot.opine(contract, plot.tasks(contract, "review")[0], "unfavourable", "Une date manque.")
    alert()
    assert not PushDevice.objects.exists()


def test_a_service_that_is_away_is_asked_again(cast: Cast, service: Service) -> None:
    contract = at_review(cast)
    subscribed(cast.pilote_ville, service, Device())
    service.answer = 503
    plot.opine(contract, plot.tasks(contract, "review")[0], "unfavourable", "Une date manque.")
    alert()
    waiting = ProcrastinateJob.objects.get(task_name="workflow.push_to_device")
    assert (waiting.status, len(service.asked)) == ("todo", 1)
    assert waiting.scheduled_at > timezone.now()
    assert PushDevice.objects.exists()


def test_only_what_is_mailed_at_once_and_only_who_it_concerns(cast: Cast, service: Service) -> None:
    contract, device = at_review(cast), Device()
    MailChoice.objects.create(person=cast.pilote_ville, rhythm=Rhythm.DAILY)
    subscribed(cast.pilote_ville, service, device)
    plot.opine(contract, plot.tasks(contract, "review")[0], "unfavourable", "Une date manque.")
    assert alert() == 0, "all of theirs is gathered"
    subscribed(cast.outsider, service, device)
    plot.opine(contract, plot.tasks(contract, "review")[0], "unfavourable", "Une date manque.")
    assert alert() == 0, "the browser went over to somebody who is told nothing"
    assert [one.person for one in PushDevice.objects.all()] == [cast.outsider]


@pytest.mark.parametrize(
    "endpoint",
    [
        "",
        "http://{host}/x",
        "https://ailleurs.example/x",
        "https://127.0.0.1:{port}/x",
        "https://{host}@ailleurs.example/x",
        "https://moi@{host}/x",
        "https://localhost:1/x",
        "https://{host}.ailleurs.example/x",
        "https://[::1/x",
        "https://{host}/\0",
        "file:///etc/passwd",
        "https://{host}/" + "x" * 2000,
    ],
)
def test_an_address_that_is_of_no_push_service_is_refused(
    cast: Cast, service: Service, endpoint: str
) -> None:
    told = endpoint.replace("{host}", service.host).replace("{port}", service.host.partition(":")[2])
    form = {"endpoint": told, **Device().keys}
    answer = logged_in(cast.rtac).post(reverse("push_device_add"), form, follow=True)
    assert "ne peut pas être alerté" in answer.content.decode()
    assert not PushDevice.objects.exists()


@pytest.mark.parametrize("keys", [{"p256dh": "AAAA"}, {"auth": ""}, {"p256dh": "é"}, {"auth": "A" * 200}])
def test_keys_that_are_none_are_refused(cast: Cast, service: Service, keys: dict[str, str]) -> None:
    with pytest.raises(push_services.Refused):
        push_acts.add(cast.rtac, endpoint=service.endpoint, **{**Device().keys, **keys})


def test_a_name_that_leads_into_the_network_is_not_written_to(cast: Cast, service: Service) -> None:
    contract = at_review(cast)
    subscribed(cast.pilote_ville, service, Device())
    plot.opine(contract, plot.tasks(contract, "review")[0], "unfavourable", "Une date manque.")
    assert ipaddress.ip_address("127.0.0.1").is_loopback
    with allowed(service, PUSH_PRIVATE_SERVICES=[]):
        alert()
    assert service.asked == []
    assert not PushDevice.objects.exists()


def test_a_few_devices_each_taken_away_by_its_owner(
    cast: Cast, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(push_acts, "DEVICES_AT_MOST", 1)
    subscribed(cast.pilote_ville, service, Device())
    again = subscribed(cast.pilote_ville, service, Device())
    assert PushDevice.objects.count() == 1, "the same browser has one row"
    assert "sera alerté" in again.content.decode()
    form = {"endpoint": service.endpoint + "-2", **Device().keys}
    other = logged_in(cast.pilote_ville).post(reverse("push_device_add"), form, follow=True)
    assert "retirez-en un" in other.content.decode()
    address = reverse("push_device_remove", args=[PushDevice.objects.get().pk])
    assert logged_in(cast.rtac).post(address).status_code == 302
    assert PushDevice.objects.exists(), "to somebody else's, nothing happens"
    assert logged_in(cast.pilote_ville).post(address).status_code == 302
    assert not PushDevice.objects.exists()


def test_it_is_proposed_after_a_first_act(cast: Cast) -> None:
    contract = at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    landlord, address = plot.entitled(task), reverse("mail_choice")
    assert "data-push=" not in logged_in(landlord).get(address).content.decode()
    plot.opine(contract, task)
    assert f'data-push="{push_services.public_key()}"' in logged_in(landlord).get(address).content.decode()
