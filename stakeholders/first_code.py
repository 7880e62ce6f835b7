"""The one-time code by which an empty installation gets its first administrator; kept hashed.

Whoever reads the console of the server is who installs it; nobody else has the code. One code is
alive at a time: to print it again is to draw another. It dies at its use, at its tenth wrong try, and with
the first administrator of the platform, however that one came.
"""

from __future__ import annotations

import hashlib
import secrets

from django.db import models, transaction
from django.utils import timezone

from stakeholders.models import User

TRIES = 10
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # 32 signs, none taken for another
GROUPS, LENGTH = 4, 5  # 100 bits


class FirstCode(models.Model):
    """One code; the last row is the one that lives, until it is used or worn out."""

    code_hash = models.CharField(max_length=64, editable=False)  # SHA-256 of the signs alone
    drawn_at = models.DateTimeField(default=timezone.now, editable=False)
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    used_at = models.DateTimeField(null=True, editable=False)
    used_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="first_code_used_by_somebody",
                condition=models.Q(used_at=None, used_by=None)
                | models.Q(used_at__isnull=False, used_by__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.drawn_at:%d/%m/%Y %H:%M}"

    @property
    def lives(self) -> bool:
        """Whether it may still serve, as far as the row itself knows."""
        return self.used_at is None and self.tries < TRIES


def is_awaited() -> bool:
    """Whether the platform has no administrator yet."""
    return not User.objects.filter(is_superuser=True).exists()


@transaction.atomic
def draw() -> str:
    """Draw a code in place of any other and return it as it is read: « K7Q2M-… »; the caller shows it."""
    groups = ("".join(secrets.choice(ALPHABET) for _sign in range(LENGTH)) for _group in range(GROUPS))
    code = "-".join(groups)
    FirstCode.objects.create(code_hash=hash_of(code))
    return code


def hash_of(code: str) -> str:
    """Return what is kept of a code, however it was typed: case, spaces and hyphens do not count."""
    signs = "".join(sign for sign in code.upper() if sign.isalnum())
    return hashlib.sha256(signs.encode()).hexdigest()


def current(*, lock: bool = False) -> FirstCode | None:
    """Return the code that lives, if one does; ``lock`` holds its row until the transaction ends."""
    rows = FirstCode.objects.order_by("-pk")
    last = (rows.select_for_update(of=("self",)) if lock else rows).first()
    return last if last is not None and last.lives else None


@transaction.atomic
def try_code(typed: str) -> int | None:
    """Return the primary key of the code that lives where it is the one typed; otherwise count a try."""
    code = current(lock=True)
    if code is None or not is_awaited():
        return None
    if secrets.compare_digest(code.code_hash, hash_of(typed)):
        return code.pk
    FirstCode.objects.filter(pk=code.pk).update(tries=models.F("tries") + 1)
    return None
