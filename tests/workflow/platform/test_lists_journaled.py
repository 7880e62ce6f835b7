"""A list that is kept, or refused, is in the platform’s journal: by it a signature is qualified or not."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import CommandError, call_command

from signatures.lists import fetching
from tests.pki import ServedPki
from tests.signatures.lists.pivoting import OTHER, Pivots
from tests.signatures.lists.scheme import Scheme, signer
from workflow.record.models import JournalEntry
from workflow.record.verbs import sentence_of


@pytest.fixture
def scheme(db: None, pki: ServedPki, blob_folder: Path, tmp_path: Path, settings: Any) -> Scheme:
    """Lists whose anchor the settings name; nothing of them is kept yet."""
    made = Scheme(tmp_path)
    settings.LOTL_CERTIFICATES = [made.anchor]
    return made


def journaled() -> list[tuple[str, dict[str, Any]]]:
    """Return what the journal says of lists, in order."""
    found = JournalEntry.objects.filter(verb__startswith="trusted_list").order_by("number")
    return [(entry.verb, entry.payload) for entry in found]


def loaded(folder: Path, **files: bytes) -> None:
    """Load lists as the command does."""
    for name, xml in files.items():
        (folder / f"{name}.xml").write_bytes(xml)
    call_command("load_trusted_lists", *(folder / f"{name}.xml" for name in files))


def test_what_becomes_of_a_list_is_journaled_once(scheme: Scheme, tmp_path: Path) -> None:
    lotl, french = scheme.lotl(), scheme.french(sequence=4)
    loaded(tmp_path, lotl=lotl, fr=french)
    (_verb, european), (verb, national) = journaled()
    assert european["territory"] == "EU"
    assert (verb, national["sequence"]) == ("trusted_list_kept", 4)
    assert national["list_sha256"] == hashlib.sha256(french).hexdigest()
    assert national["source"] == "fr.xml"
    loaded(tmp_path, lotl=lotl, fr=french)
    assert len(journaled()) == 2, "the same again is no news"
    for _again in range(2):
        with pytest.raises(CommandError):
            loaded(tmp_path, fr=scheme.french(sequence=5, by=signer("FR")))
    assert journaled()[2:] == [
        ("trusted_list_refused", {"territory": "FR", "why": "wrongly_signed", "source": "fr.xml"})
    ], "once, whatever the number of tries"
    loaded(tmp_path, fr=scheme.french(sequence=5))
    assert journaled()[3][0] == "trusted_list_kept"
    for entry in JournalEntry.objects.filter(verb__startswith="trusted_list"):
        assert "%(" not in sentence_of(entry.verb, entry.payload)


def test_a_pivot_is_journaled_once_with_whom_it_has_sign_and_its_refusal_by_name(
    scheme: Scheme, tmp_path: Path
) -> None:
    made = Pivots(scheme)
    held = made.files.pop(OTHER)
    for _again in range(2):
        made.keep()
    assert journaled() == [
        ("trusted_list_refused", {"territory": "EU", "why": "pivot_missing", "source": "eu-lotl.xml"})
    ]
    made.files[OTHER], lotl = held, made.lotl()
    for _again in range(2):
        made.keep(lotl)
    (first, told), (verb, last), (kept, _edition) = journaled()[1:]
    assert (first, verb, kept) == ("trusted_list_pivot_kept",) * 2 + ("trusted_list_kept",)
    assert (told["sequence"], last["sequence"]) == (10, 20)
    assert last["list_sha256"] == hashlib.sha256(held).hexdigest()
    third = hashlib.sha256(made.third[1].public_bytes(Encoding.DER)).hexdigest()
    assert last["signers"] == [third] and last["signed_by"] == told["signers"][0]
    assert last["source"].endswith(f"/{OTHER}")
    assert "n°\u00a020" in sentence_of(verb, last)


def test_a_fetch_that_fails_for_weeks_is_journaled_once(scheme: Scheme, settings: Any) -> None:
    settings.LOTL_URL = "https://liste.test/eu-lotl.xml"  # of no host of TRUSTED_LIST_HOSTS
    for _round in range(3):
        assert {trial.why for trial in fetching.refresh()} == {"not_allowed", "not_named"}
    assert [(verb, told["territory"], told["why"]) for verb, told in journaled()] == [
        ("trusted_list_refused", "EU", "not_allowed"),
        ("trusted_list_refused", "FR", "not_named"),
    ]
