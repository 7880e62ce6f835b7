"""A mail that waits for the worker."""

from __future__ import annotations

import json

from django.db import models
from django.db.models import Q

from stakeholders.sealing import box

PURPOSE = "contreseing.mail"


class QueuedMail(models.Model):
    """A mail to send, sealed: it may hold a link or a code that gives access.

    The job that sends it knows its number only; the row goes with the mail.
    """

    sealed = models.TextField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(name="queued_mail_is_sealed", condition=~Q(sealed=""))]

    def __str__(self) -> str:
        return f"{self.pk}"

    @classmethod
    def seal(cls, **letter: str) -> QueuedMail:
        """Keep a mail, sealed: ``to``, ``subject``, ``body``, and where answers go (``reply_to``)."""
        plain = json.dumps(letter)
        return cls.objects.create(sealed=box(PURPOSE).encrypt(plain.encode()).decode("ascii"))

    def letter(self) -> dict[str, str]:
        """Return what was sealed, in clear; raises InvalidToken under another key."""
        letter: dict[str, str] = json.loads(box(PURPOSE).decrypt(self.sealed.encode("ascii")))
        return letter
