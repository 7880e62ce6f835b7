"""Why somebody finds no button where their colleagues do."""

from __future__ import annotations

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _

from contracts.models import Contract
from stakeholders.authority import NoBasis
from stakeholders.kinds import Power
from stakeholders.models import Mandate, Role
from workflow.engine.tasks import Task, is_open, open_tasks, organisation_of, power_of
from workflow.standing.standings import Standings


def incompatibilities(mandates: list[Mandate], contract: Contract, waiting: list[Task]) -> list[str]:
    """Return why the holder of these mandates finds no button where colleagues do: one sentence a rule.

    The control of legality judges what the others negotiate (CGCT L2131-6); the council's clerk
    alone records its resolution.
    """
    mandates = [mandate for mandate in mandates if mandate.covers(contract)]
    found = []
    if any(mandate.office.role == Role.LEGALITY for mandate in mandates):
        found.append(
            _(
                "Le contrôle de légalité se tient à part de la négociation : vous lisez ce contrat sans le "
                "rédiger, l’approuver ni le signer."
            )
        )
    councils = {organisation_of(task) for task in waiting if power_of(task) == Power.RECORD_RESOLUTION}
    here = [mandate for mandate in mandates if mandate.office.organisation_id in councils]
    if here and not any(Power.RECORD_RESOLUTION in mandate.office.powers for mandate in here):
        found.append(_("Seul le service des assemblées enregistre la délibération du conseil."))
    return found


def barred_tasks(mine: Standings, contract: Contract) -> list[tuple[Task, str]]:
    """Return the signatures of a contract for which the register names the person in vain, each with why."""
    found = []
    waiting = [task for task in open_tasks(contract) if is_open(task) and power_of(task) == Power.SIGN]
    prefetch_related_objects(waiting, "seed__contract")
    for task in waiting:
        basis = mine.basis(task.seed)
        if isinstance(basis, NoBasis) and mine.is_named_for(task.seed):
            found.append((task, basis.message))
    return found
