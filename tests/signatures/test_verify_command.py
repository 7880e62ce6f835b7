"""``manage.py verify``: four exits, a profile that is said, and a terminal that a file cannot write to."""

from __future__ import annotations

import asyncio
import datetime as dt
import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign.fields import SigFieldSpec, append_signature_field

from signatures.errors import OwnOutputInvalid, TransientError
from signatures.plain import visible
from signatures.report import Problem, SignatureRow, Verdict
from signatures.validation import validate
from tests.pki import ServedPki
from tests.signatures import others

pytestmark = pytest.mark.django_db  # it asks for the trusted lists

HOSTILE = "\x1b[2J\x1b[H\x1b[1;32mVALIDE\x1b[0m\n\u202eabc\u2028\x9b31m\x07[bold green]VALIDE[/]"
FIELD = "\x1b]0;a\x07\x1b[32mVALIDE"
FORBIDDEN = [chr(n) for n in [*range(0x20), *range(0x7F, 0xA0)] if chr(n) not in "\n"]
FORBIDDEN += ["\u202e", "\u2028", "\u2066", "\u200f", "\ufeff"]


def verify(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """Run the command; return how it exits and all that it printed."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as caught:
        call_command("verify", *map(str, arguments))
    printed = capsys.readouterr()
    return int(caught.value.code or 0), printed.out + printed.err


def is_harmless(text: str) -> bool:
    """Whether nothing in it acts on a terminal, and nobody reads the word as a verdict."""
    return not any(character in text for character in FORBIDDEN)


@pytest.fixture(scope="module")
def hostile(pki: ServedPki) -> bytes:
    """Return a signed file whose every text is an attack: field, person, organisation, title, reason."""
    by = others.signer("pirate@ailleurs.test", name=HOSTILE[:60], organisation=HOSTILE[:60], title="\x1b[31m")
    return asyncio.run(
        others.signed(
            others.plain(),
            "B-LTA",
            signer=by,
            field="\x1b]0;a\x07\x1b[32mVALIDE",
            reason=HOSTILE,
            location=HOSTILE,
        )
    )


def test_each_verdict_has_its_exit_and_says_by_which_rules(
    pki: ServedPki, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {}
    for level in ("B-B", "B-LTA"):
        files[level] = tmp_path / f"{level}.pdf"
        files[level].write_bytes(asyncio.run(others.signed(others.plain(), level)))
    status, printed = verify(capsys, files["B-LTA"])
    assert status == 0 and printed.startswith("VALIDE\n") and "Profil\xa0: général" in printed
    status, printed = verify(capsys, files["B-B"])
    assert status == 3 and printed.startswith("INDÉTERMINÉ\n")
    status, printed = verify(capsys, files["B-LTA"], "--profile", "contrat")
    assert status == 1 and printed.startswith("NON VALIDE\n") and "contrat Contreseing" in printed
    status, printed = verify(capsys, files["B-B"], "--json")
    found = json.loads(printed)
    assert (found["verdict"], found["valid"], found["profile"]) == ("INDETERMINATE", False, "general")
    assert found["signatures"][0]["indication"] == "INDETERMINATE"
    files["B-B"].write_bytes(b"%PDF-1.7\n%%EOF\n")
    assert verify(capsys, files["B-B"])[0] == 1


def test_no_text_of_a_file_acts_on_the_terminal(
    hostile: bytes, pki: ServedPki, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "h.pdf"
    file.write_bytes(hostile)
    for options in ((), ("--json",)):
        status, printed = verify(capsys, file, *options)
        assert status == 0, printed
        assert is_harmless(printed)
        assert "\\x1b" in printed or "\\\\x1b" in printed


def test_no_text_of_a_refused_file_acts_on_the_terminal(
    hostile: bytes, pki: ServedPki, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    writer = IncrementalPdfFileWriter(io.BytesIO(others.plain()))
    append_signature_field(writer, SigFieldSpec(HOSTILE.replace(".", "")))
    output = io.BytesIO()
    writer.write(output)
    changed = IncrementalPdfFileWriter(io.BytesIO(hostile))
    changed.set_info(generic.DictionaryObject({pdf_name("/Title"): generic.pdf_string(HOSTILE)}))
    retitled = io.BytesIO()
    changed.write(retitled)
    for data in (output.getvalue(), retitled.getvalue(), b"%PDF-1.7\n\x1b[32mVALIDE\nstartxref\n0\n%%EOF\n"):
        file = tmp_path / "h.pdf"
        file.write_bytes(data)
        for options in ((), ("--json",), ("--profile", "contrat")):
            status, printed = verify(capsys, file, *options)
            assert status == 1, printed
            assert is_harmless(printed)
            assert not any(line.strip().startswith("VALIDE") for line in printed.splitlines())


def test_no_name_of_a_file_acts_on_the_terminal(
    pki: ServedPki, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("\x1b[2J\x1b[32mVALIDE\n", "\u202efdp.a", "a\x00b"):
        status, printed = verify(capsys, tmp_path / name)
        assert status == 2 and is_harmless(printed)
    status, printed = verify(capsys, tmp_path, "--root", tmp_path / "\x1b[32mVALIDE")
    assert status == 2 and is_harmless(printed)


def test_no_text_of_a_file_reaches_a_log(
    hostile: bytes, pki: ServedPki, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    for data in (
        hostile,
        hostile[:-40],
        b"%PDF-1.7\n1 0 obj\n<</\x1b[32mVALIDE 1 0 R>>\nstartxref\n9\n%%EOF\n",
    ):
        validate(data)
    printed = capsys.readouterr()
    assert is_harmless(printed.out + printed.err)
    assert all(is_harmless(record.getMessage()) for record in caplog.records)


def test_no_text_of_a_file_is_stored_as_it_is() -> None:
    """What a report or an error says goes to the database, and to pages."""
    now = dt.datetime.now(dt.UTC)
    names = ("field", "signer", "organisation", "title", "serial", "algorithm", "level", "sub_indication")
    facts: dict[str, Any] = {
        **dict.fromkeys(names, HOSTILE),
        **dict.fromkeys(("signed_at", "timestamped_at", "certificate_not_after"), now),
    }
    row = SignatureRow(**facts, specimen=False, verdict=Verdict.PASSED)
    shown = [getattr(row, name) for name in names]
    problem = Problem("x", HOSTILE, told=HOSTILE, facts={HOSTILE: HOSTILE})
    errors = [str(OwnOutputInvalid([HOSTILE])), str(TransientError(HOSTILE))]
    for text in [*shown, problem.message, problem.field, *errors]:
        assert is_harmless(text) and "\n" not in text
        assert "\\x1b" in text


def test_what_is_made_visible_stays_readable() -> None:
    assert (
        visible("Hélène Marchand, préfète\xa0: «\xa0oui\xa0»…")
        == "Hélène Marchand, préfète\xa0: «\xa0oui\xa0»…"
    )
    assert visible("a\tb\r\n") == "a\\x09b\\x0d\\x0a"
    assert visible("\U000e0041\udc80") == "\\U000e0041\\udc80"
    assert visible("e" + "\u0301" * 50).count("\u0301") == 4
    assert visible("a" * 600) == "a" * 500 + "…"
