"""What is forgotten, and when: one rule a kind of data, its days in ``settings.RETENTION_DAYS``.

What is of an act is kept for ever, or for as long as the archives law says: who signed what, in which
quality, on which day. It is the proof of the contract (RGPD, article 17 § 3, b and e).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from signatures.models import CardSession, FailedConfirmation, PasskeyChallenge, RemoteErrand
from stakeholders.quotas import Spending
from workflow.drafting.models import DraftImport
from workflow.notices.models import KeptMail, Notice
from workflow.opinions.models import OpinionDraft
from workflow.privacy import preparations
from workflow.privacy.closed_accounts import forget_closed_accounts
from workflow.record import journal


@dataclass(frozen=True)
class Rule:
    """One kind of data: what it is, why it is kept until then, and what forgets it.

    ``forget`` takes the moment before which it goes and returns how many rows went.
    """

    code: str
    what: Promise
    why: Promise
    forget: Callable[[dt.datetime], int]

    @property
    def days(self) -> int:
        """How many days it is kept."""
        return int(settings.RETENTION_DAYS[self.code])


def _sessions(before: dt.datetime) -> int:
    gone = Session.objects.filter(expire_date__lt=before).delete()[0]
    living = Session.objects.values("session_key")
    return int(gone + UserSession.objects.exclude(session_key__in=living).delete()[0])


def _drafts(before: dt.datetime) -> int:
    return int(OpinionDraft.objects.filter(saved_at__lt=before).delete()[0])


def _imports(before: dt.datetime) -> int:
    return int(DraftImport.objects.filter(saved_at__lt=before).delete()[0])


def _tries(before: dt.datetime) -> int:
    failed = FailedConfirmation.objects.filter(attempted_at__lt=before).delete()[0]
    cards = CardSession.objects.filter(expires_at__lt=before).delete()[0]
    errands = RemoteErrand.objects.filter(created_at__lt=before).delete()[0]
    return int(failed + cards + errands + PasskeyChallenge.objects.filter(expires_at__lt=before).delete()[0])


def _quotas(before: dt.datetime) -> int:
    return int(Spending.objects.filter(at__lt=before).delete()[0])


def _jobs(before: dt.datetime) -> int:
    """Those that ended, with what was told of them; one that failed waits as long for somebody."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM procrastinate_jobs AS job WHERE status NOT IN ('todo', 'doing') AND "
            "coalesce((SELECT max(at) FROM procrastinate_events WHERE job_id = job.id), '-infinity') < %s",
            [before],
        )
        return int(cursor.rowcount)


def _news(before: dt.datetime) -> int:
    gone = Notice.objects.filter(at__lt=before).delete()[0]
    return int(gone + KeptMail.objects.filter(at__lt=before).delete()[0])


_TO_GO_ON = _("Reprendre ce qui a été commencé.")
RULES = (
    Rule(
        "sessions",
        _("Sessions : navigateur, adresse IP, dernière activité"),
        _("Sécurité du compte, jusqu’à la fin de la session."),
        _sessions,
    ),
    Rule(
        "drafts",
        _("Brouillons d’avis non rendus"),
        _TO_GO_ON,
        _drafts,
    ),
    Rule(
        "preparations",
        _("Contrats en préparation jamais ouverts : lettre, contacts proposés"),
        _("Reprendre ce qui a été commencé ; au-delà, la préparation est abandonnée."),
        preparations.forget_preparations,
    ),
    Rule(
        "imports",
        _("Documents importés et non repris dans un projet, lus sans le fichier"),
        _TO_GO_ON,
        _imports,
    ),
    Rule(
        "tries",
        _(
            "Confirmations d’identité échouées, défis aux clés d’accès, échanges avec le programme de "
            "signature par carte (qui, quand, étapes, raison d’un arrêt), passages chez un service de "
            "signature"
        ),
        _("Détecter une usurpation au moment de signer."),
        _tries,
    ),
    Rule(
        "quotas",
        _("Nombre de courriels demandés, sans adresse"),
        _("Empêcher l’envoi en masse."),
        _quotas,
    ),
    Rule(
        "jobs",
        _("Traitements terminés ou en échec, courriels compris"),
        _("Diagnostiquer une panne."),
        _jobs,
    ),
    Rule(
        "news",
        _("Nouvelles et courriels envoyés : qui a été prévenu, de quoi, quand"),
        _("Montrer que chacun a été prévenu, tant qu’on peut le contester."),
        _news,
    ),
    Rule(
        "closed_accounts",
        _("Comptes fermés de personnes qui n’ont accompli aucun acte"),
        _("Répondre à une contestation, puis rendre anonyme."),
        forget_closed_accounts,
    ),
)


@transaction.atomic
def forget() -> dict[str, int]:
    """Forget what is old enough, and journal how many of each, unless there was nothing; return that."""
    now = timezone.now()
    counts = {rule.code: rule.forget(now - dt.timedelta(days=rule.days)) for rule in RULES}
    gone = {code: count for code, count in counts.items() if count}
    if gone:
        journal.record("data_forgotten", contract=None, actor=None, payload={"counts": gone})
    return gone
