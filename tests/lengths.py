"""How long each file of tests took the last time it ran whole, so that the longest go first.

The process that hands out the files keeps it beside the tests' database, and tells its workers,
which must all come to the same order. Where nothing is known yet, ``LONGEST`` says it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from xdist.scheduler.loadfile import LoadFileScheduling

LONGEST = [  # by what they take of the processor and what they wait, together
    *("test_rules_walk", "test_run", "test_access_matrix_reads", "test_play_log", "test_access_matrix"),
    *("test_stateful", "test_worker", "test_backup", "test_deployed_commands", "test_kills", "test_races"),
    *("test_recall", "test_kill", "test_files", "test_exhausting_files", "test_signing_authority"),
    *("test_lists", "test_machine", "test_job_kills", "test_signing_act", "test_right_to_sign"),
    *("test_grants_matrix", "test_patience"),
    *(
        "test_whole_contract",
        "test_first_installation",
        "test_clairval_scenarios",
        "test_pages",
    ),  # the browser’s
]
# files that one process runs, as they start from one scene that takes long to set up
BESIDE = {"tests/workflow/test_queries.py": "tests/workflow/test_access_matrix.py"}
UNKNOWN = 60.0  # seconds: more than what most files take
_known: dict[str, float] = {}  # seconds by file, as its tests are named
_took: defaultdict[str, float] = defaultdict(float)


class Files(LoadFileScheduling):
    """Hands out a file at a time, and those that share a scene to the same process."""

    def _split_scope(self, nodeid: str) -> str:
        file = _file(nodeid)
        return BESIDE.get(file, file)


def learn(config: pytest.Config) -> None:
    """Read what is known of the last runs, or what the process that hands out the files knew."""
    _known.clear()
    if (told := getattr(config, "workerinput", None)) is not None:
        _known.update(told["lengths"])
        return
    with suppress(OSError, ValueError):
        _known.update(json.loads(_place().read_text(encoding="utf-8")))


def tell(worker_input: dict[str, Any]) -> None:
    """Tell a worker what is known."""
    worker_input["lengths"] = dict(_known)


def of(item: pytest.Item) -> float:
    """Return how many seconds the file of a test is thought to take."""
    if (known := _known.get(_file(item.nodeid))) is not None:
        return known
    stem = item.path.stem
    return UNKNOWN + len(LONGEST) - LONGEST.index(stem) if stem in LONGEST else 0.0


def count(report: pytest.TestReport) -> None:
    """Add what one phase of a test took."""
    _took[_file(report.nodeid)] += report.duration


def keep(session: pytest.Session) -> None:
    """Keep what the files of this run took, if they ran whole; not of a worker, which had a part of them."""
    config = session.config
    chosen = config.option.keyword or config.option.markexpr or any("::" in given for given in config.args)
    stopped = session.shouldstop or session.shouldfail
    if hasattr(config, "workerinput") or chosen or stopped or config.getoption("--on-servers"):
        return
    beside = _place().with_suffix(".new")
    with suppress(OSError):  # the next run knows less
        beside.write_text(json.dumps({**_known, **_took}, indent=1), encoding="utf-8")
        beside.replace(_place())


def _file(nodeid: str) -> str:
    return nodeid.split("::", 1)[0]


def _place() -> Path:
    return Path(settings.STATE_DIR, "lengths.json")
