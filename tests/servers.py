"""What is asked once more of the machine's own PostgreSQL and Redis, and why it could answer otherwise.

The embedded PostgreSQL is of one version, is its tests' own and listens on a socket; a page's rules
do not change with that. Tests marked « race » are asked again wherever they are.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import TransactionTestCase

ASKED_AGAIN = {
    # the owner is the server's superuser, the other roles are made beside it; triggers and grants
    "attacks/test_database.py": "roles",
    "config/test_deployment.py": "roles",
    "contracts/test_access_table.py": "triggers",
    "contracts/test_reconcile_access.py": "triggers",
    "contracts/test_versions.py": "triggers",
    "stakeholders/test_mandates.py": "constraints",
    "stakeholders/test_permissions.py": "constraints",
    "workflow/record/test_anchors.py": "triggers",
    "workflow/record/test_journal.py": "triggers",
    # its collation and its version sort, search and plan
    "attacks/test_text.py": "characters",
    "bench/test_filling.py": "COPY",
    "contracts/test_demo.py": "constraints",
    "workflow/board/test_board.py": "order",
    "workflow/tasks/test_lists.py": "order",
    "workflow/tasks/test_lists_in_place.py": "order",
    "workflow/tasks/test_lists_property.py": "order",
    # what is told, over TCP
    "workflow/live/test_live.py": "NOTIFY",
    "workflow/live/test_live_processes.py": "NOTIFY",
    "workflow/record/test_events.py": "NOTIFY",
    # the queue, and a whole contract through it
    "workflow/notices/test_mail.py": "queue",
    "workflow/procedures/test_flow.py": "queue",
    "workflow/procedures/test_stateful.py": "queue, locks",
    "workflow/signing/test_failed_signature.py": "queue",
    # the cache of rendered parts is Redis
    "config/test_redis.py": "Redis",
    "workflow/board/test_parts.py": "Redis",
}


TESTS = Path(__file__).parent


def asked_again(item: pytest.Item) -> bool:
    """Whether a test asks a server something that another server could answer otherwise."""
    if not has_database(item):
        return False
    place = item.path.relative_to(TESTS).as_posix()
    return place in ASKED_AGAIN or item.get_closest_marker("race") is not None


def may_ask_again(path: Path) -> bool:
    """Whether a file may hold such a test, by what it says: the others need not be loaded to be left out."""
    place = path.relative_to(TESTS).as_posix()
    return place in ASKED_AGAIN or "mark.race" in path.read_text(encoding="utf-8")


def has_database(item: pytest.Item) -> bool:
    """Whether a test asks the database anything: by its fixtures, its mark, or as a case of Django's."""
    asked = {"db", "transactional_db"} & set(getattr(item, "fixturenames", ()))
    case = getattr(item, "cls", None)
    is_case = case is not None and issubclass(case, TransactionTestCase)
    return bool(asked) or is_case or item.get_closest_marker("django_db") is not None
