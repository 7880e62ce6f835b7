"""Giving a contract up, at any time before its last signature; nothing of it disappears."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from contracts.models import ENDED, Contract, Status
from signatures import actions as signing
from stakeholders.models import User
from stakeholders.reading import afresh
from workflow.engine.ending import end_all
from workflow.engine.locks import locked
from workflow.engine.models import SigningRound
from workflow.engine.nodes import enter
from workflow.procedures.models import ABANDONING_OWES_WHY, Abandonment
from workflow.record import events, journal
from workflow.record.refusals import AlreadyDone, Locked
from workflow.signing.rules import next_signatory
from workflow.standing.parties import mandate_to_pilot
from workflow.tasks.act import entitled, owed


def abandon(user: User, contract_id: int, *, reason: str) -> Abandonment:
    """A pilot of either side gives the contract up: its tasks are cancelled, all concerned are told.

    A signature asked and not made is withdrawn: the envelope is closed first, so that the worker, which
    writes under the same row, either was quicker or finds it closed. Raises Locked once all have signed,
    AlreadyDone for a second abandonment.
    """
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    with afresh(), locked(contract):
        contract.refresh_from_db()
        mandate = entitled(mandate_to_pilot(user, contract))
        if (before := Abandonment.objects.filter(contract=contract).first()) is not None:
            raise AlreadyDone(str(before.author))
        if contract.status in ENDED:
            raise Locked(why_not_abandon(contract))
        reason = owed(reason, ABANDONING_OWES_WHY)
        version = contract.latest_version
        rounds = SigningRound.objects.filter(version__contract=contract, envelope__state="open")
        if version is not None and SigningRound.objects.filter(version=version).exists():
            for signing_round in rounds.select_related("envelope"):
                signing.void_envelope(signing_round.envelope, reason)
            with afresh():
                if next_signatory(contract, version) is None:
                    raise Locked(why_not_abandon(contract))
        end_all(contract.circuit.process)
        enter(contract, Status.ABANDONED)
        done = Abandonment.objects.create(
            contract=contract, author=user, mandate=mandate, quality=mandate.quality, reason=reason
        )
        organisation = mandate.office.organisation
        facts: dict[str, Any] = {"organisation": organisation.short_name, "reason": reason}
        journal.record(
            "contract_abandoned",
            contract=contract,
            actor=user,
            mandate=mandate,
            quality=mandate.quality,
            payload=facts,
        )
        events.publish("contract_abandoned", contract, actor=user, organisation_id=organisation.pk, **facts)
    return done


def may_be_abandoned(contract: Contract) -> bool:
    """Whether somebody has yet to sign, and the contract is neither over nor given up."""
    if contract.status in ENDED or not hasattr(contract, "circuit"):
        return False
    version = contract.latest_version
    in_signing = contract.status == Status.SIGNING and version is not None
    return not (in_signing and version is not None and next_signatory(contract, version) is None)


def why_not_abandon(contract: Contract) -> str:
    """Return the sentence that says why the contract cannot be given up."""
    if contract.status == Status.ABANDONED:
        return _("Ce contrat est déjà abandonné.")
    return _("Tous ont signé : le contrat ne peut plus être abandonné.")
