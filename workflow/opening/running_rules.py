"""What may change in the framework of a running contract, and why not: no writes."""

from __future__ import annotations

from django.utils.translation import gettext as _

from contracts.models import PILOTING, Commitment, Contract, Part, Status, Volet
from stakeholders.models import Mandate, Organisation
from stakeholders.reading import asked_once
from stakeholders.titles import as_subject
from workflow.engine.tasks import is_done, of_contract, open_tasks, organisation_of, owed_by, tasks
from workflow.opening.participants import taking_part
from workflow.opening.proposals import parts_open_to
from workflow.opinions.models import Opinion
from workflow.record.models import JournalEntry

STALE = "seen"  # the field of a refusal that says: somebody else was quicker
WRITTEN = (Status.DIAGNOSTIC, Status.DRAFTING)  # no version is under way


def over() -> str:
    """Return the sentence that refuses any change to an ended contract."""
    return _("Ce contrat est terminé : son cadre ne change plus.")


def why_not_places(contract: Contract) -> str:
    """Return why the order and the capacities of signatories do not change now, or nothing."""
    if contract.status in WRITTEN:
        return ""
    return _(
        "Une version figée est en cours, et elle dit qui signe et dans quel ordre : retirez d’abord "
        "la version, changez les signataires, puis figez de nouveau."
    )


@asked_once
def own_side(contract: Contract, mandate: Mandate) -> str:
    """Return the part of the pilot for which a mandate acts."""
    own = mandate.office.organisation_id
    return next(part for organisation, part in taking_part(contract) if organisation.pk == own)


def parts_offered(contract: Contract, mandate: Mandate, organisation: Organisation) -> list[Part]:
    """Return the parts that this pilot may give an organisation now: those of pilots, of the own side alone.

    A pilot comes while the text is being written: the round under way has said who approves it.
    """
    side = own_side(contract, mandate)
    return [
        part
        for part in parts_open_to(organisation.kind)
        if part not in PILOTING or (part == side and contract.status in WRITTEN)
    ]


def why_not_change(
    contract: Contract, mandate: Mandate, organisation: Organisation, now: str | None, part: str
) -> str:
    """Return why this pilot may not give an organisation this part (or none: ``""``), or nothing."""
    words = {"name": as_subject(organisation.name)}
    if now in PILOTING and now != own_side(contract, mandate):
        return _("%(name)s pilote pour l’autre partie : à elle seule d’en décider.") % words
    if part and part not in parts_offered(contract, mandate, organisation):
        return _("%(name)s ne peut pas avoir ce rôle maintenant.") % words
    if now in PILOTING and organisation.pk == mandate.office.organisation_id:
        return _("%(name)s pilote le contrat en votre personne : un autre pilote en décide.") % words
    if now is None:
        return ""
    if any(organisation_of(task) == organisation.pk for task in open_tasks(contract)):
        return (
            _("%(name)s a une tâche en cours : elle change de rôle, ou se retire, quand elle l’a rendue.")
            % words
        )
    if now == Part.REVIEWER and _last_is_blocking(contract, organisation):
        return (
            _("%(name)s a demandé des modifications : son avis sur la version suivante lui est dû.") % words
        )
    return "" if part and now not in PILOTING else _why_not_leave(contract, organisation, now)


def _last_is_blocking(contract: Contract, organisation: Organisation) -> bool:
    given = Opinion.objects.filter(version__contract=contract, organisation=organisation)
    last = given.order_by("-version__number").first()
    return last is not None and last.is_blocking


def _why_not_leave(contract: Contract, organisation: Organisation, now: str) -> str:
    """Say what somebody has given or owes, who then stays."""
    words = {"name": as_subject(organisation.name)}
    acted = JournalEntry.objects.filter(contract=contract, payload__organisation=organisation.short_name)
    done = any(is_done(task) for task in tasks(of_contract(contract), owed_by(organisation.pk)))
    if done or acted.exists():
        return _("%(name)s a déjà pris part au contrat : ce qu’elle a rendu y reste, et elle aussi.") % words
    leads = Commitment.objects.filter(volet__contract=contract, lead=organisation).exists()
    helps = Commitment.objects.filter(volet__contract=contract, contributors=organisation).exists()
    if leads or helps or Volet.objects.filter(contract=contract, lead=organisation).exists():
        return _("%(name)s est responsable d’une partie du texte : confiez-la d’abord à une autre.") % words
    places = contract.signatories.filter(office__organisation=organisation)
    if places.exists() and (now not in PILOTING or contract.status not in WRITTEN):
        return _("%(name)s a sa place parmi les signataires : elle reste au contrat.") % words
    if contract.signatories.filter(council=organisation).exclude(office__organisation=organisation).exists():
        return _("Un signataire attend la délibération de %(name)s : elle reste au contrat.") % words
    return ""
