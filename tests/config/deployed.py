"""What the deployment files say, and their commands as this machine runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.database_address import database_address, owner_address

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


def in_containers(secrets: Path, state: Path, **told: str) -> dict[str, str]:
    """The environment of our containers, their secrets in the folder ``secrets``, on this run's database."""
    values = {
        "secret_key": "k" * 64,
        "email_url": "smtp://localhost:25",
        "database_url": database_address(),
        "database_owner_url": owner_address(),
    }
    for name, value in values.items():
        (secrets / name).write_text(value)
    given = {
        variable: str(value).replace(SECRETS_FOLDER, f"{secrets}/")
        for variable, value in SERVICES["web"]["environment"].items()
        if variable != "REDIS_URL_FILE" and not str(value).startswith("${")
    }
    return {
        **bare_environment(state),
        **given,
        "STATE_DIR": str(state),
        "TRUSTED_PROXIES": "127.0.0.1",  # where a test stands, in the proxy's stead
        **told,
    }


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
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    return result.stdout
