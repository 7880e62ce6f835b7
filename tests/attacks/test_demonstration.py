"""Attacks on a demonstration that somebody took for the real thing: whoever knows its password signs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def manage(*arguments: str, **given: str) -> subprocess.CompletedProcess[str]:
    """Run one of Django's commands with nothing but what is given."""
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ} | given
    command = [sys.executable, str(ROOT / "manage.py"), *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=90, check=False)


@pytest.mark.parametrize("arguments", [[], ["check"], ["prepare_demonstration"]], ids=str)
def test_nothing_is_a_demonstration_unless_it_is_told(arguments: list[str], tmp_path: Path) -> None:
    result = manage(*arguments, STATE_DIR=str(tmp_path))
    assert result.returncode == 1
    secret, database, hint = result.stderr.strip().splitlines()  # one sentence a line
    assert secret.startswith("SECRET_KEY")
    assert database.startswith("DATABASE_URL")
    assert "./run" in hint
    assert list(tmp_path.iterdir()) == [], "no key was made"


@pytest.mark.parametrize(
    "given",
    [
        {"PUBLIC_URL": "https://127.0.0.1"},
        {"PUBLIC_URL": "https://contreseing.example"},
        {"PUBLIC_URL": "http://contreseing.example"},
        {"PUBLIC_URL": "http://192.168.1.20:8000"},
        {"PUBLIC_URL": "http://localhost.voleur.example"},
        {"PUBLIC_URL": "http://127.0.0.1.voleur.example"},
        {"PUBLIC_URL": "http://0.0.0.0:8000"},
        {"ALLOWED_HOSTS": "127.0.0.1,contreseing.example"},
        {"ALLOWED_HOSTS": "*"},
    ],
    ids=str,
)
def test_a_demonstration_serves_neither_https_nor_a_public_host(
    given: dict[str, str], tmp_path: Path
) -> None:
    result = manage("check", DEMONSTRATION="1", STATE_DIR=str(tmp_path), SECRET_KEY="k" * 64, **given)  # noqa: S106
    assert result.returncode == 1
    assert "Une démonstration ne sert que cette machine" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr


@pytest.mark.parametrize("url", ["http://127.0.0.1:8123", "http://localhost:8000", "http://[::1]:8000"])
def test_a_demonstration_serves_this_machine(url: str, tmp_path: Path) -> None:
    database = "postgresql://nobody@127.0.0.1/none"
    result = manage(
        "check", DEMONSTRATION="1", STATE_DIR=str(tmp_path), PUBLIC_URL=url, DATABASE_URL=database
    )
    assert result.returncode == 0, result.stderr


def test_the_served_application_says_what_it_lacks(tmp_path: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "config.serve", "--port", "0"],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "STATE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert result.returncode == 1
    assert "SECRET_KEY" in result.stderr
    assert "Traceback" not in result.stderr
