"""How a signing that is held is told, and opens: under the lock of its contract, which the caller holds."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from contracts.models import Contract, ContractVersion
from stakeholders.models import Mandate, User
from workflow.engine.tasks import Task, organisation_of
from workflow.record import events, journal
from workflow.record.models import JournalEntry
from workflow.signing import launch
from workflow.signing.launch import Standing
from workflow.standing import standings
from workflow.tasks.act import Doing


def tell_held(contract: Contract, version: ContractVersion) -> None:
    """Journal once that the signing of a version is held, with every warning; tell who may sign there."""
    known = JournalEntry.objects.filter(
        contract=contract, verb="launch_held", payload__version=version.number
    )
    if known.exists():
        return
    found = launch.table(version).left
    facts = facts_of(version, found)
    journal.record(
        "launch_held", contract=contract, actor=None, payload={**facts, "warnings": in_words(found)}
    )
    events.publish("launch_held", contract, **facts)


def open_if_clear(
    contract: Contract,
    version: ContractVersion,
    waiting: list[Task],
    user: User | None,
    mandate: Mandate | None,
    *,
    cleared: bool = False,
) -> bool:
    """Close what the pilots are asked and open the signing, if nothing stops it; return whether it did.

    ``cleared``: the journal says that nothing stands in its way any more. By the task of the person's own
    organisation, else by the first: the others are then cancelled.
    """
    if launch.table(version).stops or not launch.is_rehearsed(contract, version):
        return False
    if cleared:
        facts: dict[str, Any] = {"version": version.number}
        journal.record("launch_cleared", contract=contract, actor=user, mandate=mandate, payload=facts)
        events.publish("launch_cleared", contract, actor=user, **facts)
    mine = mandate.office.organisation_id if mandate else None
    task = next((one for one in waiting if organisation_of(one) == mine), waiting[0])
    activation = task.flow_task.activation_class(task)
    if user is None or mandate is None:
        activation.lapse()
        activation.activate_next()
    else:
        Doing(activation, task, contract, user, standings.Standing(mandate)).complete()
    return True


def facts_of(version: ContractVersion, found: list[Standing]) -> dict[str, Any]:
    """Return what is told of these warnings: at which places, in words and by number."""
    places = {one.signatory.pk: one.signatory.capacity for one in found}
    return {
        "version": version.number,
        "signatories": ", ".join(places.values()) or str(_("la répétition de la signature")),
        "places": list(places),
    }


def in_words(found: list[Standing]) -> list[dict[str, str]]:
    """Return each warning as the journal keeps it."""
    return [
        {
            "code": one.warned.code.value,
            "signatory": one.signatory.capacity,
            "field": one.signatory.field_name,
            "about": one.warned.about,
            "sentence": one.warned.in_french,
        }
        for one in found
    ]
