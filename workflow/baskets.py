"""The baskets of the inbox: what each holds for one person."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from viewflow.workflow.models import Task

from contracts.models import Contract, Status
from stakeholders.models import User
from workflow import access, board

ENDED = (Status.SIGNED, Status.EXPIRED)
SHOWN_AT_MOST = 200


@dataclass
class Basket:
    """A basket: its address, its title, what its emptiness means, its rows."""

    slug: str
    title: Promise
    empty: Promise
    tasks: list[Task]
    contracts: list[Contract]

    @property
    def count(self) -> int:
        """How many rows it holds."""
        return len(self.tasks) + len(self.contracts)


def baskets_of(user: User) -> dict[str, Basket]:
    """Return the person's baskets by slug, in the order in which they are shown."""
    tasks = access.tasks_of(user)
    contracts = list(access.contracts_of(user).order_by("-created_at", "-pk")[:SHOWN_AT_MOST])
    delegated = [task for task in tasks if task.standing.is_delegated]
    own = [task for task in tasks if not task.standing.is_delegated]
    to_sign = [task for task in own if task.flow_task.name == "sign"]
    today = timezone.localdate()
    late = [task for task in tasks if (due := board.due_on(task)) is not None and due < today]
    rows: tuple[tuple[str, Promise, Promise, list[Task], list[Contract]], ...] = (
        ("a-traiter", _("À traiter"), _("Rien ne vous attend."), [t for t in own if t not in to_sign], []),
        ("a-signer", _("À signer"), _("Aucun contrat n’attend votre signature."), to_sign, []),
        (
            "delegues",
            _("Délégués"),
            _("Rien ne vous est confié à la place de quelqu’un d’autre."),
            delegated,
            [],
        ),
        ("en-retard", _("En retard"), _("Vous n’avez aucun retard."), late, []),
        (
            "suivis",
            _("Suivis"),
            _("Aucun contrat en cours ne vous concerne."),
            [],
            [c for c in contracts if c.status not in ENDED],
        ),
        (
            "termines",
            _("Terminés"),
            _("Aucun contrat n’est encore terminé."),
            [],
            [c for c in contracts if c.status in ENDED],
        ),
    )
    return {row[0]: Basket(*row) for row in rows}
