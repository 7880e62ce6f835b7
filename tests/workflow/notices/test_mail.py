"""Mail: queued with what it tells, sent by the worker to a real mail server, tried again."""

from __future__ import annotations

import datetime as dt
import email
import socket
from collections.abc import Iterator
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection, transaction
from django.test import override_settings
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from config.mail import transport_from_url
from signatures.jobs import IN_TRANSACTION
from tests import mailbox
from tests.cast import Cast
from tests.owner import as_owner
from tests.post import Post, mail_server
from tests.stage import run_jobs
from workflow.notices.mail import ATTEMPTS, QUEUE, defer_mail, forget_mail
from workflow.notices.models import QueuedMail

LINK = "https://contreseing.example/invitations/secret/"


@pytest.fixture
def post() -> Iterator[Post]:
    """Run a mail server on a free port; the worker's transport points at it."""
    with mail_server() as kept:
        yield kept


def waiting() -> list[ProcrastinateJob]:
    return list(ProcrastinateJob.objects.filter(task_name="workflow.send_mail", status="todo"))


def change_jobs(change: str, which: str = "true") -> None:
    """Alter queued jobs: their models only read."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE procrastinate_jobs SET {change} WHERE {which}")  # noqa: S608


def test_a_mail_leaves_with_the_worker_and_says_what_was_written(cast: Cast, post: Post) -> None:
    defer_mail(to="maire@ville.example", subject="Votre invitation, signée", body=f"Ouvrez {LINK}")
    assert post.received == [], "nothing leaves in the request"
    run_jobs()
    [(recipients, message)] = post.received
    assert recipients == ["maire@ville.example"]
    assert message["To"] == "maire@ville.example"
    assert email.header.decode_header(message["Subject"])[0][0].decode() == "Votre invitation, signée"
    assert LINK in message.get_payload(decode=True).decode()  # type: ignore[union-attr]


def test_what_is_rolled_back_is_not_sent(cast: Cast, post: Post) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        defer_mail(to="maire@ville.example", subject="Non", body="Jamais")
        raise RuntimeError
    run_jobs()
    assert post.received == []


def test_a_mail_server_that_does_not_answer_is_tried_again(cast: Cast) -> None:
    with socket.socket() as closed:  # bound and not listening: refuses
        closed.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{closed.getsockname()[1]}"
        with override_settings(MAIL_TRANSPORT=transport_from_url(url)):
            defer_mail(to="maire@ville.example", subject="Plus tard", body="…")
            run_jobs()
    [job] = waiting()
    assert job.attempts == 1
    assert job.scheduled_at is not None


def test_what_the_framework_sends_is_queued_too(cast: Cast, post: Post) -> None:
    with get_connection("workflow.notices.mail.QueuedBackend") as queued:
        message = EmailMultiAlternatives(
            "Code", "Le code : ABCD", "x@y.example", ["a@b.example", "c@d.example"], connection=queued
        )
        assert message.send() == 1
    assert post.received == []
    assert len(waiting()) == 2
    run_jobs()
    assert sorted(recipients[0] for recipients, _message in post.received) == ["a@b.example", "c@d.example"]


def test_what_was_sent_is_forgotten_after_an_hour(cast: Cast, post: Post) -> None:
    defer_mail(to="maire@ville.example", subject="Parti", body=f"Ouvrez {LINK}")
    run_jobs()
    sent = ProcrastinateJob.objects.filter(task_name="workflow.send_mail")

    def forget() -> None:
        IN_TRANSACTION.configure_task(forget_mail.name, queue=QUEUE).defer(timestamp=0)
        run_jobs()

    assert not QueuedMail.objects.exists(), "the letter is forgotten at once, its job after an hour"
    forget()
    assert sent.get().status == "succeeded", "not before the hour"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = at - interval '61 minutes'")
    forget()
    assert not sent.exists()
    assert len(post.received) == 1


def test_a_mail_that_was_given_up_is_forgotten_too(cast: Cast) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{closed.getsockname()[1]}"
        with override_settings(MAIL_TRANSPORT=transport_from_url(url)):
            defer_mail(to="maire@ville.example", subject="Plus tard", body="…")
            run_jobs()
            assert QueuedMail.objects.count() == 1
            change_jobs(f"attempts = {ATTEMPTS}, scheduled_at = NULL")
            run_jobs()
    assert ProcrastinateJob.objects.get(task_name="workflow.send_mail").status == "failed"
    assert not QueuedMail.objects.exists()


def test_a_mail_that_no_job_will_send_is_forgotten_and_one_that_waits_is_kept(cast: Cast, post: Post) -> None:
    defer_mail(to="maire@ville.example", subject="Attend", body="…")
    change_jobs("scheduled_at = now() + interval '2 days'")
    QueuedMail.seal(to="perdu@ville.example", subject="Perdu", body="…")
    with as_owner():
        QueuedMail.objects.update(at=timezone.now() - dt.timedelta(hours=2))
    IN_TRANSACTION.configure_task(forget_mail.name, queue=QUEUE).defer(timestamp=0)
    run_jobs()
    assert [letter["subject"] for letter in mailbox.queued()] == ["Attend"]


def test_what_waited_before_the_mails_were_sealed_still_leaves(cast: Cast, post: Post) -> None:
    letter = {"to": "maire@ville.example", "subject": "Ancien", "body": f"Ouvrez {LINK}"}
    configured = IN_TRANSACTION.configure_task("workflow.send_mail", queue=QUEUE, allow_unknown=True)
    done, _waits = configured.defer(**letter), configured.defer(**letter)
    change_jobs("status = 'failed'", f"id = {done}")
    sealing = import_module("workflow.migrations.0009_seal_queued_mail")
    with connection.schema_editor() as editor:
        sealing.seal(apps, editor)
    assert LINK not in str(list(ProcrastinateJob.objects.values_list("args", flat=True)))
    run_jobs()
    assert len(post.received) == 1


def test_an_address_says_how_to_reach_the_server() -> None:
    transport = transport_from_url("smtp://a%40b:p%2Fw@mail.example:2525?tls=1")
    assert transport["username"] == "a@b"
    assert transport["password"] == "p/w"
    assert (transport["host"], transport["port"]) == ("mail.example", 2525)
    assert transport["use_tls"]
    assert not transport["use_ssl"]
    assert transport_from_url("smtps://mail.example")["use_ssl"]
    assert transport_from_url("smtps://mail.example")["port"] == 465
    with pytest.raises(ImproperlyConfigured):
        transport_from_url("http://mail.example")
