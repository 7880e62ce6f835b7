"""A mail server that asks for our password in its own way, or a password with an accent: no mail is lost."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest
from django.test import override_settings
from procrastinate.contrib.django.models import ProcrastinateJob

from config.mail import transport_from_url
from stakeholders.models import User
from tests.cast import Cast
from tests.stage import run_jobs
from tests.workflow.notices.test_server_trials import fates, queued_for
from tests.workflow.notices.test_slow_mail import mail_server
from workflow.notices.models import QueuedMail


def asks(offered: bytes, challenge: bytes) -> Callable[[socket.socket], None]:
    def speak(caller: socket.socket) -> None:
        with caller:
            caller.sendall(b"220 here\r\n")
            while said := caller.recv(4096).upper():
                if said.startswith(b"EHLO"):
                    caller.sendall(b"250-here\r\n250 AUTH " + offered + b"\r\n")
                elif said.startswith(b"AUTH"):
                    caller.sendall(b"334 " + challenge + b"\r\n")
                else:
                    caller.sendall(b"535 no\r\n")

    return speak


@pytest.mark.parametrize(
    ("password", "offered", "challenge"),
    [("secret", b"CRAM-MD5", b"A"), ("%C3%A9t%C3%A9", b"PLAIN LOGIN", b"VXNlcm5hbWU6")],
    ids=["nonsense", "accent"],
)
def test_a_mail_waits_for_a_server_that_is_put_right(
    cast: Cast, password: str, offered: bytes, challenge: bytes
) -> None:
    person: User = cast.maire
    with mail_server(asks(offered, challenge)) as (port, _calls):
        transport = transport_from_url(f"smtp://compte:{password}@127.0.0.1:{port}")
        with override_settings(MAIL_TRANSPORT=transport):
            queued_for(person)
            run_jobs()
    assert QueuedMail.objects.count() == 1
    rows = ProcrastinateJob.objects.filter(task_name="workflow.send_mail")
    assert [row.status for row in rows] == ["todo"], (fates(), [row.status for row in rows])
