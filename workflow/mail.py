"""Mail leaves by the worker: queued in the transaction that makes it true, sent after its commit."""

from __future__ import annotations

from django.core.mail import EmailMessage
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from signatures.jobs import IN_TRANSACTION

RETRY = RetryStrategy(max_attempts=8, exponential_wait=3)


@app.task(name="workflow.send_mail", retry=RETRY)
def send_mail(to: str, subject: str, body: str) -> None:
    """Send one mail of plain text; raises what the mail server's client raises, and is tried again."""
    EmailMessage(subject=subject, body=body, to=[to]).send()


def defer_mail(*, to: str, subject: str, body: str) -> None:
    """Queue a mail, in the caller's transaction."""
    IN_TRANSACTION.configure_task(send_mail.name).defer(to=to, subject=subject, body=body)
