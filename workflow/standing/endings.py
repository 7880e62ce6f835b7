"""What ends within thirty days: shown by the register, mailed once when the thirtieth day comes.

Most readers open the software three times a year; an act that lapses unseen stops a signature.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from stakeholders.kinds import Power
from stakeholders.models import Mandate, Organisation, SigningAuthority, User
from stakeholders.wording import day
from workflow.notices import mail

WARNED_BEFORE = dt.timedelta(days=30)


@dataclass(frozen=True)
class Ending:
    """The mandate or act of a person that ends on a day, ``days`` from today."""

    what: str
    person: User
    ends_on: dt.date
    days: int


def ending_soon(organisation: Organisation) -> list[Ending]:
    """Return the mandates of those who sign and the acts of the register that end within 30 days."""
    today = timezone.localdate()
    return _endings(organisation, Q(ends_on__gte=today, ends_on__lte=today + WARNED_BEFORE))


def _endings(organisation: Organisation, when: Q) -> list[Ending]:
    today, alive = timezone.localdate(), Q(office__organisation=organisation, withdrawn_at=None)
    mandates = Mandate.objects.filter(when, alive).select_related("person", "office__organisation")
    acts = SigningAuthority.objects.filter(when, alive, covers_contract_signature=True)
    found = [
        (_("%(person)s, %(office)s") % {"person": m.person, "office": m.office.title}, m.person, m.ends_on)
        for m in mandates
        if Power.SIGN in m.office.powers
    ]
    for act in acts.select_related("delegate__person"):
        found.append((act_in_words(act), act.delegate.person, act.ends_on))
    rows = [Ending(what, person, end, (end - today).days) for what, person, end in found if end is not None]
    return sorted(rows, key=lambda ending: ending.ends_on)


def act_in_words(authority: SigningAuthority) -> str:
    """Name an act of the register and whom it lets sign."""
    return _("%(act)s, au bénéfice de %(person)s") % {
        "act": authority.act,
        "person": authority.delegate.person,
    }


def warn(last: dt.date, today: dt.date) -> None:
    """Mail what came within thirty days of its end after ``last`` and until ``today``.

    To the person concerned and to those who administer the organisation, one mail each; in the
    caller's transaction, so that a day that is opened once is told once.
    """
    when = Q(ends_on__gt=last + WARNED_BEFORE, ends_on__lte=today + WARNED_BEFORE)
    offices = Q(offices__mandates__in=Mandate.objects.filter(when)) | Q(
        offices__authorities__in=SigningAuthority.objects.filter(when)
    )
    with translation.override(mail.LANGUAGE):
        for organisation in Organisation.objects.filter(offices).distinct():
            _warn_of(organisation, _endings(organisation, when))


def _warn_of(organisation: Organisation, endings: list[Ending]) -> None:
    told: dict[User, list[Ending]] = defaultdict(list)
    administrators = User.objects.filter(
        is_active=True,
        mandates__in=Mandate.objects.in_force().filter(
            office__organisation=organisation, office__administers=True
        ),
    ).distinct()
    for ending in endings:
        for reader in {ending.person, *administrators}:
            told[reader].append(ending)
    for reader, theirs in told.items():
        body = _body(organisation, reader, theirs)
        mail.defer_mail(to=reader.email, subject=_subject(theirs), body=body, person=reader)


def _subject(endings: list[Ending]) -> str:
    return _("Fin de l’habilitation à signer le %(day)s : %(person)s") % {
        "day": day(endings[0].ends_on),
        "person": endings[0].person,
    }


def _body(organisation: Organisation, reader: User, endings: list[Ending]) -> str:
    lines = [
        _("– %(what)s : prend fin le %(day)s") % {"what": e.what, "day": day(e.ends_on)} for e in endings
    ]
    sentences = [
        _("Bonjour %(name)s,") % {"name": reader},
        _("Dans un mois, pour %(organisation)s :") % {"organisation": organisation.name},
        "\n".join(lines),
        _(
            "Passé ce jour, cette personne ne pourra plus signer à ce titre : les contrats qui l’attendent "
            "iront à qui sera alors habilité. Si rien ne doit changer, que l’acte qui prolonge ou remplace "
            "soit inscrit au registre avant cette date :"
        )
        + "\n"
        + settings.PUBLIC_URL
        + reverse("register", args=[organisation.pk]),
    ]
    return "\n\n".join(sentences) + "\n"
