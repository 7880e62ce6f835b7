"""Which lists are accepted, from a file or from memory, and what is said of those that are not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from lxml import etree

from signatures import blobs
from signatures.lists import keeping, standing
from signatures.lists.models import ListTrial, TrustedList
from signatures.lists.sentences import refusal
from signatures.lists.standing import State
from tests.signatures.lists.scheme import FRENCH_URL, Scheme, now, signed, signer

Made = Callable[[Scheme], bytes]


def _tampered(scheme: Scheme) -> bytes:
    xml: bytes = scheme.french(sequence=9)
    assert b"<TSLSequenceNumber>9<" in xml
    return xml.replace(b"<TSLSequenceNumber>9<", b"<TSLSequenceNumber>10<")


def _wrapped(scheme: Scheme) -> bytes:
    """A list of the forger's around one that is signed."""
    forged = scheme.unsigned_french([], sequence=9)
    forged.append(etree.fromstring(scheme.french(sequence=2)))
    return bytes(etree.tostring(forged))


def _bomb(scheme: Scheme) -> bytes:
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
    head = f'<!DOCTYPE TrustServiceStatusList [<!ENTITY e0 "{"x" * 99}">{entities}]>'
    body: str = etree.tostring(scheme.unsigned_french([])).decode()
    return (head + body.replace("<TSLSequenceNumber>1<", "<TSLSequenceNumber>&e8;<")).encode()


def _outside(scheme: Scheme) -> bytes:
    head = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
    body: str = etree.tostring(scheme.unsigned_french([])).decode()
    return (head + body).encode()


REFUSED: dict[str, tuple[Made, str]] = {
    "not XML": (lambda scheme: b"%PDF-1.7", "not_xml"),
    "another document": (lambda scheme: b"<a/>", "not_a_list"),
    "a document type with entities that grow": (_bomb, "document_type"),
    "an entity of a file": (_outside, "document_type"),
    "no signature": (lambda scheme: etree.tostring(scheme.unsigned_french()), "unsigned"),
    "signed by somebody": (lambda scheme: scheme.french(sequence=9, by=signer("FR")), "wrongly_signed"),
    "signed by the wrong one of the two": (
        lambda scheme: scheme.french(sequence=9, by=scheme.european),
        "wrongly_signed",
    ),
    "changed since": (_tampered, "wrongly_signed"),
    "around a signed one": (_wrapped, "wrongly_signed"),
    "an older one": (lambda scheme: scheme.french(sequence=1), "older"),
    "of tomorrow": (
        lambda scheme: scheme.french(sequence=9, issued=now() + dt.timedelta(days=1)),
        "future",
    ),
    "too large": (lambda scheme: b" " * (keeping.MAX_BYTES + 1), "too_large"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_list_that_may_not_be_believed_changes_nothing_and_says_why(scheme: Scheme, case: str) -> None:
    made, why = REFUSED[case]
    kept = scheme.keep(sequence=2)
    assert kept.outcome == ListTrial.Outcome.KEPT, refusal(kept.why, kept.facts)
    before = TrustedList.objects.get(territory="FR").document_sha256

    trial = keeping.keep(made(scheme), FRENCH_URL, expected="FR")

    assert (trial.outcome, trial.why) == (ListTrial.Outcome.REFUSED, why)
    assert "%(" not in refusal(trial.why, trial.facts)
    assert standing.latest()["FR"].document_sha256 == before
    found = {one.territory: one for one in standing.standings()}["FR"]
    assert found.state == State.IN_FORCE and found.trial is not None and found.trial.why == why


def test_a_list_is_kept_with_its_dates_its_signer_and_its_bytes(scheme: Scheme) -> None:
    issued, following = now() - dt.timedelta(days=40), now() + dt.timedelta(days=5)
    xml = scheme.french(sequence=112, issued=issued, following=following)
    keeping.keep(scheme.lotl(), "eu-lotl.xml")
    keeping.keep(xml, "tl-fr.xml")

    row = standing.latest()["FR"]
    assert (row.sequence, row.issued_at, row.next_update) == (112, issued, following)
    assert row.signer == "Signataire de la liste FR" and row.source == "tl-fr.xml"
    assert blobs.get(row.document_sha256) == xml
    assert [one["name"] for one in row.content["services"]] == ["Autorité d’essai", "Horodatage d’essai"]


def test_the_same_list_again_is_no_other_and_a_later_one_takes_its_place(scheme: Scheme) -> None:
    first = scheme.french(sequence=4)
    keeping.keep(scheme.lotl(), "eu-lotl.xml")
    assert keeping.keep(first, "a").outcome == ListTrial.Outcome.KEPT
    assert keeping.keep(first, "a").outcome == ListTrial.Outcome.SAME
    assert keeping.keep(scheme.french(sequence=5), "a").outcome == ListTrial.Outcome.KEPT
    assert [row.sequence for row in TrustedList.objects.filter(territory="FR")] == [5, 4]


def test_without_the_list_of_the_lists_in_force_no_national_list_is_accepted(scheme: Scheme) -> None:
    french = scheme.french()
    assert keeping.keep(french, "tl-fr.xml").why == "lotl_missing"
    keeping.keep(scheme.lotl(following=now() - dt.timedelta(minutes=1)), "eu-lotl.xml")
    assert keeping.keep(french, "tl-fr.xml").why == "lotl_stale"
    keeping.keep(scheme.lotl(sequence=2), "eu-lotl.xml")
    assert keeping.keep(french, "tl-fr.xml").outcome == ListTrial.Outcome.KEPT


def test_a_national_list_whose_signer_is_named_no_more_is_believed_no_more(scheme: Scheme) -> None:
    scheme.keep()
    scheme.national = signer("FR")
    keeping.keep(scheme.lotl(sequence=2), "eu-lotl.xml")
    assert {one.territory: one.state for one in standing.standings()}["FR"] == State.DISOWNED
    assert [one.why for one in standing.listed()] == ["disowned"]


def test_an_anchor_taken_out_of_the_settings_takes_all_its_lists_along(
    scheme: Scheme, settings: object, tmp_path: Path
) -> None:
    scheme.keep()
    (other := tmp_path / "other").mkdir()
    settings.LOTL_CERTIFICATES = [Scheme(other).anchor]  # type: ignore[attr-defined]
    assert [one.state for one in standing.standings()] == [State.DISOWNED, State.DISOWNED]


def test_a_list_past_its_next_update_or_closed_is_said_to_be_stale(scheme: Scheme) -> None:
    scheme.keep(following=now() + dt.timedelta(hours=1))
    assert [one.state for one in standing.standings()] == [State.IN_FORCE, State.IN_FORCE]
    later = now() + dt.timedelta(hours=2)
    assert [one.state for one in standing.standings(later)] == [State.IN_FORCE, State.STALE]
    keeping.keep(scheme.french(sequence=2, closed=True), "tl-fr.xml")
    assert [one.state for one in standing.standings()] == [State.IN_FORCE, State.STALE]


def test_a_territory_that_was_not_asked_for_is_refused(scheme: Scheme) -> None:
    keeping.keep(scheme.lotl(), "eu-lotl.xml")
    root = scheme.unsigned_french()
    root.find(".//{*}SchemeInformation/{*}SchemeTerritory").text = "BE"
    xml = signed(root, *scheme.national)
    assert keeping.keep(xml, "tl-be.xml").why == "not_asked"
    assert keeping.keep(xml, "tl-fr.xml", expected="FR").why == "other_territory"


def test_lists_are_loaded_from_files_in_any_order(
    scheme: Scheme, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    french, lotl = tmp_path / "a-fr.xml", tmp_path / "b-eu.xml"
    french.write_bytes(scheme.french(sequence=7))
    lotl.write_bytes(scheme.lotl(sequence=3))
    call_command("load_trusted_lists", french, lotl)
    assert standing.latest()["FR"].sequence == 7
    assert "liste FR n°\u00a07" in capsys.readouterr().out

    french.write_bytes(_tampered(scheme))
    with pytest.raises(CommandError, match="celle d’avant reste en place"):
        call_command("load_trusted_lists", french)
    assert "modifié" in capsys.readouterr().out and standing.latest()["FR"].sequence == 7
    with pytest.raises(CommandError, match="ne peut être lu"):
        call_command("load_trusted_lists", tmp_path / "absente.xml")
