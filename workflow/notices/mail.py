"""Mail: queued in the transaction that says it, sent by the worker, tried again when nobody answers."""

from __future__ import annotations

import datetime as dt
import re
import secrets
import smtplib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from email.utils import parseaddr
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

from contracts.models import Contract
from signatures.jobs import in_transaction, when_lost
from stakeholders.direction import isolated, isolated_in_page
from stakeholders.invitations import Invitation
from stakeholders.models import User
from stakeholders.secret_mails import HIDDEN as HIDDEN
from stakeholders.secret_mails import SecretMail
from workflow.notices.models import Fate, KeptMail, QueuedMail
from workflow.notices.signals import mail_not_delivered

QUEUE = "mail"
LANGUAGE = "fr"  # of every mail, whatever the language of the page that caused it
KEPT_AT_MOST = dt.timedelta(hours=1)  # what no job will send any more
SHOWN = 78  # characters of a subject, about what a list of mails shows (RFC 5322, 2.1.1)
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")  # a header is one line, whatever a name holds


class MailNotSent(Exception):
    """The mail server did not take a mail; says how, and nothing of the mail or of its answer.

    ``code`` is that of its answer (RFC 5321), 0 where there was none.
    """

    def __init__(self, error: Exception) -> None:
        self.code = _code_of(error)
        self.is_of_this_mail = isinstance(error, smtplib.SMTPRecipientsRefused | smtplib.SMTPDataError)
        super().__init__(f"{type(error).__name__} {self.code or ''}".rstrip())

    @property
    def is_for_good(self) -> bool:
        """Whether the server will say no again: a 5xx is no passing trouble (RFC 5321, 4.2.1).

        Said of the recipient or of the mail alone: a password that it does not know any more, a sender that
        it does not take yet are ours to put right, and the mail waits.
        """
        return self.is_of_this_mail and 500 <= self.code < 600


class MailRefused(Exception):
    """The mail server said no for good; it is not asked again, and whoever runs the installation sees it."""


def _code_of(error: Exception) -> int:
    """Return the code by which the server refused: of the only recipient, if it is the recipient."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return max((code for code, _words in error.recipients.values()), default=0)
    return int(getattr(error, "smtp_code", 0) or 0)


# Machines that answer for absent people are asked not to (RFC 3834; the second is Exchange's).
ANSWERED_BY_NOBODY = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "OOF, AutoReply"}

# after 3, 9, 27, 81 and 243 seconds, then every 20 minutes at most: about two hours of a mail server
ATTEMPTS = 8  # again, after the first
RETRY = RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=3, retry_exceptions=[MailNotSent])


def identifier() -> str:
    """Return a new Message-ID (RFC 5322, 3.6.4) that nobody guesses: a mail that returns is known by it."""
    return named_at_home(f"contreseing.{secrets.token_hex(16)}")


def named_at_home(local: str) -> str:
    """Return « <local@domain> », in the domain that our mail comes from."""
    return f"<{local}@{parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition('@')[2] or 'localhost'}>"


def in_one_line(subject: str) -> str:
    """Return a subject that is one line and turns nothing round, whatever the names in it hold."""
    return isolated(_BREAKS.sub(" ", subject).strip())


def fitted(pattern: str, words: str, least: int = 12) -> str:
    """Return ``pattern`` with ``words`` at its « %s », cut so that a list of mails shows all of it.

    Nothing of them where fewer than ``least`` characters would be left.
    """
    room = SHOWN - (len(pattern) - len("%s"))
    if len(words) <= room:
        return pattern.replace("%s", words)
    return pattern.replace("%s", words[: room - 1].rstrip() + "…") if room >= least else ""


@transaction.atomic(savepoint=False)
def defer_mail(
    *,
    to: str,
    subject: str,
    body: str,
    reply_to: str = "",
    html: str = "",
    calendar: str = "",
    kept: KeptMail | None = None,
    person: User | None = None,
    invitation: Invitation | None = None,
    contract: Contract | None = None,
    lost: KeptMail | None = None,
    shown: str = "",
    headers: Mapping[str, str] | None = None,
) -> None:
    """Queue a mail within the caller's transaction: rolled back, it never leaves.

    ``reply_to`` is the address that an answer goes to, where somebody reads it; ``html`` the same words laid
    out; ``calendar`` an attached file of deadlines (RFC 5545); ``kept`` the copy whose fate is told. With a
    ``person`` or an ``invitation``, to whom it goes, the copy is made here: it says what the mail says, or
    ``shown``, the same words with ``HIDDEN`` instead of the link or the code that gives access.
    ``contract``: what it is about, where it is one; ``lost``: the mail that it says did not arrive.

    Its Message-ID is given here, once: a server that takes a mail and breaks off before it says so is sent
    it again under the same one, by which mailboxes know it for the same.

    The queue is read and logged by many: it holds the mail's number, and the mail is sealed.
    """
    if person is not None or invitation is not None:
        kept = KeptMail.objects.create(
            person=person,
            invitation=invitation,
            contract=contract,
            lost=lost,
            address=to,
            subject=in_one_line(subject),
            body=isolated(shown or body),
            message_id=identifier(),
        )
    letter: dict[str, Any] = {"to": to, "subject": in_one_line(subject), "body": isolated(body)}
    letter |= {"reply_to": reply_to, "html": isolated_in_page(html), "calendar": calendar}
    letter["headers"] = {"Message-ID": kept.message_id if kept else identifier(), **(headers or {})}
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
        if error.is_for_good:
            _end(mail, Fate.REFUSED, error.code)
            if mail.kept_id is None:  # nobody else is told
                raise MailRefused(str(error)) from None
            return
        if context.job.attempts >= ATTEMPTS:
            _end(mail, Fate.GIVEN_UP, error.code)
        raise
    _end(mail, Fate.HANDED_OVER)


@transaction.atomic
def _end(mail: QueuedMail, fate: Fate, code: int = 0) -> None:
    """Forget a mail that no job will send any more, and say on its copy what became of it."""
    mail.delete()
    if mail.kept_id is not None:
        settle(KeptMail.objects.get(pk=mail.kept_id), fate, code)


@transaction.atomic
def settle(kept: KeptMail, fate: Fate, code: int = 0) -> None:
    """Say on the copy of a mail what became of it; who can reach its reader is told that they were not.

    ``code`` is what the mail server answered (RFC 5321), 0 where it is not known. Said twice, told once: a
    mail that came back may be returned by several servers.
    """
    row = KeptMail.objects.select_for_update(no_key=True).get(pk=kept.pk)
    if row.is_lost:
        return
    row.fate, row.fate_at, row.answer = fate, timezone.now(), code or None
    row.save(update_fields=["fate", "fate_at", "answer"])
    if row.is_lost:
        mail_not_delivered.send(KeptMail, kept=row)


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
    calendar: str = "",
    headers: Mapping[str, str] | None = None,
) -> None:
    """Submit one mail to the mail server (``settings.MAIL_TRANSPORT``); raises MailNotSent.

    Once the server has taken it, it is sent: how the connection ends says nothing of the mail.
    """
    given = {**ANSWERED_BY_NOBODY, **(headers or {}), "From": settings.DEFAULT_FROM_EMAIL}
    transport = get_connection(**settings.MAIL_TRANSPORT)
    message = EmailMultiAlternatives(
        subject,
        body,
        _returns_to(given.get("Message-ID", "")),
        [to],
        connection=transport,
        reply_to=[reply_to] if reply_to else None,
        headers=given,
    )
    if html:
        message.attach_alternative(html, "text/html")
    if calendar:
        message.attach("echeances.ics", calendar, "text/calendar")
    try:
        transport.open()
        message.send()
    except (OSError, smtplib.SMTPException, ValueError) as error:
        # ValueError: a password that the server’s way of asking cannot carry, a challenge that is no base64;
        # smtplib quotes recipients and the server's answer, which may quote the mail
        raise MailNotSent(error) from None
    finally:
        with suppress(OSError, smtplib.SMTPException):
            transport.close()


def _returns_to(message_id: str) -> str:
    """Return the envelope's sender, to whom a mail comes back: its number is in it where the setting says so.

    A server that returns a mail without its headers is so understood too (RFC 3464 does not ask for them).
    """
    back: str = settings.BOUNCES_ADDRESS or settings.DEFAULT_FROM_EMAIL
    return back.replace("{}", message_id.strip("<>").partition("@")[0].rpartition(".")[2])


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
    """Queues what Django and allauth send during a request, in plain text, one mail a recipient.

    It is kept as any other, without its code or its link (:class:`stakeholders.secret_mails.SecretMail`).
    """

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queue each message; return how many."""
        for message in email_messages:
            shown = message.hidden if isinstance(message, SecretMail) else ""
            for recipient in message.recipients():
                defer_mail(
                    to=recipient,
                    subject=str(message.subject),
                    body=str(message.body),
                    # an address that is nobody's here is not kept: a stranger typed it
                    person=User.objects.filter(email__iexact=recipient).first(),
                    shown=shown,
                )
        return len(email_messages)
