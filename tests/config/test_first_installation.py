"""What ``./run`` is told for a true installation: what is missing, what it keeps, what it refuses to be."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, get_connection
from django.core.management import call_command
from django.utils import timezone

from config import installation
from config.environment import EXPOSED, is_exposed, local_secret
from config.mail import folder_url, in_folder, transport_from_url
from config.premises import Unfit
from signatures import kept
from signatures.demo.pki import person_path
from stakeholders.models import Organisation, Role, User
from stakeholders.permissions import establish_organisation
from tests.config.deployed import ROOT
from tests.pki import ServedPki

WEB = "https://contreseing.exemple.fr"


def told(state: Path, **more: str) -> dict[str, str]:
    return {"DEMONSTRATION": "0", "STATE_DIR": str(state), **more}


def refusal(environment: dict[str, str]) -> list[str]:
    with pytest.raises(Unfit) as refused:
        installation.prepare(environment)
    return str(refused.value).splitlines()


def test_what_is_missing_is_said_one_sentence_a_line(tmp_path: Path) -> None:
    said = refusal(told(tmp_path, EMAIL_URL_FILE="/nulle/part", SECRET_KEY_FILE="/nulle/part"))
    assert [line.split()[0] for line in said] == ["PUBLIC_URL", "SECRET_KEY_FILE", "EMAIL_URL_FILE"]
    assert all(line.endswith(".") for line in said)


@pytest.mark.parametrize(
    "address", ["contreseing.exemple.fr", "ftp://x", "https://", "http://contreseing.exemple.fr"]
)
def test_an_address_that_cannot_serve_is_said(tmp_path: Path, address: str) -> None:
    [said] = refusal(told(tmp_path, PUBLIC_URL=address))
    assert said.startswith("PUBLIC_URL")


def test_the_address_is_kept_for_the_next_start(tmp_path: Path) -> None:
    installation.prepare(told(tmp_path / "new", PUBLIC_URL=f"{WEB}/"))
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    again = told(tmp_path / "new")
    installation.prepare(again)
    assert (again["PUBLIC_URL"], again["LOCAL_INSTALLATION"]) == (WEB, "1")


def test_a_demonstration_and_an_installation_never_share_a_folder(tmp_path: Path) -> None:
    """Everybody has the passwords of the one, and the other's people are real."""
    (tmp_path / "demonstration-password").write_text("x")
    [said] = refusal(told(tmp_path, PUBLIC_URL=WEB))
    assert "démonstration" in said
    real = tmp_path / "real"
    installation.prepare(told(real, PUBLIC_URL=WEB))
    [said] = refusal({"STATE_DIR": str(real)})
    assert "véritable installation" in said


def test_a_folder_to_train_in_gets_no_demonstration_data(tmp_path: Path) -> None:
    installation.prepare({"STATE_DIR": str(tmp_path), "DEMONSTRATION_DATA": "0"})
    [said] = refusal({"STATE_DIR": str(tmp_path)})
    assert "DEMONSTRATION_DATA=0" in said
    assert installation.mails_of_training({"STATE_DIR": str(tmp_path)}) == str(tmp_path / "mail")
    assert not installation.mails_of_training({"STATE_DIR": str(tmp_path), "EMAIL_URL": "console:"})
    (tmp_path / "training").unlink()
    (tmp_path / "training").mkdir()  # the folder of another installation, below this one
    installation.prepare({"STATE_DIR": str(tmp_path)})
    (tmp_path / "training").rmdir()
    (tmp_path / "demonstration-password").write_text("x")
    [said] = refusal({"STATE_DIR": str(tmp_path), "DEMONSTRATION_DATA": "0"})
    assert "données de la démonstration" in said


def test_who_trains_gets_a_code_and_a_key_and_nothing_else(
    db: None, pki: ServedPki, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.DEMONSTRATION_DATA = False
    call_command("prepare_demonstration")
    assert "premiere-installation" in capsys.readouterr().out
    assert not Organisation.objects.exists()
    body = establish_organisation(
        code="v", name="Ville de Valbrune", short_name="Valbrune", kind="municipality", territory="Valbrune"
    )
    mayor = User.objects.create_user("maire@valbrune.example", first_name="Ève", last_name="Nouvelle")
    office = body.offices.create(title="Maire de Valbrune", role=Role.HEAD)
    office.mandates.create(person=mayor, starts_on=timezone.localdate())
    assert not person_path(mayor.email).exists()
    call_command("prepare_demonstration")
    assert person_path(mayor.email).exists()


def test_its_secret_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    secret = local_secret(tmp_path)
    assert len(secret) > 60
    assert local_secret(tmp_path) == secret
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_those_who_start_at_once_have_one_secret(tmp_path: Path) -> None:
    for turn in range(40):
        start, folder = threading.Barrier(4), tmp_path / str(turn)

        def first(start: threading.Barrier = start, folder: Path = folder) -> str:
            start.wait()
            return local_secret(folder)

        with ThreadPoolExecutor(4) as pool:
            found = {each.result() for each in [pool.submit(first) for _ in range(4)]}
        assert len(found) == 1
        assert found != {""}
        assert [path.name for path in folder.iterdir()] == ["secret-key"]


def test_a_demonstration_listens_to_this_machine_unless_told_in_full_words() -> None:
    for here in ("127.0.0.1", "localhost", "::1"):
        installation.refuse_exposed({}, here)
    for there in ("0.0.0.0", "::", "10.0.0.7", "contreseing.exemple.fr"):  # noqa: S104 (what is refused)
        with pytest.raises(Unfit, match="tout le monde peut y signer"):
            installation.refuse_exposed({}, there)
        installation.refuse_exposed({"PUBLIC_DEMONSTRATION": EXPOSED}, there)
        installation.refuse_exposed({"DEMONSTRATION": "0"}, there)
    for vague in ("1", "oui", "je sais"):
        with pytest.raises(ImproperlyConfigured, match="toutes lettres"):
            is_exposed(vague)


def test_what_it_is_not_is_said() -> None:
    said = installation.notes({})
    owed = ("PostgreSQL embarqué", "EMAIL_URL", "TIMESTAMP_URLS")
    assert [words in line for words, line in zip(owed, said, strict=True)] == [True] * 3
    given = {"DATABASE_URL": "x", "EMAIL_URL_FILE": "x", "TIMESTAMP_URLS": "x"}
    assert installation.notes(given) == []


@pytest.mark.django_db
def test_what_has_nothing_signed_needs_no_trust_root(settings: Any, tmp_path: Path) -> None:
    settings.TRUST_ROOTS = [tmp_path / "none.pem"]
    assert list(kept.due(5)) == []


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "VIRTUAL_ENV") if name in os.environ}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**kept, "COLUMNS": "300", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_run_says_it_before_it_makes_anything(tmp_path: Path) -> None:
    done = command("-m", "config.run", **told(tmp_path / "state"))
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "PUBLIC_URL manque : donnez l’adresse que les gens ouvriront, comme https://contreseing.exemple.fr."
    ]
    assert not (tmp_path / "state" / "postgres").exists()
    exposed = command("-m", "config.run", STATE_DIR=str(tmp_path / "demo"), HOST="0.0.0.0")  # noqa: S104
    assert exposed.returncode == 1
    assert "PUBLIC_DEMONSTRATION" in exposed.stdout
    assert "Traceback" not in exposed.stdout + exposed.stderr


def test_a_command_that_is_told_nothing_says_all_that_is_missing(tmp_path: Path) -> None:
    done = command("manage.py", "check", STATE_DIR=str(tmp_path))
    said = (done.stdout + done.stderr).strip().splitlines()
    assert done.returncode == 1
    assert [line.split()[0] for line in said[:2]] == ["SECRET_KEY", "DATABASE_URL"]
    assert "./run" in said[2]


def test_the_mails_of_who_trains_are_kept_in_a_folder(settings: Any, tmp_path: Path) -> None:
    settings.MAIL_TRANSPORT = transport_from_url(folder_url(tmp_path))
    sent = [f"{number}ᵉ" for number in range(12)]
    for words, to in [(words, "eve@exemple.fr") for words in sent] + [("autre", "b@exemple.fr")]:
        post = get_connection(**settings.MAIL_TRANSPORT)
        EmailMessage("x", words, to=[to], connection=post).send()
    for path in (tmp_path / "mail").iterdir():
        os.utime(path, (0, 0))  # as a disk whose clock has not moved between them
    assert [words.strip() for words in in_folder(tmp_path, "eve@exemple.fr")] == sent
