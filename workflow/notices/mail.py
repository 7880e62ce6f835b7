"""Mail: queued in the transaction that says it, sent by the worker, tried again when nobody answers."""

from __future__ import annotations

import datetime as dt
import smtplib
from collections.abc import Mapping, Sequence
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import BigIntegerField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast
from django.utils import timezone
from procrastinate import JobContext, RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from signatures.jobs import in_transaction, when_lost
from stakeholders.direction import isolated
from workflow.notices.models import Fate, KeptMail, QueuedMail
from workflow.notices.signals import mail_not_delivered

QUEUE = "mail"
LANGUAGE = "fr"  # of every mail, whatever the language of the page that caused it
KEPT_AT_MOST = dt.timedelta(hours=1)  # what no job will send any more


class MailNotSent(Exception):
    """The mail server did not take a mail; says how, and nothing of the mail or of its answer.

    ``code`` is that of its answer (RFC 5321), 0 where there was none.
    """

    def __init__(self, error: Exception) -> None:
        self.code = _code_of(error)
        super().__init__(f"{type(error).__name__} {self.code or ''}".rstrip())

    @property
    def is_for_good(self) -> bool:
        """Whether the server will say no again: a 5xx is no passing trouble (RFC 5321, 4.2.1)."""
        return 500 <= self.code < 600


def _code_of(error: Exception) -> int:
    """Return the code by which the server refused: of the only recipient, if it is the recipient."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _words in error.recipients.values()), default=0)
    return int(getattr(error, "smtp_code", 0) or 0)


# after 3, 9, 27, 81 and 243 seconds, then every 20 minutes at most: about two hours of a mail server
ATTEMPTS = 8  # again, after the first
RETRY = RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=3, retry_exceptions=[MailNotSent])


@transaction.atomic
def defer_mail(
    *,
    to: str,
    subject: str,
    body: str,
    reply_to: str = "",
    html: str = "",
    kept: KeptMail | None = None,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Queue a mail within the caller's transaction: rolled back, it never leaves.

    ``reply_to`` is the address that an answer goes to, where somebody reads it; ``html`` the same words laid
    out; ``kept`` the copy whose fate is told.

    The queue is read and logged by many: it holds the mail's number, and the mail is sealed.
    """
    letter: dict[str, Any] = {"to": to, "subject": isolated(subject), "body": isolated(body)}
    letter |= {"reply_to": reply_to, "html": html, "headers": dict(headers or {})}
    mail = QueuedMail.seal(kept, **letter)
    in_transaction(send_mail).defer(mail_id=mail.pk)


@app.task(name="workflow.send_mail", queue=QUEUE, retry=RETRY, pass_context=True)
def send_mail(context: JobContext, *, mail_id: int) -> None:
    """Send a queued mail and forget it; forget it too when this was the last try."""
    mail = QueuedMail.objects.filter(pk=mail_id).first()
    if mail is None:  # sent by a worker that died before it could say so
        return
    try:
        submit(**mail.letter())
    except MailNotSent as error:
        if error.is_for_good and mail.kept_id is not None:
            _end(mail, Fate.REFUSED, error.code)
            return
        if context.job.attempts >= ATTEMPTS:
            _end(mail, Fate.GIVEN_UP, error.code)
        raise
    _end(mail, Fate.HANDED_OVER)


@transaction.atomic
def _end(mail: QueuedMail, fate: Fate, code: int = 0) -> None:
    """Forget a mail that no job will send any more, and say on its copy what became of it."""
    mail.delete()
    if mail.kept_id is None:
        return
    KeptMail.objects.filter(pk=mail.kept_id).update(fate=fate, fate_at=timezone.now(), answer=code or None)
    if fate != Fate.HANDED_OVER:
        mail_not_delivered.send(KeptMail, kept=KeptMail.objects.get(pk=mail.kept_id))


@when_lost(send_mail)
def mail_lost(mail_id: int) -> None:
    """Forget a mail that killed every worker that took it."""
    for mail in QueuedMail.objects.filter(pk=mail_id):
        _end(mail, Fate.GIVEN_UP)


def submit(
    *,
    to: str,
    subject: str,
    body: str,
    reply_to: str = "",
    html: str = "",
    headers: Mapping[str, str] | None = None,
) -> None:
    """Submit one mail to the mail server (``settings.MAIL_TRANSPORT``); raises MailNotSent."""
    try:
        with get_connection(**settings.MAIL_TRANSPORT) as transport:
            message = EmailMultiAlternatives(
                subject,
                body,
                settings.DEFAULT_FROM_EMAIL,
                [to],
                connection=transport,
                reply_to=[reply_to] if reply_to else None,
                headers=dict(headers or {}),
            )
            if html:
                message.attach_alternative(html, "text/html")
            message.send()
    except (OSError, smtplib.SMTPException) as error:
        # smtplib quotes recipients and the server's answer, which may quote the mail
        raise MailNotSent(error) from None


@app.periodic(cron="7 * * * *")
@app.task(name="workflow.forget_mail", queue=QUEUE, pass_context=False)
async def forget_mail(timestamp: int) -> None:
    """Delete the mails that no job will send any more, and the jobs that ended more than an hour ago."""
    await sync_to_async(_forget_letters)()
    await app.job_manager.delete_old_jobs(nb_hours=1, queue=QUEUE, include_failed=True)


def _forget_letters() -> None:
    jobs = ProcrastinateJob.objects.filter(task_name=send_mail.name, status__in=["todo", "doing"])
    awaited = jobs.annotate(mail=Cast(KT("args__mail_id"), BigIntegerField())).values("mail")
    QueuedMail.objects.filter(at__lt=timezone.now() - KEPT_AT_MOST).exclude(pk__in=awaited).delete()


class QueuedBackend(BaseEmailBackend):
    """Queues what Django and allauth send during a request, in plain text, one mail a recipient."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queue each message; return how many."""
        for message in email_messages:
            for recipient in message.recipients():
                defer_mail(to=recipient, subject=str(message.subject), body=str(message.body))
        return len(email_messages)
