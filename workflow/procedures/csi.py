"""The circuit of a contrat de sécurité intégrée, on one page, step by step and actor by actor.

What each question means is in :mod:`workflow.opinions.rules`; what each act does, in
:mod:`workflow.actions`; the kinds of step, in :mod:`workflow.engine.nodes`.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from viewflow import this
from viewflow.workflow import flow, lock

from contracts.models import Contract, ContractVersion, Part, Signatory, Status
from stakeholders.kinds import Power
from stakeholders.models import Organisation
from workflow.council import rules as council_rules
from workflow.drafting import jobs as drafting_jobs
from workflow.engine import jobs as engine_jobs
from workflow.engine.models import CsiProcess
from workflow.engine.nodes import Each, Gate, Job, OrganisationTask
from workflow.guests import mails as guests_mails
from workflow.opinions import rules as opinions_rules
from workflow.signing import jobs as signing_jobs
from workflow.signing import rules as signing_rules
from workflow.standing import parties


class CsiFlow(flow.Flow):
    """Draft, review, approve, sign, seal; back to drafting whenever somebody says no."""

    process_class = CsiProcess
    process_title = _("Contrat de sécurité intégrée")
    # The default takes no lock: two posts of one task would both succeed, two branches
    # that end together would make two joins.
    lock_impl = lock.SelectForUpdateLock(nowait=False, attempts=1)

    start = flow.StartHandle(this.open).Annotation(title=_("Ouverture")).Next(this.drafting)

    # --- the pilots: prefecture and city ------------------------------------------------
    drafting = Each().Annotation(title=_("Rédaction")).Each(this.draft, this.pilots)
    draft = (
        OrganisationTask(Power.DRAFT, days=30, stage=Status.DRAFTING)
        .Annotation(title=_("Rédiger le projet"))
        .Next(this.drafted)
    )
    drafted = flow.Join().Annotation(title=_("Projet rédigé")).Next(this.freeze)
    freeze = (
        OrganisationTask(Power.DRAFT, days=5, organisation=this.city)
        .Annotation(title=_("Figer la version"))
        .Next(this.render)
    )

    # --- the reviewing organisations ----------------------------------------------------
    render = (
        Job(this.queue_render, stage=Status.IN_REVIEW)
        .Annotation(title=_("Composer le PDF"))
        .Next(this.reviewing)
    )
    reviewing = (
        Each()
        .Annotation(title=_("Demander les avis"))
        .Each(this.review, this.due_reviewers)
        .Next(this.reviewed, case=this.nobody_is_due)
    )
    review = (
        OrganisationTask(Power.REVIEW, days=21, stage=Status.IN_REVIEW, opened=this.invite_contacts)
        .Annotation(title=_("Rendre un avis"))
        .Next(this.reviewed)
    )
    reviewed = (
        flow.Join(continue_on_condition=this.version_is_recalled)
        .Annotation(title=_("Avis rendus"))
        .Next(this.review_outcome)
    )
    review_outcome = (
        flow.If(this.changes_are_asked)
        .Annotation(title=_("Modifications demandées ?"))
        .Then(this.drafting)
        .Else(this.approving)
    )

    # --- the two parties approve --------------------------------------------------------
    approving = Each().Annotation(title=_("Approbation")).Each(this.approve, this.pilots)
    approve = (
        OrganisationTask(Power.APPROVE, days=10, stage=Status.APPROVAL)
        .Annotation(title=_("Approuver le texte"))
        .Next(this.approved)
    )
    approved = (
        flow.Join(continue_on_condition=this.version_is_recalled)
        .Annotation(title=_("Texte approuvé"))
        .Next(this.approval_outcome)
    )
    approval_outcome = (
        flow.If(this.is_sent_back).Annotation(title=_("Renvoyé ?")).Then(this.drafting).Else(this.final_text)
    )
    final_text = (
        Job(this.queue_final_text, stage=Status.FINAL_TEXT)
        .Annotation(title=_("Arrêter le texte définitif"))
        .Next(this.signing)
    )

    # --- the council clerk, while the signatures that do not wait for the council go on ------
    signing = (
        flow.Split()
        .Annotation(title=_("Mise en signature"))
        .Next(this.council_resolution, case=this.council_is_due)
        .Next(this.signatory_left)
    )
    council_resolution = (
        OrganisationTask(Power.RECORD_RESOLUTION, days=60, stage=Status.SIGNING, organisation=this.city)
        .Annotation(title=_("Enregistrer la délibération"))
        .Next(this.signing_over)
    )

    # --- the signatories, in their order ------------------------------------------------
    signatory_left = (
        flow.If(this.a_signature_is_left)
        .Annotation(title=_("Reste-t-il un signataire ?"))
        .Then(this.council_gate, task_seed=this.next_signatory)
        .Else(this.signing_over)
    )
    council_gate = (
        Gate(this.council_allows)
        .Annotation(title=_("Délibération exécutoire"))
        .Next(this.sign, task_seed=this.same_signatory)
    )
    sign = (
        OrganisationTask(
            Power.SIGN, days=30, stage=Status.SIGNING, organisation=this.organisation_of_signatory
        )
        .Annotation(title=_("Signer"))
        .Next(this.sign_outcome, task_seed=this.same_signatory)
    )
    sign_outcome = (
        flow.If(this.signing_is_stopped)
        .Annotation(title=_("Refus ?"))
        .Then(this.signing_over)
        .Else(this.make_signature, task_seed=this.same_signatory)
    )
    make_signature = (
        Job(this.signature_is_queued, retried=this.retry_signatures)
        .Annotation(title=_("Apposer la signature"))
        .Next(this.signatory_left)
    )
    signing_over = (
        flow.Join(continue_on_condition=this.signing_is_stopped)
        .Annotation(title=_("Signatures closes"))
        .Next(this.signing_outcome)
    )
    signing_outcome = (
        flow.If(this.signing_is_stopped)
        .Annotation(title=_("Signature refusée ?"))
        .Then(this.drafting)
        .Else(this.seal)
    )

    # --- the system ---------------------------------------------------------------------
    seal = Job(this.queue_seal).Annotation(title=_("Sceller pour l’archive")).Next(this.signed)
    signed = flow.End().Annotation(title=_("Contrat signé"))

    # === what the steps above refer to ==================================================

    def open(self, activation: Any, contract: Contract) -> None:
        """Start the circuit of one contract."""
        activation.process.artifact = contract

    def pilots(self, activation: Any) -> list[Organisation]:
        """Who drafts, and later approves."""
        return parties.pilots(activation.process.contract)

    def city(self, activation: Any) -> Organisation:
        """The city's pilot runs the circuit."""
        return parties.pilot(activation.process.contract, Part.CITY_PILOT)

    def due_reviewers(self, activation: Any) -> list[Organisation]:
        """Who owes an opinion in this round."""
        return opinions_rules.due_reviewers(activation.process.contract, self.version(activation))

    def invite_contacts(self, activation: Any) -> None:
        """Mail a link to those whom the organisation named, accounts or not."""
        task = activation.task
        guests_mails.invite(activation.process.contract, task.seed, task)

    def nobody_is_due(self, activation: Any) -> bool:
        """No opinion is owed: the round is over before it began."""
        return not self.due_reviewers(activation)

    def version_is_recalled(self, activation: Any, _active: Any) -> bool:
        """The pilots took the version back: what is still asked about it is cancelled."""
        return self.version(activation).recalls.exists()

    def changes_are_asked(self, activation: Any) -> bool:
        """Somebody asked for changes, or the version was recalled."""
        return opinions_rules.changes_are_asked(self.version(activation))

    def is_sent_back(self, activation: Any) -> bool:
        """A party did not approve, or the version was recalled."""
        return opinions_rules.is_sent_back(self.version(activation))

    def council_is_due(self, activation: Any) -> bool:
        """The council has yet to authorise this text."""
        return council_rules.council_is_due(activation.process.contract, self.version(activation))

    def a_signature_is_left(self, activation: Any) -> bool:
        """Somebody has yet to sign, and nothing stops them."""
        return (
            not signing_rules.signing_is_stopped(self.version(activation))
            and self.next_signatory(activation) is not None
        )

    def next_signatory(self, activation: Any) -> Signatory | None:
        """Whose turn it is."""
        return signing_rules.next_signatory(activation.process.contract, self.version(activation))

    def same_signatory(self, activation: Any) -> Signatory:
        """The signatory of the step before."""
        signatory: Signatory = activation.task.seed
        return signatory

    def organisation_of_signatory(self, activation: Any) -> Organisation:
        """The organisation whose inbox shows the signature to make."""
        return self.same_signatory(activation).office.organisation

    def council_allows(self, activation: Any) -> bool:
        """This signatory does not wait for the council, or the council has authorised."""
        return council_rules.council_allows(self.same_signatory(activation), self.version(activation))

    def signing_is_stopped(self, activation: Any, _active: Any = None) -> bool:
        """A signatory or the council refused, or the version was recalled: what is open is cancelled."""
        return signing_rules.signing_is_stopped(self.version(activation))

    def queue_render(self, activation: Any) -> None:
        """Have the worker print the frozen version."""
        engine_jobs.defer(drafting_jobs.render_version, activation.task)

    def queue_final_text(self, activation: Any) -> None:
        """Have the worker check that the approved bytes are those of the frozen text."""
        engine_jobs.defer(signing_jobs.settle_final_text, activation.task)

    def signature_is_queued(self, activation: Any) -> None:
        """The act of signing asked the signatures room, which will tell; a step tried again may be late."""
        if signing_rules.is_signed(self.same_signatory(activation), self.version(activation)):
            engine_jobs.defer_go_on(activation.task.process_id, "make_signature")

    def retry_signatures(self, contract: Contract) -> None:
        """Have the signatures room try again what failed."""
        signing_jobs.retry_signatures(contract)

    def queue_seal(self, activation: Any) -> None:
        """Have the signatures room bring the file to B-LTA."""
        signing_jobs.request_seal(activation.process.contract)

    @staticmethod
    def version(activation: Any) -> ContractVersion:
        """The version that the circuit speaks of: the last frozen one."""
        version: ContractVersion = activation.process.contract.versions.order_by("-number")[0]
        return version


# The lanes of the diagram: each actor, and the steps that are theirs.
LANES: dict[Any, tuple[str, ...]] = {
    _("Pilotes (préfecture et commune)"): ("start", "drafting", "draft", "drafted", "freeze"),
    _("Organisations consultées"): ("reviewing", "review", "reviewed", "review_outcome"),
    _("Préfecture et commune"): ("approving", "approve", "approved", "approval_outcome"),
    _("Service des assemblées"): ("council_resolution",),
    _("Signataires"): ("signatory_left", "council_gate", "sign", "sign_outcome"),
    _("Contreseing"): (
        "render",
        "final_text",
        "signing",
        "make_signature",
        "signing_over",
        "signing_outcome",
        "seal",
        "signed",
    ),
}
