"""The administrator of an organisation asks for a power that a second person will confirm.

What gives nothing is done at once; the rest is drafted here and asked for when its author has said
again who they are (:mod:`workflow.powers.acts`).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy

from stakeholders import actions
from stakeholders.granting import is_entrusted_by_another, needs_confirmation, to_oneself
from stakeholders.incompatibilities import why_not_replace, why_not_sign_for
from stakeholders.models import (
    Absence,
    Grant,
    GrantKind,
    Mandate,
    Organisation,
    SigningAuthority,
    User,
)
from stakeholders.permissions import administration_of
from workflow.record.refusals import Invalid, NotAllowed

ACT_IS_OWED = gettext_lazy("Joignez l’acte en PDF : sans lui, personne ne peut confirmer.")


def administering(actor: User, organisation: Organisation) -> Mandate:
    """Lock the organisation and return as what the person administers it; raises NotAllowed."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
    mandate = administration_of(actor, organisation)
    if mandate is None:
        raise NotAllowed
    return mandate


def appointing(actor: User, organisation: Organisation) -> Mandate | None:
    """Lock the organisation for who may ask for an office of it; None as what the platform's does."""
    if actor.acts_for_platform and administration_of(actor, organisation) is None:
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        return None
    return administering(actor, organisation)


@transaction.atomic
def record_act(actor: User, organisation: Organisation, authority: SigningAuthority) -> Grant | None:
    """Enter an act in the register, with its PDF; ask for it if it lets somebody sign.

    Raises ValidationError where the act cannot be, ActRefused where the person cannot ask for it.
    """
    administering(actor, organisation)
    if not needs_confirmation(authority.kind):
        actions.record_authority(authority, actor=actor)
        return None
    if authority.delegate.person_id == actor.pk:
        raise Invalid(to_oneself(), field="delegate")
    if not authority.document_sha256:
        raise Invalid(str(ACT_IS_OWED), field="document")
    authority.full_clean()
    if refusal := why_not_sign_for(authority):
        raise Invalid(refusal, field="delegate")
    names = ("kind", "act", "published_in", "published_on", "starts_on", "ends_on", "scope")
    more = ("covers_contract_signature", "contract_kinds", "communes")
    facts = {name: as_fact(getattr(authority, name)) for name in (*names, *more)}
    return propose(
        Grant(
            kind=GrantKind.AUTHORITY,
            organisation=organisation,
            office=authority.office,
            person=authority.delegate.person,
            grantor=authority.grantor,
            facts={**facts, "delegate": authority.delegate_id},
            document_sha256=authority.document_sha256,
            asked_by=actor,
        )
    )


def declare_absence(actor: User, organisation: Organisation, absence: Absence) -> Grant | None:
    """Say that somebody will be away and who acts meanwhile.

    Where another than the absent entrusts the power to approve, it is only asked for. Raises
    ValidationError where it cannot be, ActRefused where the person cannot ask for it.
    """
    absent = absence.mandate.person_id
    if absent != actor.pk == absence.substitute.person_id:
        raise Invalid(to_oneself(), field="substitute")
    if not is_entrusted_by_another(frozenset(absence.powers), absent=absent, declared_by=actor.pk):
        actions.declare_absence(absence, actor=actor)
        return None
    with transaction.atomic():
        administering(actor, organisation)
        absence.declared_by = actor
        absence.full_clean()
        if refusal := why_not_replace(absence):
            raise Invalid(refusal, field="substitute")
        facts = {
            "substitute": absence.substitute_id,
            "starts_on": as_fact(absence.starts_on),
            "ends_on": as_fact(absence.ends_on),
            "powers": sorted(absence.powers),
            "note": absence.note,
        }
        return propose(
            Grant(
                kind=GrantKind.ABSENCE,
                organisation=organisation,
                person=absence.substitute.person,
                grantor=absence.mandate,
                facts=facts,
                asked_by=actor,
            )
        )


def propose(grant: Grant) -> Grant:
    """Keep what somebody is about to ask for; raises ActRefused where it cannot be."""
    try:
        return actions.propose(grant)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error


def as_fact(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value
