"""Who could sign for an organisation, when: what its register's page shows; what ends, in endings.py."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from signatures.models import SignatureRequest
from stakeholders.kinds import Power
from stakeholders.models import AuthorityKind, Mandate, Organisation, SigningAuthority

SHOWN = dt.timedelta(days=365)  # on each side of today
UNDER_WAY = ("requested", "prepared")


@dataclass(frozen=True)
class Entry:
    """One act of the register and how it stands today: a look, a word."""

    row: SigningAuthority
    look: str
    word: str


@dataclass(frozen=True)
class Span:
    """Somebody could sign in the place of an office from a day to a day, on a basis.

    ``left`` and ``width`` are twelfths of the year before and the year after today (0 to 24).
    """

    office: str
    person: str
    basis: str
    starts_on: dt.date
    ends_on: dt.date | None
    left: int
    width: int
    is_now: bool


def entries(organisation: Organisation) -> list[Entry]:
    """Return the acts of an organisation's register, the most recent first."""
    return [Entry(row, *_state(row)) for row in _rows(organisation)]


def _rows(organisation: Organisation) -> list[SigningAuthority]:
    rows = SigningAuthority.objects.filter(office__organisation=organisation)
    return list(rows.select_related("office", "grantor__person", "delegate__person", "delegate__office"))


def _state(row: SigningAuthority) -> tuple[str, str]:
    today = timezone.localdate()
    if row.withdrawn_at is not None:
        return "stop", _("retiré")
    if row.ends_on is not None and row.ends_on < today:
        return "wait", _("terminé")
    if row.grantor is not None and not row.grantor.runs_on(today):
        return "stop", _("caduc")
    if row.starts_on > today:
        return "now", _("à venir")
    if not row.covers_contract_signature:
        return "wait", _("ne couvre pas les contrats")
    return "done", _("en vigueur")


def timeline(organisation: Organisation) -> list[Span]:
    """Return who could sign contracts for the offices that sign, a year back and a year ahead."""
    today = timezone.localdate()
    first, last = today - SHOWN, today + SHOWN
    signing = [o.pk for o in organisation.offices.all() if Power.SIGN in o.powers]
    around = Q(starts_on__lte=last) & (Q(ends_on__isnull=True) | Q(ends_on__gte=first))
    holders = (
        Mandate.objects.filter(around, office__in=signing, withdrawn_at=None)
        .select_related("office", "person")
        .order_by("office", "starts_on")
    )
    found = [
        _span(m.office.title, str(m.person), AuthorityKind.OFFICE_HOLDER.label, m.starts_on, m.ends_on)
        for m in holders
    ]
    for row in _rows(organisation):
        ends = min(
            (d for d in (row.ends_on, row.grantor.ends_on if row.grantor else None) if d), default=None
        )
        in_view = row.starts_on <= last and (ends is None or ends >= first)
        if row.withdrawn_at is None and row.covers_contract_signature and in_view:
            found.append(
                _span(row.office.title, str(row.delegate.person), row.get_kind_display(), row.starts_on, ends)
            )
    return found


def _span(office: str, person: str, basis: object, starts_on: dt.date, ends_on: dt.date | None) -> Span:
    today = timezone.localdate()
    left = _month(starts_on, today)
    right = _month(ends_on, today) if ends_on else 24
    is_now = starts_on <= today and (ends_on is None or ends_on >= today)
    return Span(office, person, str(basis), starts_on, ends_on, left, max(right - left, 1), is_now)


def _month(day: dt.date, today: dt.date) -> int:
    months = 12 + (day - today).days * 12 // 365
    return min(max(months, 0), 23)


def being_made_by(authority: SigningAuthority) -> int:
    """Return how many signatures of the person named are asked for and not made yet."""
    return SignatureRequest.objects.filter(
        user=authority.delegate.person_id,
        state__in=UNDER_WAY,
        slot__envelope__signing_round__version__contract__signatories__office=authority.office_id,
    ).count()
