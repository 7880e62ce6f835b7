"""The verbs of the journal and of the events, one row each: what is said of them, where, to whom.

Nothing is journaled nor published under a verb that has no row here. Sentences are made when they
are shown, in the reader's language, from the words that the entry or the event keeps.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from stakeholders.direction import isolated
from stakeholders.security_events import Name
from stakeholders.wording import weekday
from workflow.record import account_verbs
from workflow.record.values import OpinionValue
from workflow.record.verb import Verb

_ROWS = (
    Verb("task_opened", _("Étape ouverte : %(organisation)s."), in_timeline=False, announced=False),
    Verb("task_taken", _("Prise en charge : %(person)s (%(organisation)s).")),
    Verb("contribution_sent", _("Contribution au diagnostic transmise : %(organisation)s.")),
    Verb(
        "contribution_missing",
        _("Carence constatée par %(organisation)s : %(missing)s n’a pas contribué au diagnostic."),
    ),
    Verb("synthesis_sent", _("Synthèse du diagnostic transmise aux pilotes : %(organisation)s.")),
    Verb("synthesis_accepted", _("Synthèse du diagnostic validée : %(organisation)s.")),
    Verb("synthesis_returned", _("Synthèse du diagnostic renvoyée : %(organisation)s.")),
    Verb("draft_changed", _("Projet modifié : %(organisation)s."), in_timeline=False, moves_baskets=False),
    Verb("draft_imported", _("Document importé dans le projet : %(organisation)s."), moves_baskets=False),
    Verb("draft_printed", _("Le PDF du projet est composé."), False, False, False),
    Verb("clause_changed", _("Clause « %(heading)s » modifiée : %(organisation)s."), False, False, False),
    Verb(
        "signatory_empowered", _("Habilitation de « %(capacity)s » : %(organisation)s."), False, False, False
    ),
    Verb("annex_added", _("Annexe « %(title)s » ajoutée : %(organisation)s."), False, False, False),
    Verb("annex_changed", _("Annexe « %(title)s » modifiée : %(organisation)s."), False, False, False),
    Verb("annex_withdrawn", _("Annexe « %(title)s » retirée : %(organisation)s."), False, False, False),
    Verb("suggestion_made", _("Proposition sur « %(part)s » : %(organisation)s."), moves_baskets=False),
    Verb("suggestion_accepted", _("Proposition reprise, %(part)s : %(organisation)s."), moves_baskets=False),
    Verb("suggestion_changed", _("Proposition adaptée, %(part)s : %(organisation)s."), moves_baskets=False),
    Verb("suggestion_declined", _("Proposition écartée, %(part)s : %(organisation)s."), moves_baskets=False),
    Verb("draft_submitted", _("Rédaction terminée : %(organisation)s.")),
    Verb("version_frozen", _("La version %(version)s est figée.")),
    Verb("version_printed", _("Le PDF de la version %(version)s est prêt."), moves_baskets=False),
    Verb("opening_begun", _("Contrat mis en préparation : %(organisation)s."), moves_baskets=False),
    Verb("opening_dropped", _("Préparation abandonnée : %(organisation)s."), False, False),
    Verb(
        "opening_lapsed",
        _("Préparation abandonnée d’office : personne n’y a touché depuis longtemps (%(reference)s)."),
        in_timeline=False,
        moves_baskets=False,
        announced=False,
    ),
    Verb("initiative_recorded", _("Initiative : %(initiative)s, %(letter)s."), moves_baskets=False),
    Verb(
        "organisation_asked",
        _("Organisation demandée à l’administrateur de la plateforme : %(name)s."),
        in_timeline=False,
        moves_baskets=False,
    ),
    Verb(
        "organisation_provided",
        _("Organisation demandée « %(name)s » : %(found)s est désormais connue de la plateforme."),
        in_timeline=False,
        moves_baskets=False,
    ),
    Verb(
        "organisation_declined",
        _("Organisation demandée « %(name)s » : refusée par l’administrateur de la plateforme (%(word)s)."),
        in_timeline=False,
        moves_baskets=False,
    ),
    Verb("calendar_changed", _("Calendrier modifié par %(organisation)s : %(changes)s.")),
    Verb("participants_changed", _("Participants modifiés par %(organisation)s : %(changes)s.")),
    Verb("signatories_changed", _("Signataires modifiés par %(organisation)s : %(changes)s.")),
    Verb("contract_abandoned", _("Contrat abandonné : %(organisation)s.")),
    Verb("circuit_started", _("Le circuit du contrat est ouvert.")),
    Verb("version_recalled", _("Version %(version)s retirée : %(organisation)s.")),
    Verb("opinion_given", _("Avis rendu : %(organisation)s, %(opinion)s.")),
    Verb("text_approved", _("Texte approuvé : %(organisation)s.")),
    Verb("text_sent_back", _("Texte renvoyé en rédaction : %(organisation)s.")),
    Verb("final_text_settled", _("Le texte définitif est arrêté.")),
    Verb(
        "launch_held",
        _("La signature de la version %(version)s ne s’ouvre pas encore, à cause de : %(signatories)s."),
    ),
    Verb(
        "warnings_accepted",
        _("%(organisation)s accepte que la signature s’ouvre malgré des avertissements : %(signatories)s."),
    ),
    Verb("launch_cleared", _("Plus rien n’empêche la signature de la version %(version)s : elle s’ouvre.")),
    Verb("resolution_adopted", _("La délibération %(number)s est exécutoire.")),
    Verb(
        "resolution_rejected", _("Le conseil municipal a rejeté le texte : le contrat revient en rédaction.")
    ),
    Verb(
        "resolution_amended",
        _("Le conseil municipal a adopté le texte avec des modifications : le contrat revient en rédaction."),
    ),
    Verb(
        "resolution_adjourned",
        _("Le conseil municipal a ajourné l’examen du texte : le maire ne peut pas encore signer."),
        moves_baskets=False,
    ),
    Verb(
        "resolution_voted",
        _("La délibération %(number)s est adoptée ; elle n’est pas encore exécutoire."),
        moves_baskets=False,
    ),
    Verb(
        "resolution_corrected",
        _("La saisie de la délibération %(number)s est corrigée (motif : %(why)s)."),
        moves_baskets=False,
    ),
    Verb("resolution_published", _("La délibération %(number)s est publiée."), moves_baskets=False),
    Verb(
        "resolution_transmitted",
        _("La délibération %(number)s est transmise à la préfecture."),
        moves_baskets=False,
    ),
    Verb(
        "resolution_received",
        _("La délibération %(number)s est reçue par la préfecture."),
        moves_baskets=False,
    ),
    Verb(
        "holder_changed",
        _("Le contrat nomme %(printed)s (%(signatory)s) ; titulaire désormais : %(holder)s."),
        moves_baskets=False,
    ),
    Verb(
        "holder_accepted",
        _(
            "%(organisation)s accepte que le contrat nomme %(printed)s (%(signatory)s) ; "
            "titulaire : %(holder)s."
        ),
    ),
    Verb("signature_requested", _("Signature demandée, en cours : %(signer)s.")),
    Verb(
        "signature_progressed",
        _("La signature avance."),
        in_timeline=False,
        moves_baskets=False,
        announced=False,
    ),
    Verb("signature_made", _("Signature apposée : %(signer)s.")),
    Verb(
        "signature_failed",
        _("Signature non apposée, à refaire (%(signatory)s) : %(message)s"),
    ),
    Verb("signature_refused", _("Signature refusée : %(signer)s. Le contrat revient en rédaction.")),
    Verb("seal_delayed", _("Le scellement pour l’archive attend. %(message)s"), moves_baskets=False),
    Verb("contract_sealed", _("Le contrat est signé par toutes les parties et scellé pour l’archive.")),
    Verb(
        "archive_renewed",
        _("La preuve du contrat scellé est renouvelée : un horodatage de plus couvre le fichier."),
        moves_baskets=False,
        announced=False,
    ),
    Verb("evidence_made", _("Le dossier de preuve est constitué."), False, False, False),
    Verb("evidence_taken", _("Dossier de preuve remis à %(person)s."), False, False, False),
    Verb("contact_added", _("Contact désigné pour %(organisation)s : %(name)s."), moves_baskets=False),
    Verb("contact_removed", _("Contact retiré pour %(organisation)s : %(name)s."), moves_baskets=False),
    Verb(
        "guest_link_sent",
        _("Demande d’avis adressée à %(name)s (%(organisation)s)."),
        moves_baskets=False,
    ),
    Verb(
        "guest_entered", _("%(name)s (%(organisation)s) a confirmé son adresse."), security_event=Name.GRANT
    ),
    Verb(
        "guest_link_reported",
        _("%(name)s (%(organisation)s) : la personne jointe a indiqué que cette demande ne la concerne pas."),
        moves_baskets=False,
    ),
    Verb(
        "mail_not_delivered",
        _("Un courriel n’a pas pu être remis à %(person)s : %(how)s."),
        in_timeline=False,
        moves_baskets=False,
    ),
    Verb("term_near", _("Rappel : « %(step)s » est attendu (%(organisation)s)."), in_timeline=False),
    Verb("term_passed", _("Échéance passée : « %(step)s » reste attendu (%(organisation)s).")),
    Verb(
        "term_escalated",
        _("Retard signalé, sans réponse depuis le %(due_on)s : « %(step)s » (%(organisation)s)."),
    ),
    Verb(
        "term_extended",
        _("Échéance reportée du %(before_on)s au %(due_on)s par %(by)s : « %(step)s » (%(organisation)s)."),
    ),
    Verb("task_reminded", _("Relance par %(by)s : « %(step)s » est attendu (%(organisation)s).")),
    Verb(
        "opinion_presumed",
        _("Aucune réponse au terme du %(due_on)s : %(organisation)s est comptée « sans avis »."),
    ),
    Verb(
        "job_queued",
        _("Un traitement automatique est en cours."),
        in_timeline=False,
        moves_baskets=False,
        announced=False,
    ),
    Verb("job_failed", _("Un traitement automatique a échoué : %(message)s"), moves_baskets=False),
    Verb("job_retried", _("Un traitement automatique est relancé."), moves_baskets=False),
    Verb("task_transferred", _("%(organisation)s : %(giver)s a confié une tâche à %(receiver)s.")),
    Verb("transfer_ended", _("%(organisation)s : %(giver)s a repris une tâche.")),
    Verb(
        "standing_lost",
        _("%(person)s ne peut plus agir pour « %(step)s » : la tâche revient à son titulaire."),
    ),
    Verb("standing_gained", _("%(person)s peut désormais agir pour « %(step)s ».")),
    Verb(
        "authority_recorded",
        _("%(act)s, au bénéfice de %(person)s, est inscrit au registre des signatures."),
        security_event=Name.GRANT,
    ),
    Verb(
        "authority_ended",
        _("%(act)s est retiré du registre : %(person)s ne peut plus signer."),
        security_event=Name.GRANT_ENDED,
    ),
    Verb(
        "absence_declared",
        _("%(substitute)s remplace %(person)s pendant son absence."),
        security_event=Name.GRANT,
    ),
    Verb("absence_ended", _("%(person)s est de retour."), security_event=Name.GRANT_ENDED),
    Verb(
        "grant_requested",
        _("%(organisation)s : %(asker)s demande un pouvoir, à confirmer : %(what)s."),
        moves_baskets=False,
        security_event=Name.GRANT_REQUESTED,
    ),
    Verb(
        "grant_confirmed",
        _("%(organisation)s : %(settler)s a confirmé un pouvoir : %(what)s."),
        moves_baskets=False,
        security_event=Name.GRANT_CONFIRMED,
    ),
    Verb(
        "grant_refused",
        _("%(organisation)s : %(settler)s a refusé un pouvoir : %(what)s."),
        moves_baskets=False,
        security_event=Name.GRANT_REFUSED,
    ),
    Verb(
        "grant_withdrawn",
        _("%(organisation)s : la demande d’un pouvoir est retirée : %(what)s."),
        moves_baskets=False,
        security_event=Name.GRANT_REFUSED,
    ),
    Verb(
        "power_ended",
        _("%(organisation)s : pouvoir retiré, ou dont la fin est fixée : %(what)s."),
        moves_baskets=False,
        security_event=Name.GRANT_ENDED,
    ),
    Verb("rights_changed", _("Vos fonctions ont changé."), in_timeline=False),
    Verb("session_ended", _("Votre session est terminée."), in_timeline=False, moves_baskets=False),
    *account_verbs.ROWS,
)
DAYS = frozenset({"due_on", "before_on"})  # words that are days (ISO 8601), said in the reader's language
VERBS = {row.identifier: row for row in _ROWS}
NOT_IN_TIMELINE = sorted(row.identifier for row in _ROWS if not row.in_timeline)


class VerbRefused(LookupError):
    """A verb without a row, or a payload without the words of its sentence."""


def checked(verb: str, payload: dict[str, Any]) -> Verb:
    """Return the row of a verb about to be written; raises VerbRefused where nobody could read it."""
    if verb not in VERBS:
        raise VerbRefused(f"{verb!r} has no row in {__name__}")
    try:
        sentence_of(verb, payload)
    except KeyError as missing:
        raise VerbRefused(f"the sentence of {verb!r} wants {missing}") from missing
    return VERBS[verb]


def sentence_of(verb: str, payload: dict[str, Any]) -> str:
    """Say in one sentence, in the active language, what an event or an entry of the journal tells.

    A verb of a newer release, read by a process that is not stopped yet, is said by its identifier.
    """
    if verb not in VERBS:
        return verb
    words = dict(payload)
    if "value" in words:
        words["opinion"] = str(OpinionValue(words["value"]).label).lower()
    for name in DAYS & words.keys():
        words[name] = weekday(words[name])
    if "signatory" in words:  # entries of before 2026-12 do not name who signed
        words.setdefault("signer", words["signatory"])
    return isolated(str(VERBS[verb].sentence) % words)
