"""What the deployment files say, and their commands as this machine runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SECRETS_FOLDER = "/run/secrets/"


def manage(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """One of Django's commands to its end, whatever its end."""
    return subprocess.run(
        [sys.executable, "manage.py", command],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def bare_environment(state: Path) -> dict[str, str]:
    """What a container has: no variable of this machine's set-up but the path of programs."""
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV")
    return {**{name: os.environ[name] for name in kept if name in os.environ}, "STATE_DIR": str(state)}


def here(command: list[str]) -> list[str]:
    """The command of a container, run by this interpreter."""
    program, *arguments = command
    return (
        [sys.executable, *arguments] if program == "python" else [sys.executable, "-m", program, *arguments]
    )


def run(command: list[str], environment: dict[str, str]) -> str:
    """Run to its end from the repository's root; return what it printed, fail with it."""
    result = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=90,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout
