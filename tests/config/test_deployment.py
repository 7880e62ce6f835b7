"""The deployment files: valid by the official schema, without a literal secret, and their commands run here.

No Docker engine is needed: what our image would run, this runs on this machine, with the
environment that docker-compose.yml gives.
"""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from urllib.parse import quote

import jsonschema
import pytest
from django.core.exceptions import ImproperlyConfigured

from config.database import settings_from_url
from config.environment import environment as environment_of
from tests.config.deployed import (
    COMPOSE,
    DOCKERFILE,
    OURS,
    ROOT,
    SECRETS_FOLDER,
    SERVICES,
    bare_environment,
    manage,
)


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
    url = environment_of("DATABASE_URL")
    assert url is not None
    assert settings_from_url(url)["PASSWORD"] == password
    monkeypatch.setenv("DATABASE_URL_FILE", str(tmp_path / "absent"))
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL_FILE"):
        environment_of("DATABASE_URL")


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
