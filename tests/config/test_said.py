"""What was written wrong is said in a sentence that quotes no secret, and never by a stack."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command

from config import mail, remote_signing
from config.backup import sets
from config.database import DatabaseUnavailable, settings_from_url
from config.environment import environment, number
from tests.config.test_backup import command

WELL = {
    "made_at": "2026-01-01T00:00:00Z",
    "documents": 1,
    "journal": [1, "a"],
    "migrations": [],
    "faults": [],
}
WELL |= {"sums": "b", "format": 1}


@pytest.mark.parametrize(
    ("read", "url"),
    [
        (settings_from_url, "postgresql://x:{0}@h:{0}/none"),
        (settings_from_url, "postgresql://[{}/none"),
        (mail.transport_from_url, "smtp://[{}"),
        (mail.transport_from_url, "smtp://x:{}@a:99999999"),
        (mail.mailbox_from_url, "imaps://x:{0}@a:{0}/INBOX"),
    ],
)
def test_an_address_that_cannot_be_read_is_not_quoted(read: Callable[[str], object], url: str) -> None:
    with pytest.raises((ImproperlyConfigured, DatabaseUnavailable)) as refused:
        read(url.format("secret"))
    assert "secret" not in str(refused.value)
    assert refused.value.__suppress_context__


def test_a_signing_service_whose_address_cannot_be_read() -> None:
    with pytest.raises(ImproperlyConfigured, match="https"):
        remote_signing._refuse_clear("code", "https://[")


def test_a_secret_that_is_no_text_is_not_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\xfe")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "key"))
    with pytest.raises(ImproperlyConfigured, match="UTF-8"):
        environment("SECRET_KEY")


@pytest.mark.parametrize("value", ["99999999999999", "9" * 5000, "8761", "-1", "nan"])
def test_a_number_has_a_bound(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("NEW_POWER_COOLDOWN_HOURS", value)
    with pytest.raises(ImproperlyConfigured, match="8760"):
        number("NEW_POWER_COOLDOWN_HOURS", default=48, most=8760)


@pytest.mark.parametrize(
    "option",
    [f"--concurrency={value}" for value in ("0", "-1")]
    + [f"--stalled-after={value}" for value in ("nan", "inf", "1e300", "-1")],
)
def test_a_worker_refuses_what_it_cannot_do(option: str) -> None:
    with pytest.raises(CommandError, match=option.split("=")[0]):
        call_command("run_worker", option, "--once", skip_checks=True)


def test_a_worker_without_its_database_says_so(tmp_path: Path) -> None:
    told = {"DATABASE_URL": "postgresql://x@127.0.0.1:1/none", "STATE_DIR": str(tmp_path)}
    done = command("run_worker", "--skip-checks", **told)
    assert done.returncode == 1
    assert "ne répond pas" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "facts",
    [
        {"format": 1},
        *({**WELL, name: value} for name in WELL for value in (None, 5.5)),
        {**WELL, "journal": 5},
    ]
    + [{**WELL, "journal": []}, {**WELL, "migrations": [5]}, {**WELL, "more": 1}],
)
def test_a_manifest_that_is_none_is_refused(tmp_path: Path, facts: dict[str, object]) -> None:
    (tmp_path / sets.MANIFEST).write_text(json.dumps(facts))
    with pytest.raises(sets.SetUnfit, match="format"):
        sets.read(tmp_path)


def test_a_list_whose_name_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "\udce9.xml"
    path.write_text("")
    with pytest.raises(CommandError, match="UTF-8"):
        call_command("load_trusted_lists", str(path))
