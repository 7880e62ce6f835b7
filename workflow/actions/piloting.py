"""The pilots: open the circuit, change the draft, freeze a version, take it back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from contracts import canonical
from contracts.models import Commitment, Contract, ContractVersion, Status, Volet
from signatures import actions as signing
from stakeholders.models import Mandate, User
from workflow import events, journal, rules
from workflow.actions.doing import Doing, doing, drafters_mandate, owed, pilots_mandate, save
from workflow.errors import AlreadyDone, Invalid, Locked, NotAllowed
from workflow.flows import CsiFlow
from workflow.models import Circuit, Recall, SigningRound
from workflow.nodes import locked
from workflow.standing import Standing


@transaction.atomic
def start_circuit(contract: Contract, *, actor: User | None = None) -> Circuit:
    """Open the circuit of a contract, once: the database refuses a second one."""
    Contract.objects.select_for_update().get(pk=contract.pk)  # two starts meet here, one after the other
    if Circuit.objects.filter(contract=contract).exists():
        raise AlreadyDone
    if not contract.signatories.exists():
        raise Invalid(_("Désignez au moins un signataire avant d’ouvrir le circuit."))
    journal.record(
        "circuit_started", contract=contract, actor=actor, payload={"reference": contract.reference}
    )
    activation = CsiFlow.start.activation_class.create(CsiFlow.start, None, None)
    CsiFlow.instance.open(activation, contract)
    activation.execute()
    return Circuit.objects.create(contract=contract, process=activation.process)


@dataclass(frozen=True)
class Drafting:
    """A draft held for one change: whose pen it is."""

    contract: Contract
    mandate: Mandate

    def check(self, row: Commitment | Volet | None) -> None:
        """Raise NotAllowed where this organisation may not change this part; ask before and after."""
        if refusal := rules.why_not_edit(rules.pen_of(self.mandate.office.organisation, self.contract), row):
            raise NotAllowed(refusal)


@contextmanager
def changing_draft(user: User, contract_id: int) -> Iterator[Drafting]:
    """Open the draft for one change: the text cannot be frozen meanwhile.

    Raises NotAllowed, or Locked once the version is frozen.
    """
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    with locked(contract):
        contract.refresh_from_db()
        mandate = drafters_mandate(user, contract)
        if contract.status != Status.DRAFTING:
            raise Locked(
                _("Le texte est figé : il ne se modifie que lorsque le contrat revient en rédaction.")
            )
        yield Drafting(contract, mandate)
        events.publish(
            "draft_changed", contract, actor=user, organisation=mandate.office.organisation.short_name
        )


def submit_draft(user: User, task_id: int) -> None:
    """A pilot says that the draft is ready on their side."""
    with doing(user, task_id, "draft") as act:
        if not any(volet.commitments.exists() for volet in act.contract.volets.all()):
            raise Invalid(_("Le projet ne contient aucun engagement : ajoutez-en au moins un."))
        act.tell("draft_submitted")
        act.complete()


def freeze_version(user: User, task_id: int, *, label: str = "") -> ContractVersion:
    """The city's pilot freezes the text: number, canonical content, SHA-256."""
    with doing(user, task_id, "freeze") as act:
        content = canonical.content_of(act.contract)
        last = act.contract.latest_version
        version = ContractVersion.objects.create(
            contract=act.contract,
            number=last.number + 1 if last else 1,
            content=content,
            content_sha256=canonical.digest(content),
            frozen_at=timezone.now(),
            frozen_by=user,
            label=label,
        )
        act.tell("version_frozen", version=version.number, content_sha256=version.content_sha256, label=label)
        act.complete()
    return version


def recall_version(user: User, contract_id: int, *, reason: str) -> None:
    """A pilot takes the version back, at any time before its last signature; it returns to drafting.

    A signature already set stays in its file, which nobody can complete any more.
    """
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    with locked(contract):
        contract.refresh_from_db()
        mandate = pilots_mandate(user, contract)
        task = rules.recall_carrier(contract)
        if task is None:
            raise Locked(rules.why_not_recall(contract))
        act = Doing(task.flow_task.activation_class(task), task, contract, user, Standing(mandate))
        reason = owed(reason, _("Dites pourquoi la version est retirée."))
        save(Recall(**act.signed_fields(), reason=reason))
        if (signing_round := SigningRound.objects.filter(version=act.version).first()) is not None:
            signing.void_envelope(signing_round.envelope, reason)
        act.tell("version_recalled", version=act.version.number, reason=reason)
        # One branch carries the news to the join, which cancels the others.
        if task.flow_task_type == "JOB":
            act.activation.pass_over()
            act.activation.activate_next()
        else:
            act.complete()
