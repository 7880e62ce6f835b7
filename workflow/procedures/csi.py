"""The circuit of a contrat de sécurité intégrée, on one page, step by step and actor by actor.

A step is declared here and nowhere else: its title, its lane, its page, its days, its place on the
timeline. What each question means is in the rules of the rooms; the kinds of step, in
:mod:`workflow.engine.nodes`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy as _
from viewflow import this

from contracts.models import Contract, Part, Signatory, Status
from stakeholders.kinds import Power
from stakeholders.models import Organisation
from workflow.council import rules as council_rules
from workflow.council import timeline as council_timeline
from workflow.council import views as council_views
from workflow.diagnostic import rules as diagnostic_rules
from workflow.diagnostic import timeline as diagnostic_timeline
from workflow.diagnostic import views as diagnostic_views
from workflow.drafting import jobs as drafting_jobs
from workflow.drafting import task_views as drafting_views
from workflow.drafting import timeline as drafting_timeline
from workflow.engine import jobs as engine_jobs
from workflow.engine import purposes
from workflow.engine.nodes import Each, End, Gate, If, Job, Join, OrganisationTask, StartHandle
from workflow.engine.procedure import Procedure
from workflow.engine.timeline import Lane, Phase
from workflow.guests import mails as guests_mails
from workflow.opinions import rules as opinions_rules
from workflow.opinions import silence
from workflow.opinions import timeline as opinions_timeline
from workflow.opinions import views as opinions_views
from workflow.procedures import recall_rules
from workflow.signing import jobs as signing_jobs
from workflow.signing import launch, launch_opening, launch_views
from workflow.signing import progress as signing_progress
from workflow.signing import rules as signing_rules
from workflow.signing import timeline as signing_timeline
from workflow.signing import views as signing_views
from workflow.standing import parties

PILOTS = Lane(_("Pilotes (préfecture et commune)"))
REVIEWERS = Lane(_("Organisations consultées"))
PARTIES = Lane(_("Préfecture et commune"))
COUNCIL = Lane(_("Service des assemblées"))
SIGNATORIES = Lane(_("Signataires"))
SYSTEM = Lane(_("Contreseing"))

DIAGNOSTIC = Phase(
    "diagnostic",
    _("Diagnostic"),
    diagnostic_timeline.diagnostic,
    _("Les organisations consultées, les pilotes"),
)
DRAFTING = Phase("drafting", _("Rédaction"), drafting_timeline.drafting, _("Les pilotes"), redrafts=True)
REVIEW = Phase("review", _("Avis"), opinions_timeline.reviews, _("Les organisations consultées"))
APPROVAL = Phase("approve", _("Approbation"), opinions_timeline.approvals, _("La préfecture et la commune"))
RESOLUTION = Phase(
    "council", _("Conseil municipal"), council_timeline.resolution, _("Le service des assemblées")
)
SIGNATURE = Phase("sign", _("Signature"), signing_timeline.signatures)
SEALING = Phase("seal", _("Scellement"), signing_timeline.seal, _("Contreseing"))


class CsiFlow(Procedure):
    """A diagnostic if wanted; draft, review, approve, sign, seal; back to drafting when somebody says no."""

    process_title = _("Contrat de sécurité intégrée")
    lanes = (PILOTS, REVIEWERS, PARTIES, COUNCIL, SIGNATORIES, SYSTEM)
    phases = (DIAGNOSTIC, DRAFTING, REVIEW, APPROVAL, RESOLUTION, SIGNATURE, SEALING)

    start = StartHandle(_("Ouverture"), this.open, lane=PILOTS).Next(this.with_diagnostic)

    # --- the shared diagnostic, where the contract was opened with one ------------------
    with_diagnostic = (
        If(_("Diagnostic partagé ?"), this.diagnostic_is_wanted, lane=PILOTS)
        .Then(this.diagnosing)
        .Else(this.drafting)
    )
    diagnosing = (
        Each(_("Demander les contributions"), lane=REVIEWERS)
        .Each(this.contribute, this.contributors)
        .Next(this.contributed, case=this.nobody_contributes)
    )
    contribute = OrganisationTask(
        _("Contribuer au diagnostic"),
        Power.REVIEW,
        lane=REVIEWERS,
        page=diagnostic_views.contribute,
        days=30,
        stage=Status.DIAGNOSTIC,
        phase=DIAGNOSTIC,
        awaited=_("contribution au diagnostic attendue"),
        purpose=purposes.CONTRIBUTE,
        only_if=this.has_diagnostic,
    ).Next(this.contributed)
    contributed = Join(_("Contributions reçues"), lane=REVIEWERS).Next(this.synthesise)
    synthesise = OrganisationTask(
        _("Rédiger la synthèse du diagnostic"),
        Power.DRAFT,
        lane=PILOTS,
        page=diagnostic_views.synthesise,
        days=15,
        stage=Status.DIAGNOSTIC,
        organisation=this.city,
        phase=DIAGNOSTIC,
        awaited=_("synthèse du diagnostic attendue"),
        purpose=purposes.SYNTHESISE,
        only_if=this.has_diagnostic,
    ).Next(this.accepting_synthesis)
    accepting_synthesis = Each(_("Soumettre la synthèse"), lane=PILOTS).Each(
        this.accept_synthesis, this.other_pilots
    )
    accept_synthesis = OrganisationTask(
        _("Valider la synthèse du diagnostic"),
        Power.DRAFT,
        lane=PILOTS,
        page=diagnostic_views.accept,
        days=10,
        stage=Status.DIAGNOSTIC,
        phase=DIAGNOSTIC,
        awaited=_("validation de la synthèse attendue"),
        purpose=purposes.ACCEPT_SYNTHESIS,
        only_if=this.has_diagnostic,
    ).Next(this.synthesis_answered)
    synthesis_answered = Join(_("Synthèse examinée"), lane=PILOTS).Next(this.synthesis_outcome)
    synthesis_outcome = (
        If(_("Renvoyée ?"), this.synthesis_is_returned, lane=PILOTS).Then(this.synthesise).Else(this.drafting)
    )

    # --- the pilots: prefecture and city ------------------------------------------------
    drafting = Each(_("Rédaction"), lane=PILOTS).Each(this.draft, this.pilots)
    draft = OrganisationTask(
        _("Rédiger le projet"),
        Power.DRAFT,
        lane=PILOTS,
        page=drafting_views.draft,
        days=30,
        stage=Status.DRAFTING,
        phase=DRAFTING,
        awaited=_("rédaction en cours"),
        purpose=purposes.DRAFT,
    ).Next(this.drafted)
    drafted = Join(_("Projet rédigé"), lane=PILOTS).Next(this.freeze)
    freeze = OrganisationTask(
        _("Figer la version"),
        Power.DRAFT,
        lane=PILOTS,
        page=partial(drafting_views.freeze, asked=opinions_rules.would_be_asked),
        days=5,
        organisation=this.city,
        phase=DRAFTING,
        awaited=_("version à figer"),
        purpose=purposes.FREEZE,
    ).Next(this.render)

    # --- the reviewing organisations ----------------------------------------------------
    render = Job(
        _("Composer le PDF"),
        this.queue_render,
        lane=SYSTEM,
        stage=Status.IN_REVIEW,
        phase=REVIEW,
        purpose=purposes.PRINT,
        recallable=True,
    ).Next(this.reviewing)
    reviewing = (
        Each(_("Demander les avis"), lane=REVIEWERS)
        .Each(this.review, this.due_reviewers)
        .Next(this.reviewed, case=this.nobody_is_due)
    )
    review = OrganisationTask(
        _("Rendre un avis"),
        Power.REVIEW,
        lane=REVIEWERS,
        page=opinions_views.review,
        afterwards=silence.afterwards,
        days=21,
        stage=Status.IN_REVIEW,
        phase=REVIEW,
        awaited=_("avis attendu"),
        purpose=purposes.REVIEW,
        opened=this.invite_contacts,
        recallable=True,
    ).Next(this.reviewed)
    reviewed = Join(_("Avis rendus"), continue_on_condition=this.version_is_recalled, lane=REVIEWERS).Next(
        this.review_outcome
    )
    review_outcome = (
        If(_("Modifications demandées ?"), this.changes_are_asked, lane=REVIEWERS)
        .Then(this.drafting)
        .Else(this.approving)
    )

    # --- the two parties approve --------------------------------------------------------
    approving = Each(_("Approbation"), lane=PARTIES).Each(this.approve, this.pilots)
    approve = OrganisationTask(
        _("Approuver le texte"),
        Power.APPROVE,
        lane=PARTIES,
        page=opinions_views.approve,
        days=10,
        stage=Status.APPROVAL,
        phase=APPROVAL,
        awaited=_("approbation attendue"),
        purpose=purposes.APPROVE,
        recallable=True,
    ).Next(this.approved)
    approved = Join(_("Texte approuvé"), continue_on_condition=this.version_is_recalled, lane=PARTIES).Next(
        this.approval_outcome
    )
    approval_outcome = (
        If(_("Renvoyé ?"), this.is_sent_back, lane=PARTIES).Then(this.drafting).Else(this.final_text)
    )
    final_text = Job(
        _("Arrêter le texte définitif"),
        this.queue_final_text,
        lane=SYSTEM,
        stage=Status.FINAL_TEXT,
        purpose=purposes.SETTLE_TEXT,
        recallable=True,
    ).Next(this.launch_check)

    # --- what would keep somebody from signing is put right or accepted before anybody is asked ---
    launch_check = (
        If(_("Des avertissements ?"), this.launch_is_stopped, lane=SYSTEM)
        .Then(this.clearing)
        .Else(this.signing)
    )
    clearing = Each(_("Signature retenue"), lane=PILOTS).Each(this.clear_launch, this.pilots)
    clear_launch = OrganisationTask(
        _("Lever les avertissements avant la signature"),
        Power.DRAFT,
        lane=PILOTS,
        page=launch_views.clear,
        days=5,
        stage=Status.FINAL_TEXT,
        awaited=_("avertissements à lever"),
        purpose=purposes.CLEAR_LAUNCH,
        opened=this.tell_launch_held,
        recallable=True,
    ).Next(this.cleared)
    cleared = Join(_("Avertissements levés"), continue_on_condition=this.launch_is_decided, lane=PILOTS).Next(
        this.launch_outcome
    )
    launch_outcome = (
        If(_("Retirée ?"), this.signing_is_stopped, lane=PILOTS).Then(this.drafting).Else(this.signing)
    )

    # --- the council clerk, while the signatures that do not wait for the council go on ------
    signing = (
        Each(_("Mise en signature"), lane=SYSTEM)
        .Each(this.council_resolution, this.councils_due)
        .Next(this.signatory_left)
    )
    council_resolution = OrganisationTask(
        _("Enregistrer la délibération"),
        Power.RECORD_RESOLUTION,
        lane=COUNCIL,
        page=council_views.council,
        days=60,
        stage=Status.SIGNING,
        phase=RESOLUTION,
        awaited=_("délibération attendue"),
        purpose=purposes.RECORD_RESOLUTION,
        recallable=True,
    ).Next(this.signing_over)

    # --- the signatories, in their order ------------------------------------------------
    signatory_left = (
        If(_("Reste-t-il un signataire ?"), this.a_signature_is_left, lane=SIGNATORIES)
        .Then(this.council_gate, task_seed=this.next_signatory)
        .Else(this.signing_over)
    )
    council_gate = Gate(_("Délibération exécutoire"), this.council_allows, lane=SIGNATORIES).Next(
        this.sign, task_seed=this.same_signatory
    )
    sign = OrganisationTask(
        _("Signer"),
        Power.SIGN,
        lane=SIGNATORIES,
        page=signing_views.sign,
        afterwards=signing_progress.afterwards,
        days=30,
        stage=Status.SIGNING,
        phase=SIGNATURE,
        awaited=_("signature attendue"),
        purpose=purposes.SIGN,
        organisation=this.organisation_of_signatory,
        recallable=True,
    ).Next(this.sign_outcome, task_seed=this.same_signatory)
    sign_outcome = (
        If(_("Refus ?"), this.signing_is_stopped, lane=SIGNATORIES)
        .Then(this.signing_over)
        .Else(this.make_signature, task_seed=this.same_signatory)
    )
    make_signature = Job(
        _("Apposer la signature"),
        this.signature_is_queued,
        lane=SYSTEM,
        phase=SIGNATURE,
        purpose=purposes.MAKE_SIGNATURE,
        retried=this.retry_signatures,
        recallable=True,
    ).Next(this.signatory_left)
    signing_over = Join(
        _("Signatures closes"), continue_on_condition=this.signing_is_stopped, lane=SYSTEM
    ).Next(this.signing_outcome)
    signing_outcome = (
        If(_("Signature refusée ?"), this.signing_is_stopped, lane=SYSTEM).Then(this.drafting).Else(this.seal)
    )

    # --- the system ---------------------------------------------------------------------
    seal = Job(
        _("Sceller pour l’archive"), this.queue_seal, lane=SYSTEM, phase=SEALING, purpose=purposes.SEAL
    ).Next(this.signed)
    signed = End(_("Contrat signé"), lane=SYSTEM)

    # === what the steps above refer to ==================================================

    def pilots(self, activation: Any) -> list[Organisation]:
        """Who drafts, and later approves."""
        return parties.pilots(activation.process.contract)

    def city(self, activation: Any) -> Organisation:
        """The city's pilot runs the circuit."""
        return parties.pilot(activation.process.contract, Part.CITY_PILOT)

    def has_diagnostic(self, contract: Contract) -> bool:
        """Whether the contract was opened with a shared diagnostic."""
        return contract.with_diagnostic

    def diagnostic_is_wanted(self, activation: Any) -> bool:
        """The contract was opened with a shared diagnostic."""
        return self.has_diagnostic(activation.process.contract)

    def contributors(self, activation: Any) -> list[Organisation]:
        """Who is asked for figures and observations."""
        return diagnostic_rules.contributors(activation.process.contract)

    def nobody_contributes(self, activation: Any) -> bool:
        """No organisation is consulted: the pilots draw up the diagnostic alone."""
        return not self.contributors(activation)

    def other_pilots(self, activation: Any) -> list[Organisation]:
        """The pilots to whom the synthesis of the city is put."""
        return diagnostic_rules.others(activation.process.contract, self.city(activation))

    def synthesis_is_returned(self, activation: Any) -> bool:
        """A pilot sent the synthesis back to be reworked."""
        return diagnostic_rules.last_is_returned(activation.process.contract)

    def due_reviewers(self, activation: Any) -> list[Organisation]:
        """Who owes an opinion in this round."""
        return opinions_rules.due_reviewers(activation.process.contract, self.version(activation))

    def invite_contacts(self, activation: Any) -> None:
        """Say what no answer will count as; mail a link to those whom the organisation named."""
        task = activation.task
        if silence.counts_for(activation.process.contract, task.seed):
            task.data = {**(task.data or {}), "silence": True}
            task.save(update_fields=["data"])
        guests_mails.send_links(activation.process.contract, task.seed, task)

    def nobody_is_due(self, activation: Any) -> bool:
        """No opinion is owed: the round is over before it began."""
        return not self.due_reviewers(activation)

    def version_is_recalled(self, activation: Any, _active: Any) -> bool:
        """The pilots took the version back: what is still asked about it is cancelled."""
        return recall_rules.last_is_recalled(activation.process.contract)

    def changes_are_asked(self, activation: Any) -> bool:
        """Somebody asked for changes, or the version was recalled."""
        return opinions_rules.changes_are_asked(self.version(activation))

    def is_sent_back(self, activation: Any) -> bool:
        """A party did not approve, or the version was recalled."""
        return opinions_rules.is_sent_back(self.version(activation))

    def launch_is_stopped(self, activation: Any) -> bool:
        """Something would keep somebody from signing, and no pilot accepted it; a recall goes past."""
        if recall_rules.last_is_recalled(activation.process.contract):
            return False
        return launch.table(self.version(activation)).stops

    def tell_launch_held(self, activation: Any) -> None:
        """Journal once that the signing is held, and why; tell those whom it waits for."""
        launch_opening.tell_held(activation.process.contract, self.version(activation))

    def launch_is_decided(self, _activation: Any, _active: Any) -> bool:
        """One pilot's act is enough, or that nothing is left: what the others are asked is cancelled."""
        return True

    def councils_due(self, activation: Any) -> list[Organisation]:
        """Whose council has yet to authorise this text: each commune's own, where they are several."""
        return council_rules.councils_due(activation.process.contract, self.version(activation))

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
            engine_jobs.defer_go_on(activation.task.process_id, purposes.MAKE_SIGNATURE)

    def retry_signatures(self, contract: Contract) -> None:
        """Have the signatures room try again what failed."""
        signing_jobs.retry_signatures(contract)

    def queue_seal(self, activation: Any) -> None:
        """Have the signatures room bring the file to B-LTA."""
        signing_jobs.request_seal(activation.process.contract)
