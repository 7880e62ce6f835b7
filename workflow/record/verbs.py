"""Who is told what: the sentence of each event, and the baskets it may move.

Sentences are made when they are shown, in the reader's language, from the words that the
event keeps.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _

from workflow.record.models import Event
from workflow.record.values import OpinionValue

Words = dict[str, Any]

_SENTENCES: dict[str, Callable[[Words], str]] = {
    "task_opened": lambda w: _("Une étape s’ouvre pour %(organisation)s.") % w,
    "task_taken": lambda w: _("%(person)s s’en occupe pour %(organisation)s.") % w,
    "draft_changed": lambda w: _("%(organisation)s a modifié le projet.") % w,
    "draft_submitted": lambda w: _("%(organisation)s a terminé sa rédaction.") % w,
    "version_frozen": lambda w: _("La version %(version)s est figée.") % w,
    "version_printed": lambda w: _("Le PDF de la version %(version)s est prêt.") % w,
    "circuit_started": lambda w: _("Le circuit du contrat est ouvert."),
    "version_recalled": lambda w: _("%(organisation)s a retiré la version %(version)s.") % w,
    "opinion_given": lambda w: _("%(organisation)s a rendu son avis : %(opinion)s.") % w,
    "text_approved": lambda w: _("%(organisation)s a approuvé le texte.") % w,
    "text_sent_back": lambda w: _("%(organisation)s a renvoyé le texte en rédaction.") % w,
    "final_text_settled": lambda w: _("Le texte définitif est arrêté : la signature s’ouvre."),
    "resolution_adopted": lambda w: _("La délibération %(number)s est exécutoire.") % w,
    "resolution_rejected": lambda w: _("Le conseil municipal a refusé : le contrat revient en rédaction."),
    "signature_requested": lambda w: _("%(signatory)s a demandé la signature, elle est en cours.") % w,
    "signature_progressed": lambda w: w.get("message") or _("La signature avance."),
    "signature_made": lambda w: _("%(signatory)s a signé.") % w,
    "signature_failed": lambda w: (
        _("La signature de %(signatory)s n’a pas pu être apposée, elle est à refaire : %(message)s") % w
    ),
    "signature_refused": lambda w: (
        _("%(signatory)s a refusé de signer : le contrat revient en rédaction.") % w
    ),
    "contract_sealed": lambda w: _("Le contrat est signé par tous et scellé pour l’archive."),
    "contact_added": lambda w: _("Contact désigné pour %(organisation)s : %(name)s.") % w,
    "contact_removed": lambda w: _("Contact retiré pour %(organisation)s : %(name)s.") % w,
    "guest_link_sent": lambda w: _("L’envoi d’un lien à %(name)s (%(organisation)s) est demandé.") % w,
    "guest_entered": lambda w: _("%(name)s (%(organisation)s) a confirmé son adresse.") % w,
    "guest_link_reported": lambda w: (
        _("La personne jointe au lieu de %(name)s (%(organisation)s) a répondu « ce n’est pas moi ».") % w
    ),
    "job_queued": lambda w: _("Un traitement automatique est en cours."),
    "job_failed": lambda w: _("Un traitement automatique a échoué : %(message)s") % w,
    "job_retried": lambda w: _("Un traitement automatique est relancé."),
    "task_transferred": lambda w: _("%(organisation)s : %(giver)s a confié une tâche à %(receiver)s.") % w,
    "transfer_ended": lambda w: _("%(organisation)s : %(giver)s a repris une tâche.") % w,
    "standing_lost": lambda w: (
        _("%(person)s ne peut plus agir pour « %(step)s » : la tâche revient à son titulaire.") % w
    ),
    "standing_gained": lambda w: _("%(person)s peut désormais agir pour « %(step)s ».") % w,
    "authority_recorded": lambda w: (
        _("%(act)s, au bénéfice de %(person)s, est inscrit au registre des signatures.") % w
    ),
    "authority_ended": lambda w: _("%(act)s est retiré du registre : %(person)s ne peut plus signer.") % w,
    "absence_declared": lambda w: _("%(substitute)s remplace %(person)s pendant son absence.") % w,
    "absence_ended": lambda w: _("%(person)s est de retour.") % w,
    "grant_requested": lambda w: (
        _("%(organisation)s : %(asker)s demande un pouvoir, à confirmer : %(what)s.") % w
    ),
    "grant_confirmed": lambda w: _("%(organisation)s : %(settler)s a confirmé un pouvoir : %(what)s.") % w,
    "grant_refused": lambda w: _("%(organisation)s : %(settler)s a refusé un pouvoir : %(what)s.") % w,
    "grant_withdrawn": lambda w: _("%(organisation)s : la demande d’un pouvoir est retirée : %(what)s.") % w,
    "power_ended": lambda w: _("%(organisation)s : pouvoir retiré, ou dont la fin est fixée : %(what)s.") % w,
    "rights_changed": lambda w: _("Vos fonctions ont changé."),
    "session_ended": lambda w: _("Votre session est terminée."),
}

# What the timeline keeps out: steps of the machinery that no reader waits for.
QUIET = frozenset(
    {"task_opened", "job_queued", "signature_progressed", "draft_changed", "rights_changed", "session_ended"}
)
KINDS = frozenset(_SENTENCES)


def sentence(event: Event) -> str:
    """Say in one sentence, in the active language, what an event tells."""
    return sentence_of(event.kind, event.payload)


def sentence_of(kind: str, payload: dict[str, Any]) -> str:
    """Say in one sentence what happened; the same for an event and a journal entry."""
    words = dict(payload)
    if "value" in words:
        words["opinion"] = str(OpinionValue(words["value"]).label).lower()
    return _SENTENCES[kind](words) if kind in _SENTENCES else kind
