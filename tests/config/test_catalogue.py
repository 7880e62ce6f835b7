"""The words: every French message has its English, and French is set as French is.

The message identifiers are the French sentences of the code. What the code says today is
extracted afresh into a copy, so a message added without its English fails here.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polib
import pytest
from django.test import Client

from tests.config.test_house import ROOMS, ROOT, tracked

CATALOGUE = ROOT / "locale/en/LC_MESSAGES/django.po"
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|</?\w+>")
Message = tuple[str | None, str]


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> polib.POFile:
    """What the code says today: the messages that makemessages finds, merged with the catalogue."""
    copy = tmp_path_factory.mktemp("words")
    for path in tracked():
        name = path.relative_to(ROOT)
        wanted = name.parts[0] in ROOMS and path.suffix in {".py", ".html", ".txt"}
        if wanted or name.name == "manage.py" or path == CATALOGUE:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy / name)
    subprocess.run(
        [sys.executable, "manage.py", "makemessages", "--locale=en", "--no-location", "--no-obsolete"],
        cwd=copy,
        check=True,
        capture_output=True,
        env={
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
            "SECRET_KEY": "unused",
            "DATABASE_URL": "postgresql://unused.invalid/unused",
            "STATE_DIR": str(copy / "var"),
        },
    )
    return polib.pofile(str(copy / CATALOGUE.relative_to(ROOT)))


def test_every_message_has_its_english(said: polib.POFile) -> None:
    """Nothing is left to translate, nothing is a guess, nothing is translated for nobody."""
    assert len(said) > 500
    assert [entry.msgid for entry in said if entry.fuzzy] == []
    assert [entry.msgid for entry in said if not entry.translated()] == []
    held = polib.pofile(str(CATALOGUE))
    assert {(e.msgctxt, e.msgid) for e in held} - {(e.msgctxt, e.msgid) for e in said} == set()


def test_english_keeps_the_facts(said: polib.POFile) -> None:
    """A translation holds the placeholders and the tags of its message, and its spaces at both ends."""
    for entry in said:
        for french, english in pairs(entry):
            assert sorted(set(PLACEHOLDER.findall(english))) == sorted(set(PLACEHOLDER.findall(french))), (
                french
            )
            assert french.endswith(" ") == english.endswith(" "), french
            assert french.startswith("\n") == english.startswith("\n"), french


def test_english_is_set_as_english(said: polib.POFile) -> None:
    """No space before a colon, a semicolon, a question mark; typographic apostrophes and quotes."""
    for entry in said:
        for _french, english in pairs(entry):
            assert not re.search(r"\S\s[:;!?]", english), english
            assert not re.search(r"\w'\w|\"", english), english


def test_french_is_set_as_french(said: polib.POFile) -> None:
    """Typographic apostrophes; a no-break space before : ; ! ? and inside « »."""
    for entry in said:
        for french, _english in pairs(entry):
            text = re.sub(r"<[^>]+>|\w+://\S+|%\(\w+\)[a-z]", "X", french)
            assert not re.search(r"\w'\w", text), french
            assert not re.search(r"[^\u00a0\u202f][;!?»]", text), french
            assert not re.search(r"(?:^|[^\u00a0\u202f]):(?!\d)", text), french
            assert not re.search(r"«[^\u00a0\u202f]", text), french


def test_the_compiled_catalogue_is_in_step() -> None:
    """The .mo that is committed holds what the .po says."""
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))
    source = polib.pofile(str(CATALOGUE))
    assert dict(contents(compiled)) == dict(contents(source))


def test_a_page_is_shown_in_the_language_chosen(client: Client, db: None) -> None:
    """French unless English was chosen, whatever the browser prefers."""
    page = client.get("/compte/login/", headers={"Accept-Language": "en"}).content.decode()
    assert '<html lang="fr">' in page
    assert "Se connecter" in page
    client.post("/langue/", {"language": "en", "next": "/compte/login/"})
    page = client.get("/compte/login/").content.decode()
    assert '<html lang="en">' in page
    assert "Log in" in page
    assert "Se connecter" not in page


def test_the_guide_names_what_the_pages_show(said: polib.POFile) -> None:
    """Each label in bold of the user guide is a message of the application, or begins one."""
    messages = [entry.msgid for entry in said]
    guide = (ROOT / "docs/guide.md").read_text()
    labels = {
        " ".join(label.split(" ")).replace("\n", " ")
        for label in re.findall(r"\*\*(.+?)\*\*", guide, re.DOTALL)
    }
    labels = {re.sub(r" {2,}", " ", label) for label in labels} - {"en gras"}
    assert len(labels) > 30
    assert [
        label for label in sorted(labels) if not any(message.startswith(label) for message in messages)
    ] == []


def pairs(entry: polib.POEntry) -> Iterator[tuple[str, str]]:
    """Each French form of an entry with its English."""
    if not entry.msgid_plural:
        yield entry.msgid, entry.msgstr
        return
    yield entry.msgid, entry.msgstr_plural[0]
    yield entry.msgid_plural, entry.msgstr_plural[1]


def contents(catalogue: polib.POFile | polib.MOFile) -> Iterator[tuple[Message, tuple[str, ...]]]:
    """What a catalogue translates: message and English, singular first."""
    for entry in catalogue:
        yield (entry.msgctxt, entry.msgid), (entry.msgstr, *entry.msgstr_plural.values())
