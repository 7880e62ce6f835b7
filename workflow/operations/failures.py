"""What the worker gave up, and what trying it again means: of a step of a contract, of anything else."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Max
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from procrastinate.contrib.django.models import ProcrastinateJob

from workflow.engine import purposes
from workflow.engine.by_key import process_numbered
from workflow.engine.models import SigningRound
from workflow.engine.tasks import FAILED, Task, serving, tasks
from workflow.notices.mail import send_mail
from workflow.record import references
from workflow.signing.models import SigningAct

_CIRCUIT = "version__contract__circuit"
AT_MOST = 200  # rows that the page shows, the newest
NAMES: dict[str, Promise] = {
    "workflow.render_version": _("Mise en page du PDF d’une version"),
    "workflow.settle_final_text": _("Arrêt du texte définitif"),
    "workflow.give_back": _("Retour d’une signature à son signataire"),
    "workflow.tell_changed_holders": _("Signalement d’un titulaire qui a changé"),
    "workflow.look_at_launch": _("Ouverture d’une signature qui attendait"),
    "workflow.look_at_launches": _("Ouverture des signatures qui attendaient"),
    "workflow.tell_lost": _("Signalement d’un traitement perdu"),
    "workflow.print_draft": _("Mise en page d’un projet"),
    "workflow.go_on": _("Suite du circuit d’un contrat"),
    "workflow.mark_failed": _("Signalement d’un échec"),
    "workflow.send_mail": _("Envoi d’un courriel"),
    "workflow.mail_news": _("Composition des courriels de nouvelles"),
    "workflow.read_returns": _("Lecture des courriels revenus"),
    "workflow.push_news": _("Composition des alertes sur les appareils"),
    "workflow.push_to_device": _("Alerte sur un appareil"),
    "workflow.issue_specimen_key": _("Délivrance d’une clé de démonstration"),
    "workflow.send_guest_code": _("Envoi d’un code à un contact"),
    "workflow.forget_mail": _("Effacement des courriels"),
    "workflow.forget_held_files": _("Effacement des fichiers en attente"),
    "workflow.forget_sent_forms": _("Effacement des marques de formulaires"),
    "workflow.forget_unsent_forms": _("Effacement des formulaires non repris"),
    "workflow.forget_old_data": _("Effacement des données anciennes"),
    "workflow.anchor_entry": _("Ancrage du journal"),
    "workflow.anchor_journal": _("Ancrage du journal"),
    "workflow.make_evidence": _("Constitution d’un dossier de preuve"),
    "workflow.forget_evidence": _("Effacement des dossiers de preuve constitués"),
    "workflow.follow_change": _("Suites d’un changement de fonctions"),
    "workflow.look_at_terms": _("Passage des échéances du jour"),
    "workflow.strike_terms": _("Envoi des rappels d’un contrat"),
    "workflow.open_day": _("Ouverture de la journée"),
    "signatures.advance_request": _("Apposition d’une signature"),
    "signatures.seal_envelope": _("Scellement d’un contrat signé"),
    "signatures.expire_requests": _("Fin des signatures dont le signataire n’est pas venu"),
    "signatures.refresh_lists": _("Mise à jour des listes de confiance"),
    "workflow.warn_of_ending_keys": _("Annonce de la fin des certificats"),
    "signatures.renew_archives": _("Renouvellement de la preuve des contrats scellés"),
    "signatures.renew_reports": _("Nouvelle vérification des contrats scellés"),
}


@dataclass(frozen=True)
class Failure:
    """A job that failed for good; ``reference`` is how the log and the journal name it."""

    job: ProcrastinateJob
    failed_at: dt.datetime | None

    @property
    def name(self) -> str:
        """What it was to do."""
        return str(NAMES.get(self.job.task_name, self.job.task_name))

    @property
    def reference(self) -> str:
        """How the log and the journal name it."""
        return references.of_job(self.job.pk)

    @property
    def is_lost(self) -> bool:
        """Whether there is nothing left to try: a mail is forgotten with its last try."""
        return bool(self.job.task_name == send_mail.name)


def failures() -> list[Failure]:
    """Return the jobs that failed and that nobody has had tried again, the newest first."""
    rows = (
        ProcrastinateJob.objects.filter(status="failed")
        .annotate(failed_at=Max("procrastinateevent__at"))
        .order_by("-pk")[:AT_MOST]
    )
    found = [(Failure(job, job.failed_at), step_of(job)) for job in rows]
    return [failure for failure, step in found if step is None or step]


def step_of(job: ProcrastinateJob) -> Task | bool | None:
    """Return the step of a contract that stands in error by this job; False where it no longer does.

    None for a job that is of no step.
    """
    facts = job.args
    if "task_id" in facts:
        return tasks(FAILED).filter(pk=facts["task_id"]).first() or False
    if {"process_id", "step"} <= facts.keys():
        return _failed(facts["process_id"], facts["step"])
    if "request_id" in facts:
        act = SigningAct.objects.filter(request=facts["request_id"]).select_related(_CIRCUIT).first()
        return _failed(act.version.contract.circuit.process_id, purposes.MAKE_SIGNATURE) if act else None
    if "envelope_id" in facts:
        signing = SigningRound.objects.filter(envelope=facts["envelope_id"]).select_related(_CIRCUIT).first()
        return _failed(signing.version.contract.circuit.process_id, purposes.SEAL) if signing else None
    return None


def _failed(process_id: int, purpose: str) -> Task | bool:
    return tasks(FAILED, serving(process_numbered(process_id), purpose)).first() or False
