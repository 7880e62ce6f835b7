"""Whether a version may still be taken back, and which task carries the news."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from contracts.models import Contract, Status
from workflow.engine.tasks import Task, has_failed, is_of_people, is_open, open_tasks
from workflow.procedures.models import Recall
from workflow.signing.rules import next_signatory


def recall_carrier(contract: Contract) -> Task | None:
    """Return the task that would carry a recall of the last version, or None."""
    return next(
        (
            task
            for task in open_tasks(contract)
            if (is_of_people(task) and is_open(task) or has_failed(task))
            and getattr(task.flow_task, "recallable", False)
        ),
        None,
    )


def last_is_recalled(contract: Contract) -> bool:
    """Whether the last frozen version was taken back; asked at each answer, in one query."""
    recalled = Exists(Recall.objects.filter(version=OuterRef("pk")))
    found: bool = contract.versions.order_by("-number").values_list(recalled, flat=True)[0]
    return found


def why_not_recall(contract: Contract) -> str:
    """Return the sentence that says why no version can be taken back now."""
    version = contract.latest_version
    if contract.status == Status.ABANDONED:
        return _("Ce contrat est abandonné : il n’y a pas de version à retirer.")
    if contract.status == Status.DRAFTING or version is None:
        return _("Le contrat est en rédaction : il n’y a pas de version à retirer.")
    if next_signatory(contract, version) is None:
        return _("Tous ont signé : la version ne peut plus être retirée.")
    return _("Un traitement automatique est en cours : attendez qu’il se termine, puis recommencez.")
