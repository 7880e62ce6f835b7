"""Every address of the application, opened as everybody and posted by whom it is not for.

The rest of the matrix is in test_access_matrix.py: two files, so that two processes share it.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.cast import Cast
from tests.workflow.addresses import NOBODY
from tests.workflow.attempts import RULES, Attempts
from tests.workflow.keys_addresses import REMOTE
from tests.workflow.scenes import Scenes, matrix

pytestmark = [pytest.mark.access_matrix, pytest.mark.timeout(900)]


@pytest.fixture
def scenes(cast: Cast, settings: Any) -> Scenes:
    """Bring four contracts to four moments; a guest comes to the second, an office is taken from somebody."""
    settings.CSC_SERVICES = [REMOTE]
    return matrix(cast)


@pytest.mark.parametrize("part", range(3))  # in three, so that processes share them
def test_everybody_reads_what_is_theirs_and_is_refused_the_rest(
    cast: Cast, scenes: Scenes, part: int
) -> None:
    attempt = Attempts(cast, scenes)
    for name, rule in list(RULES.items())[part::3]:
        same = attempt.address_of(name, rule, "anonymous")  # reading it, and being refused, change nothing
        own = {who: attempt.address_of(name, rule, who) for who in attempt.people if rule.query}
        for who in attempt.people:
            attempt(name, own.get(who, same), who, "GET", rule.get)
        for who in sorted(set(attempt.people) - (rule.post or NOBODY)):
            attempt(name, own.get(who, same), who, "POST", rule.post)
    assert attempt.wrong == []
