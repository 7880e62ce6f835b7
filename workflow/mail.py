"""Mail: queued in the transaction that says it, sent by the worker, tried again when nobody answers."""

from __future__ import annotations

import smtplib
from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from signatures.jobs import IN_TRANSACTION

QUEUE = "mail"
LANGUAGE = "fr"  # of every mail, whatever the language of the page that caused it
# after 3, 9, 27, 81 and 243 seconds, then every 20 minutes at most: about two hours of a mail server
RETRY = RetryStrategy(max_attempts=8, exponential_wait=3, retry_exceptions=[OSError, smtplib.SMTPException])


def defer_mail(*, to: str, subject: str, body: str) -> None:
    """Queue a mail in plain text within the caller's transaction: rolled back, it never leaves."""
    IN_TRANSACTION.configure_task(send_mail.name, queue=QUEUE).defer(to=to, subject=subject, body=body)


@app.task(name="workflow.send_mail", queue=QUEUE, retry=RETRY)
def send_mail(*, to: str, subject: str, body: str) -> None:
    """Hand one mail over to the mail server (``settings.MAIL_TRANSPORT``)."""
    with get_connection(**settings.MAIL_TRANSPORT) as transport:
        EmailMessage(subject, body, settings.DEFAULT_FROM_EMAIL, [to], connection=transport).send()


@app.periodic(cron="7 * * * *")
@app.task(name="workflow.forget_mail", queue=QUEUE, pass_context=False)
async def forget_mail(timestamp: int) -> None:
    """Delete what was sent more than an hour ago: a mail may hold a link or a code that gives access."""
    await app.job_manager.delete_old_jobs(nb_hours=1, queue=QUEUE)


class QueuedBackend(BaseEmailBackend):
    """Queues what Django and allauth send during a request, in plain text, one mail a recipient."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Queue each message; return how many."""
        for message in email_messages:
            for recipient in message.recipients():
                defer_mail(to=recipient, subject=str(message.subject), body=str(message.body))
        return len(email_messages)
