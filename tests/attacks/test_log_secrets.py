"""Attacks by whoever reads the log: a printed line must not make them somebody."""

from __future__ import annotations

import logging
import smtplib
import socket

import psycopg
import pytest
import structlog
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import IntegrityError, connection, transaction
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse
from django.utils import timezone

from config import routes
from config.logs import Discreet, Line, words_of
from config.mail import transport_from_url
from stakeholders.models import User
from tests import mailbox
from tests.attacks import logbook
from tests.cast import PASSWORD, Cast
from tests.invited import asked, at
from tests.stage import run_jobs
from workflow.notices.mail import defer_mail

SECRET = "Zq3uX9vT-kaB7_mLw2RfHd8sYpJc5eNg"  # noqa: S105 (the shape of a token, and nobody's)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        f"/invitations/{SECRET}/",
        f"/avis-demandes/{SECRET}/",
        f"/avis-demandes/{SECRET}/recepisse/",
        f"/calendriers/7-{SECRET}.ics",
        f"/compte/password/reset/key/1-{SECRET}/",
        f"/compte/confirm-email/{SECRET}/",
        f"/compte/proconnect/login/callback/?code={SECRET}&state={SECRET}",
        f"/compte/login/?next=/avis-demandes/{SECRET}/",
        f"/{SECRET}/",
        f"/contrats/{SECRET}",
    ],
)
def test_a_log_reader_learns_no_token_from_an_address(path: str) -> None:
    with logbook.kept() as log:
        Client().get(path)
        Client().post(path)
        Client(enforce_csrf_checks=True).post(path)  # logged by another part of the framework
    assert "request_finished" in log.getvalue()
    assert SECRET not in log.getvalue()


def test_a_log_still_says_which_page_was_asked_for(players: Cast) -> None:
    with logbook.kept() as log:
        Client().get(reverse("task", args=[3, 12]))
    assert "GET task contract=3 task=12" in log.getvalue()


@pytest.mark.parametrize(
    "header", ["client-ip", "x-forwarded-for", "true-client-ip", "x-cluster-client-ip", "x-real-ip"]
)
def test_nobody_chooses_the_address_that_the_log_gives_them(header: str) -> None:
    with logbook.kept() as log:
        Client().get("/nulle-part/", headers={header: "8.8.4.4"}, REMOTE_ADDR="203.0.113.7")
    assert "8.8.4.4" not in log.getvalue()
    assert "203.0.113.7" in log.getvalue()


def test_a_request_that_failed_is_named_by_its_route_in_the_error_report() -> None:
    request = RequestFactory().get(f"/avis-demandes/{SECRET}/?code={SECRET}")
    assert routes.named(request) == "GET guest_link"
    with logbook.kept() as log:
        try:
            raise RuntimeError("fault")
        except RuntimeError:
            extra = {"request": request, "status_code": 500}
            logging.getLogger("django.request").exception(
                "Internal Server Error: %s", request.path, extra=extra
            )
    assert "guest_link" in log.getvalue()
    assert "RuntimeError: fault" in log.getvalue()
    assert SECRET not in log.getvalue()


@pytest.mark.django_db
def test_a_log_reader_takes_no_session_from_a_refused_row() -> None:
    """PostgreSQL's DETAIL quotes the whole row that it refuses: here a session and its data."""
    row = {"session_data": "x", "expire_date": timezone.now()}
    Session.objects.create(session_key=SECRET, **row)
    with logbook.kept() as log:
        try:
            with transaction.atomic():
                Session.objects.create(session_key=SECRET, **row)
        except IntegrityError:
            logging.getLogger("django.request").exception("Internal Server Error")
            structlog.get_logger("x").exception("failed")
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("INSERT INTO django_session VALUES (%s, %s, NULL)", [f"{SECRET}2", SECRET])
        except IntegrityError as error:
            logging.getLogger("procrastinate").error("Job x[1](a='b') ended", exc_info=error)
    said = log.getvalue()
    assert "duplicate key value violates unique constraint" in said
    assert "violates not-null constraint" in said
    assert SECRET not in said


def test_a_log_reader_gets_no_letter_from_a_mail_server_s_answer() -> None:
    for error in (
        smtplib.SMTPRecipientsRefused({f"{SECRET}@x.example": (550, SECRET.encode())}),
        smtplib.SMTPDataError(554, f"5.7.1 rejected: Votre code est {SECRET}".encode()),
    ):
        with logbook.kept() as log:
            logging.getLogger("procrastinate.worker").error("Job ended", exc_info=error)
        assert type(error).__name__ in log.getvalue()
        assert SECRET not in log.getvalue()
    assert words_of(psycopg.Error("plain")) == "plain"


def test_a_log_reader_gets_no_job_argument() -> None:
    for name, message in (
        ("procrastinate.worker", f"Job a.b[7](code='{SECRET}', x=')') ended with status: Error, lasted 1 s"),
        ("procrastinate.worker.worker", f"Starting job a.b[7](code={SECRET!r})"),
        (
            "procrastinate.worker",
            f"Job a.b[7](x) ended with status: Success, lasted 1 s - Result: {SECRET}",
        ),
    ):
        record = logging.makeLogRecord({"name": name, "msg": message, "levelno": 40, "job": {"k": SECRET}})
        assert Discreet().filter(record)
        assert "a.b[7]" in record.getMessage()
        assert SECRET not in repr(record.__dict__)


def test_a_mail_server_that_is_down_leaves_no_letter_in_the_worker_s_log(cast: Cast) -> None:
    with socket.socket() as closed:  # bound and not listening: refuses
        closed.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{closed.getsockname()[1]}"
        with override_settings(MAIL_TRANSPORT=transport_from_url(url)), logbook.kept() as log:
            defer_mail(to="maire@ville.example", subject=f"S {SECRET}", body=f"Votre code est {SECRET}")
            run_jobs()
    assert "workflow.send_mail" in log.getvalue()
    assert SECRET not in log.getvalue()
    assert "maire@ville.example" not in log.getvalue()


def test_a_copy_of_the_database_holds_no_letter_nor_code(cast: Cast) -> None:
    """Neither in the queue of jobs nor beside it; and another installation's key opens none."""
    defer_mail(to="maire@ville.example", subject=f"S {SECRET}", body=f"Votre code est {SECRET}")
    with override_settings(EMAIL_BACKEND="workflow.notices.mail.QueuedBackend"):
        Client().post(reverse("account_request_login_code"), {"email": cast.maire.email})
    [known, code] = mailbox.queued()
    assert SECRET in known["body"]
    shown = code["body"].splitlines()[2]
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names():
            cursor.execute(f"SELECT t::text FROM {connection.ops.quote_name(table)} t")  # noqa: S608
            rows = "\n".join(row for (row,) in cursor.fetchall())
            assert SECRET not in rows, table
            assert shown not in rows, table
    with override_settings(SECRET_KEY="x" * 50, SECRET_KEY_FALLBACKS=[]), pytest.raises(InvalidToken):
        mailbox.last()


def test_a_log_reader_meets_none_of_the_installation_s_own_secrets() -> None:
    line = Line()
    for secret in (settings.SECRET_KEY, settings.PKI_PASSPHRASE):
        assert secret not in line(None, "info", {"event": f"cannot use {secret!r}", "key": {"x": [secret]}})
    for text in (
        f"connect to postgresql://contreseing:{SECRET}@database/x",
        f"Cookie: csrftoken={SECRET}; contreseing={SECRET}",
        f"Set-Cookie: __Host-contreseing={SECRET}; Path=/",
        f"Authorization: Bearer {SECRET}",
        f"GET https://idp.example/token?code={SECRET}",
        f"https://c.example/invitations/#{SECRET}",
    ):
        assert SECRET not in line(None, "info", {"event": text})


def test_a_forged_line_does_not_enter_the_log() -> None:
    with logbook.kept() as log:
        logging.getLogger("x").warning("a\nb \x1b[32mVALIDE\x1b[0m")
        structlog.get_logger("x").warning("a\nb \x1b[32m", said="c\nd")
    assert len(log.getvalue().strip().splitlines()) == 2
    assert "\x1b" not in log.getvalue()


@pytest.mark.parametrize(
    "name", ["uvicorn.error", "uvicorn.access", "websockets.server", "httpcore.http11", "django.db.backends"]
)
def test_no_library_s_details_reach_the_log_at_debug(name: str) -> None:
    with logbook.kept() as log:
        logging.getLogger(name).debug("< Cookie: contreseing=%s", SECRET)
    assert log.getvalue() == ""


def test_a_guest_s_link_is_in_no_line_of_a_visit(cast: Cast) -> None:
    with logbook.kept() as log:
        _contract, link = asked(cast)
        browser = Client()
        browser.get(at(link))
        browser.post(at(link, "guest_code_ask"))
        run_jobs()
        browser.post(at(link, "guest_code"), {"code": "000000"})
        browser.post(reverse("account_login"), {"login": cast.prefete.email, "password": PASSWORD})
        browser.post(reverse("account_login"), {"login": cast.prefete.email, "password": SECRET})
    said = log.getvalue()
    assert "GET guest_link" in said
    for secret in (link.identifier, SECRET, PASSWORD, browser.cookies[settings.SESSION_COOKIE_NAME].value):
        assert secret not in said
    assert User.objects.get(pk=cast.prefete.pk).password not in said
