"""What the stakeholders room tells of rights, the register and absences: journaled, told, followed."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver
from django.utils.translation import gettext as _

from stakeholders.granting import gives_power
from stakeholders.models import Absence, Mandate, SigningAuthority, User
from stakeholders.signals import absence_changed, authority_changed, rights_changed
from workflow.powers import mails
from workflow.record import events, journal
from workflow.standing import endings, handover
from workflow.standing import jobs as standing_jobs

LOSSES = frozenset({"mandate_withdrawn", "mandate_ended"})


@receiver(rights_changed)
def rights_moved(
    verb: str, person: User, actor: User | None, mandate: Mandate | None, **_kwargs: Any
) -> None:
    """Journal who gained or lost which office, have their open pages ask again, give back what they held."""
    facts = {"person": person.pk, "office": str(mandate.office) if mandate else ""}
    if mandate is not None and mandate.handover:
        facts["handover"] = mandate.handover
    journal.record(verb, contract=None, actor=actor, payload=facts)
    events.publish("rights_changed", None, actor=actor, recipient=person)
    if mandate is not None and verb in LOSSES and mandate.covers(None) and gives_power(mandate.office):
        what = _("fonction « %(office)s », %(person)s") % {
            "office": mandate.office.title,
            "person": person,
        }
        mails.tell_of_loss(what, mandate.office.organisation, whom=[person], actor=actor)
    held = [mandate] if mandate else person.mandates.in_force().select_related("office")
    for each in held:
        standing_jobs.defer_follow(handover.changes_of_mandate(each))


@receiver(authority_changed)
def register_moved(verb: str, authority: SigningAuthority, actor: User | None, **_kwargs: Any) -> None:
    """Journal an act of the register, tell both sides, and follow it to the open signatures."""
    facts: dict[str, Any] = {
        "authority": authority.pk,
        "basis": authority.kind,
        "office": str(authority.office),
        "person": str(authority.delegate.person),
        "act": authority.act,
        "starts_on": authority.starts_on.isoformat(),
        "ends_on": authority.ends_on.isoformat() if authority.ends_on else None,
        "covers_contract_signature": authority.covers_contract_signature,
        "document_sha256": authority.document_sha256,
    }
    journal.record(verb, contract=None, actor=actor, payload=facts)
    both = {authority.delegate.person, *([authority.grantor.person] if authority.grantor else [])}
    for person in sorted(both, key=lambda p: p.pk):
        events.publish(verb, None, actor=actor, recipient=person, **facts)
    if verb == "authority_ended":
        what = endings.act_in_words(authority)
        mails.tell_of_loss(what, authority.office.organisation, whom=list(both), actor=actor)
    standing_jobs.defer_follow(handover.changes_of_authority(authority))


@receiver(absence_changed)
def absence_moved(verb: str, absence: Absence, actor: User, **_kwargs: Any) -> None:
    """Journal an absence, tell both sides, and give back what comes back."""
    facts = {
        "absence": absence.pk,
        "person": str(absence.mandate.person),
        "substitute": str(absence.substitute.person),
        "starts_on": absence.starts_on.isoformat(),
        "ends_on": absence.ends_on.isoformat() if absence.ends_on else None,
        "powers": sorted(absence.powers),
    }
    journal.record(verb, contract=None, actor=actor, payload=facts)
    for person in (absence.mandate.person, absence.substitute.person):
        events.publish(verb, None, actor=actor, recipient=person, **facts)
    standing_jobs.defer_follow(handover.changes_of_absence(absence))
