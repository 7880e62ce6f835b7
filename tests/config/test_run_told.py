"""``./run`` told what cannot be served: said in a sentence; and where its authorities are."""

from __future__ import annotations

from pathlib import Path

import pytest

from config import installation, premises, run
from config.environment import EXPOSED


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"HOST": "::1"}, "HOST"),
        ({"HOST": "nobody.invalid", "PUBLIC_DEMONSTRATION": EXPOSED}, "HOST"),
        ({"PKI_URL": "http://x:99999"}, "http://hôte:port"),
        ({"PKI_URL": "http://["}, "http://hôte:port"),
        ({"PKI_URL": "http://nobody.invalid:80"}, "PKI_URL"),
        ({"PORT": "24611", "PKI_URL": "http://127.0.0.1:24611"}, "PORT"),
    ],
)
def test_an_address_where_nothing_can_be_served(
    told: dict[str, str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = {"PORT": str(run.free_port()), "PUBLIC_URL": "", "PKI_URL": "", "STATE_DIR": str(tmp_path)}
    for name, value in {**here, **told}.items():
        monkeypatch.setenv(name, value)
    assert run.main(["serve"]) == 1
    assert said in capsys.readouterr().out


def test_a_play_elsewhere_asks_for_the_folder_of_that_demonstration(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    assert run.main(["play", "--url", "http://127.0.0.1:1"]) == 1
    assert "STATE_DIR" in capsys.readouterr().out


def test_the_authorities_are_where_their_certificates_say_unless_told_otherwise(tmp_path: Path) -> None:
    """PORT=24610 ./run, stopped, then PORT=24700 ./run."""
    told = {"STATE_DIR": str(tmp_path)}
    assert installation.authorities(told, 24610) == ("http://127.0.0.1:24611", "127.0.0.1", 24611)
    (tmp_path / "pki").mkdir()
    (tmp_path / "pki" / "base-url").write_text("http://127.0.0.1:24611")
    assert installation.authorities(told, 24700)[2] == 24611
    assert installation.authorities({**told, "PKI_URL": "http://127.0.0.1:9"}, 24700)[2] == 9
    with pytest.raises(premises.Unfit, match="PORT"):
        installation.authorities(told, 24611)
