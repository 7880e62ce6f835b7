"""The table of faults: each of its lines names a test that exists."""

from __future__ import annotations

import re

from tests.config.test_house import ROOT

ROWS = re.findall(
    r"^\| (.+) \| (.+) \| (.+) \| `(.+)::(\w+)` \|$", (ROOT / "docs/faults.md").read_text(), re.M
)
LINES = (ROOT / "docs/faults.md").read_text().splitlines()


def test_every_line_names_its_test() -> None:
    """At least thirty-five faults, and no line without the file and the function that show what it says."""
    table = [line for line in LINES if line.startswith("| ") and not line.startswith("| fault ")]
    assert len(ROWS) == len(table) >= 35, [line for line in table if "::" not in line]
    lost = [
        f"{file}::{test}"
        for *_said, file, test in ROWS
        if not re.search(rf"^\s*(async )?def {test}\(", (ROOT / file).read_text(), re.M)
    ]
    assert lost == []
