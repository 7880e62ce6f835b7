"""Which offices one person may not hold together, and what some may not do as substitutes.

The control of legality of a prefecture judges the acts of the municipality (CGCT L2131-6):
it cannot be done by who negotiates or approves them. The council's clerk alone records its
resolutions.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from stakeholders.kinds import Power
from stakeholders.models import Mandate, Role

NEGOTIATING = frozenset({Power.DRAFT, Power.REVIEW, Power.APPROVE, Power.SIGN})
NEGOTIATORS = frozenset({Role.HEAD, Role.DELEGATE, Role.PILOT, Role.VALIDATOR, Role.REVIEWER})


def against_role(role: str) -> frozenset[Role]:
    """Return the roles that nobody may hold beside this one."""
    if Role(role) is Role.LEGALITY:
        return NEGOTIATORS
    return frozenset({Role.LEGALITY}) if role in NEGOTIATORS else frozenset()


def why_not_appoint(mandate: Mandate) -> str:
    """Return why this mandate cannot be given beside those that the person holds, or nothing."""
    if not (against := against_role(mandate.office.role)):
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


def why_not_substitute(substitute: Mandate, powers: Iterable[str]) -> str:
    """Return why the holder of this mandate cannot do these acts as a substitute, or nothing."""
    role, entrusted = Role(substitute.office.role), {Power(power) for power in powers}
    if role is Role.LEGALITY and entrusted & NEGOTIATING:
        return _("Le contrôle de légalité ne peut ni rédiger, ni rendre un avis, ni approuver.")
    if Power.RECORD_RESOLUTION in entrusted and role is not Role.CLERK:
        return _("Seul le service des assemblées enregistre les délibérations du conseil.")
    return ""
