"""The house's measures: lines and files that a reader can hold, floors that hold, maps that are true."""

from __future__ import annotations

import pkgutil
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.config.test_house import ROOMS, ROOT, templates, texts, tracked

LONGEST_LINE = 160
LONGEST_FILE = 350
# A file that is longer than the measure, and why it stays in one piece.
LONG_FILES = {
    "config/settings.py": "every setting of an installation by its name, where one looks for it",
    "bench/hostile.py": "one attack after another, each on us and on the peer",
    "signatures/migrations/0001_initial.py": "a migration is never rewritten",
    "signatures/demo/pki/issuance.py": "the demonstration's authorities, one certificate after another",
    "signatures/verification/changes.py": "the closed list of what may change after a signature",
    "stakeholders/authority.py": "the law of who signs for whom, a pure decision read in one go",
    "workflow/procedures/csi.py": "the whole circuit on one page, step by step, as a jurist reads it",
    "workflow/urls.py": "every address, a line each, where one looks for it",
    "tests/attacks/test_limits.py": "every size and every time that a stranger meets",
}
# What a document names in the form of a path and that is no file of the repository.
ELSEWHERE = re.compile(r"^(/|var/|installation/|templates/$|STATE_DIR/|LISTEN/NOTIFY$)")


def test_lines_of_templates_can_be_read() -> None:
    """A mail's lines are its paragraphs, as they are sent: those are not measured."""
    long = {
        f"{name}:{number}": len(line)
        for name, path in templates().items()
        if path.suffix != ".txt"
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > LONGEST_LINE
    }
    assert long == {}


def test_files_can_be_held_in_mind() -> None:
    """A longer file says why in ``LONG_FILES``; a reason whose file is short again goes."""
    lengths = {name: text.count("\n") for name, text in texts(".py").items()}
    assert {name for name, length in lengths.items() if length > LONGEST_FILE} == set(LONG_FILES)
    assert all(LONG_FILES.values())


@pytest.mark.parametrize(
    ("module", "line", "complaint"),
    [
        (
            "workflow/record/values.py",
            "from workflow.board import views",
            "workflow.record is not allowed to import workflow.board",
        ),
        ("workflow/annexes/__init__.py", "", "workflow.annexes"),
    ],
    ids=["a room imports upwards", "a room stands on no floor"],
)
def test_floors_hold(tmp_path: Path, module: str, line: str, complaint: str) -> None:
    """import-linter refuses what the rooms of workflow may not do; here, because it is done."""
    for path in tracked():
        name = path.relative_to(ROOT)
        if name.parts[0] in ROOMS and path.suffix == ".py":
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, tmp_path / name)
    shutil.copyfile(ROOT / ".importlinter", tmp_path / ".importlinter")
    broken = tmp_path / module
    broken.parent.mkdir(exist_ok=True)
    broken.write_text(f"{line}\n" + (broken.read_text() if broken.exists() else ""))
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run(
        [str(lint), "--no-cache", "--contract", "floors"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    assert complaint in result.stdout.replace("\n", " "), result.stdout


def test_documents_name_files_that_exist() -> None:
    """Each path between backticks is a file, a folder, a template or a pattern of ours; not the changelog."""
    wrong = [
        (name, path)
        for name, text in texts(".md").items()
        if name != "CHANGELOG.md"
        for path in re.findall(r"`((?:[\w.*-]+/)+[\w.*-]*|/[\w./*-]+)`", text)
        if not ELSEWHERE.match(path) and path not in templates() and not any(ROOT.glob(path.rstrip("/")))
    ]
    assert wrong == []


def test_docstrings_name_what_exists() -> None:
    """« :mod:`…` » and its like lead to a module of ours, or to what one holds."""
    lost = []
    for name, text in texts(".py").items():
        for dotted in re.findall(r":(?:mod|func|class|meth):`((?:\w+\.)+\w+)`", text):
            if dotted.partition(".")[0] in (*ROOMS, "tests", "bench"):
                try:
                    pkgutil.resolve_name(dotted)
                except (ImportError, AttributeError):
                    lost.append((name, dotted))
    assert lost == []
