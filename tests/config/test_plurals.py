"""Each sentence that counts is said as its language counts: « 0 engagement » in French, « 0 commitments »."""

from __future__ import annotations

import gettext
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import polib
import pytest
from django.utils import translation
from django.utils.translation import ngettext, npgettext

ROOT = Path(__file__).resolve().parents[2]
ENGLISH = polib.pofile(str(ROOT / "locale/en/LC_MESSAGES/django.po"))
COUNTING = [entry for entry in ENGLISH if entry.msgid_plural and not entry.obsolete]


def forms(entry: polib.POEntry, language: str) -> list[str]:
    """Return what is said of none, of one and of two."""
    with translation.override(language):
        if entry.msgctxt:
            return [npgettext(entry.msgctxt, entry.msgid, entry.msgid_plural, n) for n in (0, 1, 2)]
        return [ngettext(entry.msgid, entry.msgid_plural, n) for n in (0, 1, 2)]


def test_there_are_sentences_that_count() -> None:
    assert len(COUNTING) > 20


@pytest.mark.parametrize("entry", COUNTING, ids=lambda entry: entry.msgid[:40])
def test_none_is_singular_in_french_and_plural_in_english(entry: polib.POEntry) -> None:
    assert forms(entry, "fr") == [entry.msgid, entry.msgid, entry.msgid_plural]
    one, several = entry.msgstr_plural[0], entry.msgstr_plural[1]
    assert forms(entry, "en") == [several, one, several]


def script() -> Any:
    spec = spec_from_file_location("french_plurals", ROOT / "locale/french_plurals.py")
    assert spec is not None and spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_french_catalogue_is_what_its_script_writes() -> None:
    """Where this fails: python locale/french_plurals.py."""
    wanted = script().french()
    kept = polib.pofile(str(script().FRENCH))
    assert {(e.msgctxt, e.msgid, e.msgid_plural) for e in kept} == {
        (e.msgctxt, e.msgid, e.msgid_plural) for e in wanted
    }
    with script().FRENCH.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert all(compiled.ngettext(e.msgid, e.msgid_plural, 0) == e.msgid for e in wanted if not e.msgctxt)
