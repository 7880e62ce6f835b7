"""Write the catalogue of the French plurals (``python locale/french_plurals.py``) after the English one.

Message identifiers are the French sentences, so French has no catalogue of ours but this one. Without it,
gettext would choose between their two forms as English does: « 0 engagements », where French says
« 0 engagement ».
"""

from __future__ import annotations

from pathlib import Path

import polib

HERE = Path(__file__).resolve().parent
FRENCH = HERE / "fr" / "LC_MESSAGES" / "django.po"
HEADER = {
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Language": "fr",
    "MIME-Version": "1.0",
    "Plural-Forms": "nplurals=2; plural=(n > 1);",
}


def french() -> polib.POFile:
    """Return the catalogue that goes with the English one: its plurals, each said as it is."""
    found = polib.POFile(wrapwidth=0)
    found.metadata = dict(HEADER)
    english = polib.pofile(str(HERE / "en" / "LC_MESSAGES" / "django.po"))
    for entry in sorted(english, key=lambda entry: (entry.msgid, entry.msgctxt or "")):
        if entry.msgid_plural and not entry.obsolete:
            forms = {0: entry.msgid, 1: entry.msgid_plural}
            flags = [flag for flag in entry.flags if flag != "fuzzy"]
            found.append(
                polib.POEntry(
                    msgctxt=entry.msgctxt,
                    msgid=entry.msgid,
                    msgid_plural=entry.msgid_plural,
                    msgstr_plural=forms,
                    flags=flags,
                )
            )
    return found


if __name__ == "__main__":
    FRENCH.parent.mkdir(parents=True, exist_ok=True)
    catalogue = french()
    catalogue.save(str(FRENCH))
    catalogue.save_as_mofile(str(FRENCH.with_suffix(".mo")))
