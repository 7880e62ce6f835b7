"""Which offices one person may not hold together, and what some may not do as substitutes.

The control of legality of a prefecture judges the acts of the municipality (CGCT L2131-6):
it cannot be done by who negotiates or approves them. The council's clerk alone records its
resolutions.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from stakeholders.kinds import Power
from stakeholders.models import Absence, AuthorityKind, Mandate, Office, Role, SigningAuthority, User

NEGOTIATING = frozenset({Power.DRAFT, Power.REVIEW, Power.APPROVE, Power.SIGN})
NEGOTIATORS = frozenset({Role.HEAD, Role.DELEGATE, Role.PILOT, Role.VALIDATOR, Role.REVIEWER})


def against_role(role: str) -> frozenset[Role]:
    """Return the roles that nobody may hold beside this one."""
    if Role(role) is Role.LEGALITY:
        return NEGOTIATORS
    return frozenset({Role.LEGALITY}) if role in NEGOTIATORS else frozenset()


def why_not_appoint(mandate: Mandate) -> str:
    """Return why this mandate cannot be given beside those that the person holds, or nothing."""
    return _clash(mandate, mandate.office.role)


def why_not_role(office: Office, role: str) -> str:
    """Return why who holds this office, or will, could not keep it with another role, or nothing."""
    held = office.mandates.filter(withdrawn_at=None).exclude(ends_on__lt=timezone.localdate())
    return next(filter(None, (_clash(mandate, role) for mandate in held)), "")


def one_at_a_time(people: Iterable[int]) -> None:
    """Have whoever else gives these people an office, or widens theirs, wait for this transaction's end.

    Two organisations could give at once what one person may not hold together.
    """
    rows = User.objects.select_for_update(no_key=True).filter(pk__in=people)
    list(rows.order_by("pk").values_list("pk"))


def _clash(mandate: Mandate, role: str) -> str:
    if not (against := against_role(role)):
        return ""
    meanwhile = Q(ends_on__isnull=True) | Q(ends_on__gte=mandate.starts_on)
    if mandate.ends_on is not None:
        meanwhile &= Q(starts_on__lte=mandate.ends_on)
    others = Mandate.objects.filter(
        meanwhile, person=mandate.person_id, withdrawn_at=None, office__role__in=against
    ).exclude(pk=mandate.pk)
    return not_together() if others.exists() else ""


def not_together() -> str:
    """Say that the control of legality goes with no office of a negotiator."""
    return _(
        "Le contrôle de légalité ne peut être tenu par une personne qui rédige, rend un avis, approuve "
        "ou signe : mettez d’abord fin à l’autre fonction."
    )


def keeping_apart(starts_on: dt.date, ends_on: dt.date | None) -> QuerySet[Mandate]:
    """Return the mandates by which somebody holds the control of legality on one of these days."""
    found = Mandate.objects.filter(withdrawn_at=None, office__role=Role.LEGALITY)
    found = found.exclude(ends_on__lt=starts_on)
    return found if ends_on is None else found.filter(starts_on__lte=ends_on)


def never_entrusted(substitute: Mandate, *, keeps_apart: bool) -> frozenset[Power]:
    """Return what this mandate lets nobody do in another's place, its holder keeping apart or not."""
    clerks = frozenset() if substitute.office.role == Role.CLERK else frozenset({Power.RECORD_RESOLUTION})
    return clerks | NEGOTIATING if keeps_apart else clerks


def why_not_substitute(
    substitute: Mandate, powers: Iterable[str], *, starts_on: dt.date, ends_on: dt.date | None
) -> str:
    """Return why this person cannot do these acts in another's place on these days, or nothing.

    Whichever office names them: who holds the control of legality beside it stays apart.
    """
    apart = keeping_apart(starts_on, ends_on).filter(person=substitute.person_id)
    refused = never_entrusted(substitute, keeps_apart=apart.exists()) & {Power(power) for power in powers}
    if refused & NEGOTIATING:
        return _(
            "Le contrôle de légalité ne peut ni rédiger, ni rendre un avis, ni approuver : désignez "
            "une autre personne."
        )
    if refused:
        return _("Seul le service des assemblées enregistre les délibérations du conseil.")
    return ""


def why_not_replace(absence: Absence) -> str:
    """Return why the substitute of this absence cannot do what it entrusts to them, or nothing."""
    return why_not_substitute(
        absence.substitute, absence.powers, starts_on=absence.starts_on, ends_on=absence.ends_on
    )


def why_not_sign_for(authority: SigningAuthority) -> str:
    """Return why this act cannot let the person whom it names sign contracts for another, or nothing."""
    if authority.kind == AuthorityKind.REPRESENTATION_ONLY or not authority.covers_contract_signature:
        return ""
    apart = keeping_apart(authority.starts_on, authority.ends_on)
    return signs_nothing() if apart.filter(person=authority.delegate.person_id).exists() else ""


def signs_nothing() -> str:
    """Say that who holds the control of legality signs no contract in another's place."""
    return _(
        "Le contrôle de légalité juge les actes des communes : qui le tient ne signe aucun contrat à la "
        "place d’un autre. Désignez une autre personne, ou mettez d’abord fin à cette fonction."
    )
