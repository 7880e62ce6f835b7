"""Whom a commitment may name as responsible: somebody in office in the organisation that leads it."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from stakeholders.models import Mandate, Organisation, User
from stakeholders.wording import in_sentence

Choices = list[tuple[str, str] | tuple[str, list[tuple[int, str]]]]


def in_office(organisations: QuerySet[Organisation]) -> QuerySet[Mandate]:
    """Return the mandates in force in these organisations, by organisation then by name."""
    return (
        Mandate.objects.in_force()
        .filter(office__organisation__in=organisations, person__is_active=True)
        .select_related("person", "office__organisation")
        .order_by("office__organisation__name", "person__last_name", "person__first_name", "pk")
    )


def eligible(organisations: QuerySet[Organisation], current: int | None) -> QuerySet[User]:
    """Return who may be named, and whoever is named already."""
    held = in_office(organisations).values("person").order_by()
    found: QuerySet[User] = User.objects.filter(Q(pk__in=held) | Q(pk=current))
    return found


def grouped(organisations: QuerySet[Organisation], people: QuerySet[User], current: int | None) -> Choices:
    """Return the choices of a list: a group an organisation, named as the list of organisations is."""
    groups: dict[str, dict[int, str]] = {}
    for mandate in in_office(organisations):
        held = groups.setdefault(str(mandate.office.organisation), {})
        held.setdefault(mandate.person_id, f"{mandate.person}, {in_sentence(mandate.office.title)}")
    shown = {key for held in groups.values() for key in held}
    if current is not None and current not in shown:
        groups[_("N’est plus en fonction")] = {person.pk: str(person) for person in people.filter(pk=current)}
    return [("", "—"), *((name, list(held.items())) for name, held in groups.items())]


def why_not_owner(owner: User | None, lead: Organisation | None) -> str:
    """Return why this person cannot be responsible for what this organisation leads, or nothing."""
    if owner is None or lead is None:
        return ""
    if in_office(Organisation.objects.filter(pk=lead.pk)).filter(person=owner).exists():
        return ""
    return _(
        "Cette personne n’exerce aucune fonction dans l’organisation responsable : « %(organisation)s ». "
        "Choisissez une personne de cette organisation, ou laissez le champ vide."
    ) % {"organisation": lead.name}
