"""The worker mails the news that are due, each minute; stopped, it makes up for what it missed."""

from __future__ import annotations

from procrastinate.contrib.django import app

from workflow.news import mails, push_acts
from workflow.notices.mail import QUEUE


@app.periodic(cron="* * * * *")
@app.task(name="workflow.mail_news", queue=QUEUE, pass_context=False, queueing_lock="mail news")
def mail_news(timestamp: int) -> None:
    """Queue the mails of the news that are due."""
    mails.write_all()


@app.periodic(cron="* * * * *")
@app.task(name="workflow.push_news", queue=QUEUE, pass_context=False, queueing_lock="push news")
def push_news(timestamp: int) -> None:
    """Queue the alerts to devices that are due."""
    push_acts.alert_all()
