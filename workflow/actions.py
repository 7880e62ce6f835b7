"""One verb per legal act: check, change and journal in one transaction.

Each takes the lock of the process first (viewflow's ``activation``), asks
:mod:`workflow.rules` again under that lock, and raises :mod:`workflow.errors` with a
sentence for the person. Nothing here is slow or touches a network.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from viewflow.workflow import STATUS
from viewflow.workflow.models import Task

from contracts import canonical
from contracts.models import Contract, ContractVersion, Signatory, Status
from signatures import actions as signing
from signatures.errors import SignatureError
from stakeholders.kinds import Power
from stakeholders.models import Mandate, User
from stakeholders.permissions import mandate_for
from workflow import events, journal, rules
from workflow.errors import AlreadyDone, Invalid, Locked, NewVersion, NotAllowed
from workflow.flows import CsiFlow
from workflow.models import (
    Act as ActRow,
)
from workflow.models import (
    Approval,
    Circuit,
    CouncilResolution,
    Opinion,
    OpinionDraft,
    OpinionValue,
    Recall,
    Refusal,
    SigningRound,
)
from workflow.nodes import OPEN_STATUSES


@dataclass
class Doing:
    """An act under way: the task's activation, the contract, who acts and as what."""

    activation: Any
    task: Task
    contract: Contract
    user: User
    mandate: Mandate

    @property
    def version(self) -> ContractVersion:
        """The last frozen version, which the act speaks of."""
        version = self.contract.latest_version
        if version is None:
            raise Locked(_("Aucune version n’est encore figée."))
        return version

    def signed_fields(self) -> dict[str, Any]:
        """What every act row says: by whom, as what, on which text, when."""
        version = self.version
        return {
            "version": version,
            "version_sha256": version.content_sha256,
            "author": self.user,
            "mandate": self.mandate,
            "at": timezone.now(),
        }

    def tell(self, verb: str, **facts: Any) -> None:
        """Journal the act and publish it to the people who watch, with the same facts."""
        organisation = self.mandate.office.organisation
        facts = {"organisation": organisation.short_name, **facts}
        journal.record(
            verb,
            contract=self.contract,
            actor=self.user,
            mandate=self.mandate,
            payload={"task": self.task.pk, **facts},
        )
        events.publish(
            verb, self.contract, actor=self.user, task=self.task.pk, organisation_id=organisation.pk, **facts
        )

    def complete(self) -> None:
        """Close the task in the person's name and open what follows."""
        task = self.task
        if task.status == STATUS.NEW:
            self.activation.assign(self.user)
        elif task.owner_id != self.user.pk:
            self.activation.reassign(self.user)
        self.activation.start(None)
        self.activation.execute()


@contextmanager
def doing(user: User, task_id: int, step: str) -> Iterator[Doing]:
    """Lock the task's process and check, under the lock, that the person may do it now."""
    task = Task.objects.select_related("process").get(pk=task_id)
    with task.activation() as activation:
        contract = activation.process.contract
        mandate = rules.mandate_to_act(user, task)
        if mandate is None:
            raise NotAllowed
        if task.flow_task.name != step or task.status not in OPEN_STATUSES:
            raise closed(task, user, contract)
        yield Doing(activation, task, contract, user, mandate)


def closed(task: Task, user: User, contract: Contract) -> AlreadyDone | NewVersion:
    """Say why a task is no longer open: done by somebody, or replaced by one on a newer text."""
    successor = next(
        (
            other
            for other in Task.objects.filter(
                process=task.process_id, flow_task=task.flow_task, status__in=OPEN_STATUSES, pk__gt=task.pk
            )
            if rules.mandate_to_act(user, other)
        ),
        None,
    )
    if successor is not None:
        return NewVersion(successor.pk)
    if task.status == STATUS.CANCELED:
        return NewVersion(None)
    return AlreadyDone(str(task.owner) if task.owner else "")


def save(row: ActRow) -> None:
    """Write an act's row; a rule of the model or the database becomes a sentence."""
    try:
        with transaction.atomic():
            row.full_clean()
            row.save(force_insert=True)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    except IntegrityError as error:
        raise AlreadyDone from error


# --- before the circuit ----------------------------------------------------------------


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


# --- the pilots ------------------------------------------------------------------------


@contextmanager
def changing_draft(user: User, contract_id: int) -> Iterator[Contract]:
    """Open the draft for one change: the text cannot be frozen meanwhile.

    Raises NotAllowed, or Locked once the version is frozen.
    """
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    with CsiFlow.lock(contract.circuit.process_id):
        contract.refresh_from_db()
        mandate = next(
            (
                m
                for organisation in rules.pilots(contract)
                if (m := mandate_for(user, Power.DRAFT, organisation))
            ),
            None,
        )
        if mandate is None:
            raise NotAllowed
        if contract.status != Status.DRAFTING:
            raise Locked(
                _("Le texte est figé : il ne se modifie que lorsque le contrat revient en rédaction.")
            )
        yield contract
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
    """A pilot takes the version back before every opinion is in; the text returns to drafting."""
    review = (
        Task.objects.filter(
            process__circuit__contract=contract_id, flow_task=CsiFlow.review, status__in=OPEN_STATUSES
        )
        .order_by("pk")
        .first()
    )
    if review is None:
        raise Locked(_("Aucun avis n’est en cours : il n’y a pas de version à retirer."))
    with review.activation() as activation:
        contract = activation.process.contract
        mandate = next(
            (
                m
                for organisation in rules.pilots(contract)
                if (m := mandate_for(user, Power.DRAFT, organisation))
            ),
            None,
        )
        if mandate is None:
            raise NotAllowed
        if review.status not in OPEN_STATUSES:
            raise AlreadyDone(str(review.owner) if review.owner else "")
        act = Doing(activation, review, contract, user, mandate)
        save(Recall(**act.signed_fields(), reason=_owed(reason, _("Dites pourquoi la version est retirée."))))
        act.tell("version_recalled", version=act.version.number, reason=reason)
        # One branch carries the news to the join, which cancels the others.
        review.data = {**review.data, "recalled": True}
        act.complete()


# --- the reviewing organisations ---------------------------------------------------------


def give_opinion(user: User, task_id: int, *, value: str, reason: str, version_sha256: str) -> Opinion:
    """An organisation gives its opinion on the exact text that was shown."""
    with doing(user, task_id, "review") as act:
        _same_text(act, version_sha256, act.version.content_sha256)
        if value not in OpinionValue.values or value == OpinionValue.NO_OPINION:
            raise Invalid(_("Choisissez un avis."), "value")
        if rules.reason_is_owed(value):
            _owed(reason, _("Dites pourquoi : un motif est requis pour cet avis."))
        organisation = act.task.seed
        opinion = Opinion(
            **act.signed_fields(), organisation=organisation, value=value, reason=reason.strip()
        )
        save(opinion)
        OpinionDraft.objects.filter(contract=act.contract, author=user).delete()
        act.tell(
            "opinion_given",
            value=value,
            reason=opinion.reason,
            version=act.version.number,
            version_sha256=version_sha256,
        )
        act.complete()
    return opinion


def keep_opinion_draft(user: User, task_id: int, *, value: str, reason: str) -> OpinionDraft:
    """Keep what a reviewer has typed; not an act, so not journaled."""
    with doing(user, task_id, "review") as act:
        draft, _created = OpinionDraft.objects.update_or_create(
            author=user, contract=act.contract, defaults={"value": value[:30], "reason": reason}
        )
    return draft


# --- the two parties -----------------------------------------------------------------------


def approve(user: User, task_id: int, *, approved: bool, reason: str, pdf_sha256: str) -> Approval:
    """A party approves the exact bytes that were shown, or sends them back with a reason."""
    with doing(user, task_id, "approve") as act:
        _same_text(act, pdf_sha256, act.version.pdf_sha256)
        if not approved:
            _owed(reason, _("Dites pourquoi le texte est renvoyé en rédaction."))
        organisation = act.task.seed
        approval = Approval(
            **act.signed_fields(),
            organisation=organisation,
            approved=approved,
            pdf_sha256=pdf_sha256,
            reason=reason.strip(),
        )
        save(approval)
        act.tell(
            "text_approved" if approved else "text_sent_back",
            version=act.version.number,
            pdf_sha256=pdf_sha256,
            reason=approval.reason,
        )
        act.complete()
    return approval


# --- the council clerk -----------------------------------------------------------------------


def record_resolution(user: User, task_id: int, *, facts: dict[str, Any]) -> CouncilResolution:
    """The clerk records the council's resolution; adopted and enforceable, it unlocks the mayor.

    ``facts`` are the fields of CouncilResolution; a council that refuses sends the
    contract back to drafting.
    """
    with doing(user, task_id, "council_resolution") as act:
        resolution = CouncilResolution(**act.signed_fields(), **facts)
        _check_days(resolution)
        save(resolution)
        if not resolution.adopted:
            _owed(resolution.reason, _("Dites pourquoi le conseil a refusé."))
            signing.void_envelope(_signing_round(act).envelope, resolution.reason)
        dates = {k: v.isoformat() if isinstance(v, dt.date) else v for k, v in facts.items()}
        act.tell("resolution_adopted" if resolution.adopted else "resolution_rejected", **dates)
        act.complete()
        _open_gates(act)
    return resolution


def _open_gates(act: Doing) -> None:
    gates = Task.objects.filter(
        process=act.task.process_id, flow_task=CsiFlow.council_gate, status=STATUS.NEW
    )
    for gate in gates:
        CsiFlow.council_gate.activation_class(gate).ask_again()


def _check_days(resolution: CouncilResolution) -> None:
    today = timezone.localdate()
    days = (resolution.session_on, resolution.published_on, resolution.transmitted_on, resolution.received_on)
    if any(day and day > today for day in days):
        raise Invalid(_("Une date est dans le futur : n’enregistrez que ce qui a eu lieu."))
    if resolution.adopted and resolution.votes_for <= resolution.votes_against:
        raise Invalid(_("Une délibération adoptée a plus de voix pour que de voix contre."), "votes_for")


# --- the signatories ---------------------------------------------------------------------------


def sign(user: User, task_id: int, *, confirmation: str, document_sha256: str) -> None:
    """A signatory signs the exact bytes that were shown, having just said again who they are.

    The signature itself is made by the worker; the circuit goes on when it is in the file.
    """
    with doing(user, task_id, "sign") as act:
        signatory: Signatory = act.task.seed
        if obstacle := rules.why_not_sign(signatory, act.version):
            raise Locked(obstacle)
        envelope = _signing_round(act).envelope
        stamp = [str(user), signatory.capacity, signatory.office.organisation.name]
        try:
            request = signing.request_signature(
                envelope,
                signatory.field_name,
                user,
                confirmation=confirmation,
                document_sha256=document_sha256,
                stamp_lines=stamp,
                backend=settings.SIGNATURE_BACKEND,
            )
        except SignatureError as error:
            raise Locked(str(error)) from error
        act.tell(
            "signature_requested",
            signatory=signatory.capacity,
            document_sha256=document_sha256,
            request=request.pk,
            version=act.version.number,
        )
        act.complete()


def refuse_signature(user: User, task_id: int, *, reason: str) -> Refusal:
    """A signatory refuses, with a reason that everybody reads; the contract returns to drafting."""
    with doing(user, task_id, "sign") as act:
        signatory: Signatory = act.task.seed
        reason = _owed(reason, _("Dites pourquoi vous refusez de signer."))
        refusal = Refusal(**act.signed_fields(), signatory=signatory, reason=reason)
        save(refusal)
        signing.void_envelope(_signing_round(act).envelope, reason)
        act.tell("signature_refused", signatory=signatory.capacity, reason=reason, version=act.version.number)
        act.complete()
    return refusal


def _signing_round(act: Doing) -> SigningRound:
    return SigningRound.objects.select_related("envelope").get(version=act.version)


# --- who takes care of a task ---------------------------------------------------------------------


def take_task(user: User, task_id: int) -> None:
    """Say to the colleagues « je m’en occupe »; anybody entitled may still do it."""
    task = Task.objects.get(pk=task_id)
    with doing(user, task_id, task.flow_task.name) as act:
        if act.task.status == STATUS.NEW:
            act.activation.assign(user)
        else:
            act.activation.reassign(user)
        act.tell("task_taken", step=act.task.flow_task.name, person=str(user))


def retry_job(user: User, task_id: int) -> None:
    """A pilot has a failed step of the system tried again."""
    task = Task.objects.get(pk=task_id)
    with task.activation() as activation:
        contract = activation.process.contract
        mandate = next(
            (
                m
                for organisation in rules.pilots(contract)
                if (m := mandate_for(user, Power.DRAFT, organisation))
            ),
            None,
        )
        if mandate is None:
            raise NotAllowed
        if task.status != STATUS.ERROR or task.flow_task_type != "JOB":
            raise AlreadyDone
        if task.flow_task == CsiFlow.make_signature:
            _retry_signature(contract)
        Doing(activation, task, contract, user, mandate).tell("job_retried", step=task.flow_task.name)
        activation.revive()


def _retry_signature(contract: Contract) -> None:
    signing_round = SigningRound.objects.select_related("envelope").get(version=contract.latest_version)
    for slot in signing_round.envelope.slots.select_related("request"):
        if hasattr(slot, "request") and slot.request.state == "failed":
            try:
                signing.retry(slot.request)
            except SignatureError as error:
                raise Locked(str(error)) from error


# --- shared by the acts above ------------------------------------------------------------------------


def _owed(reason: str, message: str) -> str:
    if not reason.strip():
        raise Invalid(message, "reason")
    return reason.strip()


def _same_text(act: Doing, shown: str, current: str) -> None:
    """What was shown must be what is acted upon."""
    if shown != current:
        raise NewVersion(act.task.pk)
