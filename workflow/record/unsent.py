"""What was typed into a form whose session had ended: kept for a day at most, for its author alone.

The browser holds a random mark, in a signed cookie that also says whose account it last showed; the
text is sealed with a key drawn from our secret, that mark and that account. Neither a copy of the database
nor the next person at the same machine reads it. Nothing is done with it: it is shown again.
"""

from __future__ import annotations

import datetime as dt
import json
import secrets
from dataclasses import dataclass

from cryptography.fernet import InvalidToken
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core import signing
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from stakeholders.sealing import box
from workflow.record.models import UnsentForm

KEPT = dt.timedelta(hours=23)  # and an hour at most until it is purged
EACH = 5  # forms of one person in one browser
ALL = 2000  # forms at one time
LONGEST = 200_000  # characters of one form, as in drafts.js
COOKIE_FOR = dt.timedelta(days=30)
_SALT = "workflow.unsent"


@dataclass(frozen=True)
class Author:
    """Who typed: a browser by its random mark, and the account that it last showed (a keyed hash)."""

    mark: str
    account: str

    @property
    def key(self) -> str:
        """Name both, for the database: 64 hexadecimal digits."""
        return salted_hmac(_SALT, f"{self.mark} {self.account}", algorithm="sha256").hexdigest()

    @property
    def purpose(self) -> str:
        """Return what their seal is drawn from; it is nowhere but in that browser."""
        return f"contreseing.unsent {self.mark} {self.account}"

    def cookie(self) -> str:
        """Return what their browser keeps."""
        return signing.dumps([self.mark, self.account], salt=_SALT)


def author_in(cookie: str | None) -> Author | None:
    """Return of whom a browser speaks by its cookie; nobody when it is not ours, or too old."""
    try:
        return Author(*signing.loads(cookie or "", salt=_SALT, max_age=COOKIE_FOR))
    except signing.BadSignature:
        return None


def author_of(person: AbstractBaseUser | AnonymousUser, before: Author | None) -> Author:
    """Return a person in a browser, which keeps its mark whoever uses it."""
    account = salted_hmac(f"{_SALT}.account", str(person.pk), algorithm="sha256").hexdigest()[:32]
    return Author(before.mark if before else secrets.token_urlsafe(24), account)


@transaction.atomic
def keep(author: Author, *, path: str, page: str, fields: dict[str, list[str]]) -> bool:
    """Keep what was sent to ``path`` from ``page``; say whether there was room for it."""
    plain = json.dumps(fields)
    of_the_author = UnsentForm.objects.filter(owner=author.key)
    if len(plain) > LONGEST or UnsentForm.objects.count() >= ALL:
        return False
    of_the_author.filter(path=path).delete()
    UnsentForm.objects.filter(pk__in=of_the_author.order_by("-pk").values("pk")[EACH - 1 :]).delete()
    sealed = box(author.purpose).encrypt(plain.encode()).decode("ascii")
    UnsentForm.objects.create(owner=author.key, path=path, page=page, sealed=sealed)
    return True


def awaiting(author: Author) -> dict[str, tuple[int, str]]:
    """Return what waits for its author: by address, its number and the page that shows the form."""
    rows = UnsentForm.objects.filter(owner=author.key, at__gt=timezone.now() - KEPT).order_by("pk")
    return {path: (number, page) for path, number, page in rows.values_list("path", "pk", "page")}


def opened(author: Author, number: int) -> tuple[dt.datetime, dict[str, list[str]]] | None:
    """Return when it was sent and its fields; nothing for anybody but its author, nor once forgotten."""
    row = UnsentForm.objects.filter(pk=number, owner=author.key, at__gt=timezone.now() - KEPT).first()
    if row is None:
        return None
    try:
        plain = box(author.purpose).decrypt(row.sealed.encode("ascii"))
    except InvalidToken:  # sealed before the installation's secret changed
        return None
    fields: dict[str, list[str]] = json.loads(plain)
    return row.at, fields


def drop(author: Author, *numbers: int) -> None:
    """Forget some of what an author left."""
    UnsentForm.objects.filter(owner=author.key, pk__in=numbers).delete()


def forget() -> int:
    """Forget what nobody came back for; return how many."""
    return int(UnsentForm.objects.filter(at__lt=timezone.now() - KEPT).delete()[0])
