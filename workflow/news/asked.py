"""What a task asks of one person, in words for a mail: the question, the articles, what else happens.

A step that has no words here is called by its name alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.canonical import concerning
from contracts.models import Contract
from stakeholders.models import Organisation
from stakeholders.wording import weekday
from workflow.engine import purposes
from workflow.engine.tasks import Task, due_on, organisation_of
from workflow.news.centre import silence

ARTICLES = 12  # named in one mail; the page has them all


@dataclass(frozen=True)
class Words:
    """Of one purpose: what opens the subject, the question, what a silence does, what the link says.

    ``otherwise`` is empty where nobody has to know: it is said only of what the rules say.
    """

    subject: Promise
    question: Promise
    otherwise: Promise | str = ""
    button: Promise | str = ""
    names_articles: bool = False


WORDS: dict[str, Words] = {
    purposes.CONTRIBUTE: Words(
        gettext_lazy("Contribution demandée"),
        gettext_lazy("Que constate %(organisation)s sur le territoire ? Le diagnostic du contrat en dépend."),
    ),
    purposes.SYNTHESISE: Words(
        gettext_lazy("Synthèse à rédiger"),
        gettext_lazy("Les contributions sont reçues : rédigez la synthèse du diagnostic."),
    ),
    purposes.ACCEPT_SYNTHESIS: Words(
        gettext_lazy("Synthèse à valider"),
        gettext_lazy(
            "La synthèse du diagnostic vous convient-elle ? Vous pouvez la valider, ou la renvoyer en disant "
            "pourquoi."
        ),
    ),
    purposes.DRAFT: Words(
        gettext_lazy("Projet à rédiger"),
        gettext_lazy("Rédigez le projet, puis dites qu’il est terminé."),
    ),
    purposes.FREEZE: Words(
        gettext_lazy("Version à figer"),
        gettext_lazy("Le projet est rédigé : figez la version qui sera soumise pour avis."),
    ),
    purposes.REVIEW: Words(
        gettext_lazy("Avis demandé"),
        gettext_lazy(
            "Quel est l’avis de %(organisation)s sur ce texte ? Il peut être favorable, avec ou sans "
            "réserves, demander des modifications ou être défavorable."
        ),
        gettext_lazy("Votre silence ne vaut pas accord : le contrat attend votre avis pour avancer."),
        names_articles=True,
    ),
    purposes.APPROVE: Words(
        gettext_lazy("Approbation demandée"),
        gettext_lazy(
            "Approuvez-vous ce texte au nom de %(organisation)s ? Vous pouvez aussi le renvoyer, en disant "
            "pourquoi."
        ),
        gettext_lazy("Sans réponse, le contrat attend : le silence ne vaut ni accord ni refus."),
        names_articles=True,
    ),
    purposes.CLEAR_LAUNCH: Words(
        gettext_lazy("Signature à débloquer"),
        gettext_lazy(
            "Faut-il attendre ? Quelque chose empêcherait l’un des signataires de signer : faites-le mettre "
            "en ordre, ou acceptez-le en disant pourquoi."
        ),
        gettext_lazy("La signature s’ouvrira d’elle-même quand tout sera en ordre."),
    ),
    purposes.RECORD_RESOLUTION: Words(
        gettext_lazy("Délibération à enregistrer"),
        gettext_lazy("Le conseil a-t-il délibéré ? Enregistrez sa délibération : la signature l’attend."),
    ),
    purposes.SIGN: Words(
        gettext_lazy("Signature demandée"),
        gettext_lazy(
            "Signez-vous ce contrat ? Vous le lisez en entier avant que rien ne vous soit demandé ; vous "
            "pouvez aussi refuser, en disant pourquoi."
        ),
        gettext_lazy("Sans réponse, le contrat attend : le silence ne vaut ni signature ni refus."),
        gettext_lazy("Lire le contrat et signer"),
    ),
}


@dataclass(frozen=True)
class Asked:
    """A task in words: ``due`` is « lundi 28 décembre 2026 », or nothing."""

    subject: str
    question: str
    articles: list[str]
    more_articles: int
    due: str
    otherwise: str
    button: str


def asked(task: Task, contract: Contract) -> Asked:
    """Say what a task asks, in the active language."""
    words, number = _words(task), organisation_of(task)
    found = Organisation.objects.filter(pk=number).first() if number and words else None
    organisation = found.name if found is not None else _("votre organisation")
    articles = _articles(contract, number) if words and words.names_articles and number else []
    return Asked(
        subject_of(task),
        str(words.question) % {"organisation": organisation} if words else "",
        articles[:ARTICLES],
        max(0, len(articles) - ARTICLES),
        weekday(due_on(task)),
        otherwise_of(task),
        str(words.button) if words else "",
    )


def _words(task: Task) -> Words | None:
    return WORDS.get(getattr(task.flow_task, "purpose", ""))


def subject_of(task: Task) -> str:
    """Return the few words that open a subject: « Avis demandé »."""
    words = _words(task)
    return str(words.subject if words else task.flow_task.task_title)


def otherwise_of(task: Task) -> str:
    """Say what happens if nobody answers; nothing where nobody has to know."""
    words = _words(task)
    return silence(task) or (str(words.otherwise) if words else "")


def _articles(contract: Contract, organisation: int) -> list[str]:
    """Return the commitments of the frozen text that concern an organisation: « 4.1 Sécuriser les halls »."""
    version = contract.latest_version
    return concerning(version.content, organisation) if version is not None else []
