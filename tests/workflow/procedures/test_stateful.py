"""A few random walks with a worker, outages, revoked certificates and forged texts: see walk.py.

The worker is a real one, on its own connections, as the other servers are asked again (tests/servers.py);
the two thousand steps are made in test_rules_walk.py.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest

from tests.cast import Cast
from tests.pki import ServedPki
from tests.stage import run_jobs
from tests.workflow.procedures.invariants import RealServices
from tests.workflow.procedures.walk import walk

WALKS = 8


@pytest.mark.timeout(900)
def test_walks_with_a_worker_are_never_stuck(cast: Cast, pki: ServedPki) -> None:
    seen: Counter[str] = Counter()
    walk(int(os.environ.get("WALKS") or WALKS), cast, RealServices(pki), seen, run_jobs=run_jobs)
    for _more in range(3):
        if seen["contract signed"]:
            break
        # the first of them is always the plainest walk
        walk(4, cast, RealServices(pki), seen, run_jobs=run_jobs)
    assert seen["contract signed"]
