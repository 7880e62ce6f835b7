"""A mail server that hangs, or speaks one letter at a time: the mail is tried again, the rest goes on."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.core.mail import get_connection

from config import transport
from config.mail import transport_from_url
from tests import plot
from tests.cast import Cast
from tests.pki import ServedPki
from tests.waiting import until, worker_at_work
from workflow.notices import mail
from workflow.record.models import JournalEntry
from workflow.signing import acts as signing_acts


@contextmanager
def mail_server(speak: Callable[[socket.socket], None]) -> Iterator[tuple[int, list[float]]]:
    """Listen as a mail server does and ``speak`` to each who calls; yield the port, and when each called."""
    listener = socket.create_server(("127.0.0.1", 0))
    calls: list[float] = []

    def serve() -> None:
        while True:
            try:
                caller, _address = listener.accept()
            except OSError:
                return
            calls.append(time.monotonic())
            threading.Thread(target=speak, args=(caller,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield listener.getsockname()[1], calls
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def say_nothing(caller: socket.socket) -> None:
    with caller:
        caller.recv(1)


def say_one_letter_at_a_time(caller: socket.socket) -> None:
    with caller:
        try:
            while True:
                caller.sendall(b"2")
                time.sleep(0.2)
        except OSError:
            return


@pytest.mark.parametrize("tls", ["smtp", "smtps"])
@pytest.mark.parametrize("speak", [say_nothing, say_one_letter_at_a_time])
def test_a_connection_ends_in_time_whatever_the_server_says(
    monkeypatch: pytest.MonkeyPatch, speak: Callable[[socket.socket], None], tls: str
) -> None:
    monkeypatch.setattr(transport, "WITHIN", 2.0)
    with mail_server(speak) as (port, calls), pytest.raises(OSError):  # noqa: PT011 (smtplib's are OSError too)
        get_connection(**transport_from_url(f"{tls}://127.0.0.1:{port}")).open()
    assert time.monotonic() - calls[0] < 8


@pytest.mark.kill
def test_a_signature_is_made_while_the_mail_server_hangs(cast: Cast, pki: ServedPki) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract)
    for number in range(8):
        mail.defer_mail(to=f"agent{number}@ville.example", subject="Bonjour", body="…")
    with mail_server(say_nothing) as (port, calls), worker_at_work(pki, EMAIL_URL=f"smtp://127.0.0.1:{port}"):
        until(lambda: len(calls) >= 2, 60)  # the places of mail are all taken
        began = time.monotonic()
        waiting = plot.task(contract, "sign")
        signing_acts.sign(cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
        until(lambda: JournalEntry.objects.filter(verb="signature_made").exists(), 60)
        assert time.monotonic() - began < 30
        until(lambda: bool(plot.tasks(contract, "sign")), 30)
        assert plot.entitled(plot.task(contract, "sign")) == cast.maire
        assert len(calls) < 8, "the mails were not all tried meanwhile: the server hangs indeed"
