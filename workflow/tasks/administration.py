"""Who administers an organisation, and what opens to them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils import timezone

from stakeholders.models import Mandate, Organisation, User
from stakeholders.permissions import administration_of, mandates_in_force


def administers(user: User, organisation: Organisation) -> bool:
    """Whether the person administers the organisation today."""
    return administration_of(user, organisation) is not None


def organisation_for(user: User, organisation_id: int) -> tuple[Organisation, bool]:
    """Return an organisation to somebody who serves there today, and if they administer it (else 404)."""
    mandates = [
        m for m in mandates_in_force(user) if m.office.organisation_id == organisation_id and m.covers(None)
    ]
    if not mandates:
        raise Http404
    return mandates[0].office.organisation, any(m.office.administers for m in mandates)


def administered_by(user: User, organisation_id: int) -> Organisation:
    """Return an organisation to somebody who administers it today (Http404 for anybody else)."""
    organisation, administers = organisation_for(user, organisation_id)
    if not administers:
        raise Http404
    return organisation


def appointing_in(user: User, organisation_id: int) -> Organisation:
    """Return an organisation to who may ask for an office of it: its administrator, the platform's."""
    if user.acts_for_platform:
        return get_object_or_404(Organisation, pk=organisation_id)
    return administered_by(user, organisation_id)


def absentees_for(user: User, organisation: Organisation) -> QuerySet[Mandate]:
    """Return the mandates whose absence the person may declare: their own, or all as administrator."""
    today = timezone.localdate()
    rows = (
        Mandate.objects.filter(office__organisation=organisation, withdrawn_at=None)
        .exclude(ends_on__lt=today)
        .select_related("person", "office__organisation")
        .order_by("person__last_name", "pk")
    )
    if administration_of(user, organisation) is None:
        rows = rows.filter(person=user)
    return rows
