"""Two thousand random steps: the circuit is never stuck, and nothing is signed before its gates.

What is walked here is the rules: the jobs are done in the test's own thread, and neither compose a page
nor use a key (light.py). A worker does them whole in test_stateful.py.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.cast import Cast
from tests.stage import run_jobs_here
from tests.workflow.procedures.light import light
from tests.workflow.procedures.walk import walk
from workflow.record.values import BLOCKING_OPINIONS

WALKS = 34  # a walk may end early
TOGETHER = 2000  # steps; more walks are made until there are so many


@pytest.mark.timeout(900)
def test_the_circuit_is_never_stuck_and_never_signs_without_its_gates(cast: Cast) -> None:
    seen: Counter[str] = Counter()
    with light() as outside:
        if given := os.environ.get("WALKS"):
            walk(int(given), cast, outside, seen, run_jobs=run_jobs_here)
            assert seen["contract signed"]
            return
        walk(WALKS, cast, outside, seen, run_jobs=run_jobs_here)
        for _more in range(20):
            if sum(seen.values()) >= TOGETHER and seen["signature to make again"]:
                break
            walk(3, cast, outside, seen, run_jobs=run_jobs_here)
    assert sum(seen.values()) >= TOGETHER
    assert seen["signature to make again"]
    assert seen["contract signed"]
    assert {f"opinion {value}" for value in BLOCKING_OPINIONS} <= seen.keys()
