"""Which means of proof count before a signature.

Whoever holds a mailbox can choose a password, log in and add a passkey: what was added that way
counts only once confirmed through another channel, by a code that a second person gives by voice,
or by a means that counts already; never by a mail.
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from signatures.errors import ConfirmationRefused
from signatures.means_models import NOT_ONE_S_OWN
from signatures.models import Confirmation, ProofMeans

DELAY = dt.timedelta(hours=24)
CODE_LASTS = dt.timedelta(minutes=10)
CODE_TRIES = 5
TYPES = (Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP)


@dataclass(frozen=True)
class _Known:
    """One means: of which kind (blank: the password), and from when it counts."""

    kind: str
    counts_from: dt.datetime | None
    authenticator: Authenticator | None = None


class Held:
    """What counts of one person's means before a signature now, read in one query.

    Or in none: ``beside`` is what :func:`beside` brought with another question about that person.
    """

    def __init__(self, user: AbstractBaseUser, beside: Iterable[Mapping[str, Any]] | None = None) -> None:
        self._now = timezone.now()
        if beside is not None:
            self._rows = [_Known(one["kind"] or "", _moment(one["counts_from"])) for one in beside]
            return
        rows = ProofMeans.objects.filter(user_id=user.pk).select_related("authenticator")
        self._rows = [
            _Known(row.authenticator.type if row.authenticator else "", row.counts_from, row.authenticator)
            for row in rows
            if row.authenticator is None or row.authenticator.user_id == user.pk
        ]

    def counting(self, kind: str) -> list[Authenticator]:
        """Return the person's passkeys, or application, that count; only of what was read here."""
        return [row.authenticator for row in self._rows if row.authenticator and self._is(row, kind)]

    def has(self, kind: str) -> bool:
        """Whether one of the person's passkeys, or their application, counts."""
        return any(self._is(row, kind) for row in self._rows)

    @property
    def password_counts(self) -> bool:
        """Whether the person's password counts: not just after it was chosen from the mailbox."""
        return all(self._counts(row) for row in self._rows if not row.kind)

    @property
    def some_wait(self) -> bool:
        """Whether some do not count yet."""
        return not all(self._counts(row) for row in self._rows)

    def _is(self, row: _Known, kind: str) -> bool:
        return row.kind == kind and self._counts(row)

    def _counts(self, row: _Known) -> bool:
        return row.counts_from is not None and row.counts_from <= self._now


def beside(person: str) -> ArraySubquery:
    """Return what a query brings of the means of the person that its field ``person`` names, for Held."""
    theirs = ProofMeans.objects.filter(
        Q(authenticator=None) | Q(authenticator__user=F("user")), user=OuterRef(person)
    )
    return ArraySubquery(theirs.values(one=JSONObject(kind="authenticator__type", counts_from="counts_from")))


def _moment(written: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(written) if written else None


def counting(user: AbstractBaseUser, kind: str) -> list[Authenticator]:
    """Return the person's passkeys, or application, that count before a signature now."""
    return Held(user).counting(kind)


def password_counts(user: AbstractBaseUser) -> bool:
    """Whether the person's password counts now."""
    return Held(user).password_counts


def waiting() -> QuerySet[ProofMeans]:
    """Return the means that do not count yet, whoever they belong to."""
    later = Q(counts_from__isnull=True) | Q(counts_from__gt=timezone.now())
    return ProofMeans.objects.filter(later).select_related("user", "authenticator")


def of(user: AbstractBaseUser) -> QuerySet[ProofMeans]:
    """Return all that is known of the person's means."""
    return ProofMeans.objects.filter(user_id=user.pk).select_related("authenticator", "confirmed_by")


def added(user: AbstractBaseUser, authenticator: int, *, proved: Iterable[int]) -> ProofMeans:
    """Keep a new passkey or application; ``proved``: those that the person proved just before.

    It counts after a day if one of these counted; otherwise once a second person confirms it.
    """
    now = timezone.now()
    trusted = ProofMeans.objects.filter(
        user_id=user.pk, authenticator__in=list(proved), counts_from__lte=now
    ).exclude(authenticator=authenticator)
    known = trusted.exists()
    return ProofMeans.objects.create(
        user_id=user.pk,
        authenticator_id=authenticator,
        since=now,
        counts_from=now + DELAY if known else None,
        how=ProofMeans.How.FACTOR if known else "",
    )


def password_came_by_mail(user: AbstractBaseUser) -> None:
    """A password was chosen from a mailbox: it counts after a day, or once a second person confirms it."""
    now = timezone.now()
    ProofMeans.objects.update_or_create(
        user_id=user.pk,
        authenticator=None,
        defaults={
            "since": now,
            "counts_from": now + DELAY,
            "how": ProofMeans.How.DELAY,
            "confirmed_by": None,
            "code_hash": "",
        },
    )


def forget_confirmations(user: AbstractBaseUser) -> None:
    """Void what was confirmed and not used yet: the credentials that confirmed it have changed."""
    Confirmation.objects.filter(user_id=user.pk, used_at=None).update(used_at=timezone.now())


@transaction.atomic
def give_code(means: ProofMeans, giver: AbstractBaseUser) -> str:
    """Return a code of eight digits that confirms a means for ten minutes; an earlier one is void.

    To be said by voice or in person, never mailed; kept as a keyed hash. Raises
    ConfirmationRefused for one's own means, and for one that counts already.
    """
    found = waiting().select_for_update(of=("self",)).filter(pk=means.pk).first()
    if found is None:
        raise ConfirmationRefused(_("Ce moyen de preuve n’attend plus de confirmation."))
    if found.user_id == giver.pk:
        raise ConfirmationRefused(str(NOT_ONE_S_OWN))
    code = f"{secrets.randbelow(10**8):08d}"
    found.code_hash, found.code_tries = _hash(found, code), 0
    found.code_given_by_id = giver.pk
    found.code_expires_at = timezone.now() + CODE_LASTS
    found.save(update_fields=["code_hash", "code_tries", "code_given_by", "code_expires_at"])
    return code


def confirm(user: AbstractBaseUser, means_id: int, code: str) -> ProofMeans:
    """Have a means count, from the code that a second person gave; raises ConfirmationRefused.

    A wrong, a stale and a used code get the same answer; each try counts, and the fifth voids it.
    Opens its own transaction: a failure has to be counted.
    """
    now = timezone.now()
    with transaction.atomic(durable=True):
        found = waiting().select_for_update(of=("self",)).filter(pk=means_id, user_id=user.pk).first()
        good = found is not None and _is_good(found, code, now)
        if found is not None:
            _count(found, good, now)
    if found is None or not good:
        raise ConfirmationRefused(
            _(
                "Ce code n’est pas valable. Vérifiez les huit chiffres, ou demandez-en un autre à qui "
                "administre votre organisation : il vaut dix minutes et cinq essais."
            )
        )
    return found


def _is_good(found: ProofMeans, code: str, now: dt.datetime) -> bool:
    fresh = found.code_expires_at is not None and found.code_expires_at > now
    right = constant_time_compare(_hash(found, code), found.code_hash)
    return bool(found.code_hash) and right and fresh and found.code_tries < CODE_TRIES


def _count(found: ProofMeans, good: bool, now: dt.datetime) -> None:
    found.code_tries = min(found.code_tries + 1, CODE_TRIES)
    if good:
        found.counts_from, found.how = now, ProofMeans.How.PERSON
        found.confirmed_by_id, found.code_hash = found.code_given_by_id, ""
    found.save(update_fields=["code_tries", "counts_from", "how", "confirmed_by", "code_hash"])


def _hash(means: ProofMeans, code: str) -> str:
    digits: Any = "".join(c for c in code if c.isdigit())
    return salted_hmac("signatures.means", f"{means.pk}:{digits}", algorithm="sha256").hexdigest()
