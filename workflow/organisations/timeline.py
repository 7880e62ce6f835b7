"""Who could sign for an organisation, when, as its register's page shows it (ends: standing/endings.py)."""

from __future__ import annotations

import copy
import datetime as dt
from dataclasses import dataclass
from typing import TypeVar

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures.models import SignatureRequest
from stakeholders.authority import Basis, NoBasis, Rule, decide_within_scope
from stakeholders.kinds import Power
from stakeholders.models import AuthorityKind, Mandate, Organisation, Role, SigningAuthority

DAY = dt.timedelta(days=1)
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
    today, register = timezone.localdate(), _Register(organisation)
    return [Entry(row, *register.state(row, today)) for row in register.rows]


def timeline(organisation: Organisation) -> list[Span]:
    """Return who could sign contracts for the offices that sign, a year back and a year ahead.

    What was withdrawn counts until the day before; the kind of contract and the territory are left aside.
    """
    today = timezone.localdate()
    first, last = today - SHOWN, today + SHOWN
    register = _Register(organisation)
    found = [
        _span(m.office.title, str(m.person), AuthorityKind.OFFICE_HOLDER.label, _first_day(m), m.ends_on)
        for m in map(_as_it_was, register.mandates)
        if Power.SIGN in m.office.powers and _runs_within(m, first, last)
    ]
    for row in register.rows:
        found.extend(
            _span(row.office.title, str(row.delegate.person), row.get_kind_display(), starts_on, ends_on)
            for starts_on, ends_on in register.runs(row, first, last)
        )
    return found


LOOKS: dict[Rule, tuple[str, Promise]] = {
    Rule.CLOSED_ACCOUNT: ("stop", gettext_lazy("compte fermé")),
    Rule.WITHDRAWN: ("stop", gettext_lazy("retiré")),
    Rule.REPRESENTATION: ("wait", gettext_lazy("ne permet pas de signer")),
    Rule.OTHER_OFFICE_ENDED: ("stop", gettext_lazy("caduc")),
    Rule.ENDED: ("wait", gettext_lazy("terminé")),
    Rule.NOT_YET: ("now", gettext_lazy("à venir")),
    Rule.LAPSED: ("stop", gettext_lazy("caduc")),
    Rule.NOT_VACANT: ("wait", gettext_lazy("sans effet : la fonction a un titulaire")),
    Rule.UNPUBLISHED: ("wait", gettext_lazy("non publié")),
    Rule.APART: ("wait", gettext_lazy("sans effet : tient le contrôle de légalité")),
    Rule.COOLING: ("wait", gettext_lazy("à venir")),
    Rule.SCOPE: ("wait", gettext_lazy("ne couvre pas les contrats")),
}


class _Register:
    """An organisation's register, and the mandates on which its acts rest: read once, asked by the day.

    The rules are those of :func:`stakeholders.authority.decide`, whatever the kind of contract and
    the territory, so that the page never says what the signature would not.
    """

    def __init__(self, organisation: Organisation) -> None:
        rows = SigningAuthority.objects.filter(office__organisation=organisation)
        self.rows = list(
            rows.select_related(
                "office__organisation", "grantor__person", "delegate__person", "delegate__office"
            )
        )
        self.mandates = list(
            Mandate.objects.filter(office__organisation=organisation)
            .select_related("office__organisation", "person")
            .order_by("office", "starts_on", "pk")
        )

    def state(self, row: SigningAuthority, day: dt.date) -> tuple[str, str]:
        """Return how an act stands that day: a look, a word."""
        basis = _decide(row, day, self.mandates)
        if isinstance(basis, NoBasis):
            look, word = LOOKS[basis.rule]
            return look, str(word)
        return "done", _("en vigueur")

    def runs(
        self, row: SigningAuthority, first: dt.date, last: dt.date
    ) -> list[tuple[dt.date, dt.date | None]]:
        """Return the days between these when the act let somebody sign: from, to (None: beyond ``last``)."""
        then = _as_it_was(row)
        then.delegate = _as_it_was(row.delegate)
        then.grantor = _as_it_was(row.grantor) if row.grantor else None
        held = [
            _as_it_was(mandate)
            for mandate in self.mandates
            if mandate.office_id == row.office_id
            or (mandate.person_id == row.delegate.person_id and mandate.office.role == Role.LEGALITY)
        ]
        # the answer can change on these days only
        turns = {first, then.published_on}
        for dated in (then, then.delegate, then.grantor, *held):
            if dated is not None:
                turns |= {dated.starts_on, dated.ends_on + DAY if dated.ends_on else None, _settled_on(dated)}
        days = sorted(day for day in turns if day is not None and first <= day <= last)
        found: list[tuple[dt.date, dt.date | None]] = []
        for day, following in zip(days, [*days[1:], None], strict=True):
            if isinstance(_decide(then, day, held), NoBasis):
                continue
            until = following - DAY if following else None
            if found and found[-1][1] == day - DAY:
                found[-1] = (found[-1][0], until)
            else:
                starts_on = then.starts_on if day == first and then.starts_on < first else day
                found.append((starts_on, until))
        return [(starts_on, then.ends_on if ends_on is None else ends_on) for starts_on, ends_on in found]


def _decide(row: SigningAuthority, day: dt.date, mandates: list[Mandate]) -> Basis | NoBasis:
    """Ask what this act alone is worth that day: nothing to whoever holds the office themselves."""
    basis = decide_within_scope(row, mandates=mandates, on=day)
    return NoBasis(Rule.NOT_VACANT, "", row) if isinstance(basis, Basis) and basis.is_own else basis


Kept = TypeVar("Kept", SigningAuthority, Mandate)


def _as_it_was(row: Kept) -> Kept:
    """Return a copy for the past: what was withdrawn ran until the day before."""
    then = copy.copy(row)
    if then.withdrawn_at is not None:
        stopped = timezone.localdate(then.withdrawn_at) - DAY
        then.ends_on = min(then.ends_on, stopped) if then.ends_on else stopped
        then.withdrawn_at = None
    return then


def _settled_on(row: SigningAuthority | Mandate) -> dt.date | None:
    return timezone.localdate(row.may_sign_from) if row.may_sign_from else None


def _first_day(mandate: Mandate) -> dt.date:
    """Return the first day on which its holder could sign: that of its cool-down's end, if it had one."""
    return max(mandate.starts_on, _settled_on(mandate) or mandate.starts_on)


def _runs_within(row: Mandate, first: dt.date, last: dt.date) -> bool:
    ended = row.ends_on is not None and (row.ends_on < first or row.ends_on < row.starts_on)
    return row.starts_on <= last and not ended


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
    """Return how many signatures are asked for on this act and not made yet."""
    return SignatureRequest.objects.filter(act__authority=authority, state__in=UNDER_WAY).count()
