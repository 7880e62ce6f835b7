"""What a play says of its files leads to them: it said « out/ » of what lies in ``var/out``."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.demo import play, scenes
from config.demo.stage import Stage, console


@pytest.mark.parametrize(
    ("folder", "said"), [("var/out", "var/out/"), ("[red]/out", "[red]/out/"), ("../beside", None)]
)
def test_the_last_line_names_the_folder_from_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str, said: str | None
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    out = Path(folder).resolve()
    stage = Stage("http://127.0.0.1:9", "", {})
    with console.capture() as shown:
        assert play.perform(stage, out, lambda _stage, _out: None) == 0
    words = "".join(shown.get().split())
    assert f"Fichiersdans{said or f'{out}/'}:{scenes.RESULTS[0]}" in words
