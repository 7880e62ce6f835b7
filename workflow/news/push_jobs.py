"""The worker alerts a device; again where its service is away."""

from __future__ import annotations

from cryptography.fernet import InvalidToken
from django.urls import reverse
from django.utils import translation
from django.utils.translation import ngettext
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from workflow.news import push_services
from workflow.news.push_models import PushDevice
from workflow.notices.mail import LANGUAGE, QUEUE

TITLE = "Contreseing"
RETRY = RetryStrategy(max_attempts=4, exponential_wait=5, retry_exceptions=[push_services.NotHandedOver])


@app.task(name="workflow.push_to_device", queue=QUEUE, retry=RETRY, pass_context=False)
def push_to_device(*, device_id: int, tasks: int, news: int) -> None:
    """Alert one device; forget one that its service knows no more, or that ours may not write to."""
    device = PushDevice.objects.filter(pk=device_id).first()
    if device is None:
        return
    with translation.override(LANGUAGE):
        message = {"title": TITLE, "body": words(tasks, news), "url": reverse("news")}
    try:
        push_services.hand_over(device.subscription(), message)
    except (push_services.Gone, push_services.Refused, InvalidToken):
        device.delete()


def words(tasks: int, news: int) -> str:
    """Return all that an alert says: neither of what nor of whom, a locked screen shows it to anybody."""
    if tasks:
        return ngettext("Une tâche vous attend.", "%(n)d tâches vous attendent.", tasks) % {"n": tasks}
    return ngettext("Une nouvelle vous attend.", "%(n)d nouvelles vous attendent.", news) % {"n": news}
