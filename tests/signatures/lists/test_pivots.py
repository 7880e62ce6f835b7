"""The way from the pinned signers to those of now, by the pivots that the list of the lists names."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from django.core.management import CommandError, call_command

from signatures import blobs
from signatures.lists import keeping, standing
from signatures.lists.models import LOTL, ListTrial, LotlPivot, TrustedList
from signatures.lists.sentences import refusal
from signatures.lists.standing import State
from tests.signatures.lists.pivoting import FIRST, NEXT, OTHER, Pivots
from tests.signatures.lists.scheme import Scheme, Signer, now, signer

DAY = dt.timedelta(days=1)


@pytest.fixture
def made(scheme: Scheme) -> Pivots:
    return Pivots(scheme)


def mark(one: Signer) -> str:
    return hashlib.sha256(one[1].public_bytes(Encoding.DER)).hexdigest()


def followed() -> list[int]:
    return [one.sequence for one in standing.pivots()]


def state() -> State:
    return standing.standings()[0].state


def test_pivots_carry_the_anchors_to_who_signs_now(made: Pivots) -> None:
    trial = made.keep()
    assert trial.outcome == ListTrial.Outcome.KEPT, refusal(trial.why, trial.facts)
    assert (made.asked, state()) == ([FIRST, OTHER], State.IN_FORCE)
    assert standing.latest()[LOTL].signed_by == mark(made.third)

    first, other = standing.pivots()
    assert (first.sequence, first.signed_by) == (10, mark(made.scheme.european))
    assert (other.sequence, other.signed_by) == (20, mark(made.second))
    assert first.address.endswith(f"/{FIRST}") and first.issued_at < now() - 299 * DAY
    assert blobs.get(other.document_sha256) == made.files[OTHER]
    (held,) = first.certificates
    assert base64.b64decode(held["der"]) == made.second[1].public_bytes(Encoding.DER)
    assert held["name"] == "Signataire de la liste LOTL 2"
    assert held["until"] == made.second[1].not_valid_after_utc.isoformat()
    french = keeping.keep(made.scheme.french(), "tl-fr.xml")
    assert french.outcome == ListTrial.Outcome.KEPT, french.why


def _of_other(made: Pivots) -> bytes:
    made.files[OTHER] = made.files[FIRST]
    return made.lotl()


def _with(name: str, change: Callable[[Pivots], bytes]) -> Callable[[Pivots], bytes]:
    def changed(made: Pivots) -> bytes:
        made.files[name] = change(made)
        return made.lotl()

    return changed


def _without(made: Pivots) -> bytes:
    del made.files[OTHER]
    return made.lotl()


def _without_and_unsigned(made: Pivots) -> bytes:
    del made.files[OTHER]
    return made.lotl(by=None)


def _named(*names: str) -> Callable[[Pivots], bytes]:
    return lambda made: made.lotl(named=names)


MANY = [f"eu-lotl-pivot-{number}.xml" for number in range(21)]
REFUSED: dict[str, tuple[Callable[[Pivots], bytes], str]] = {
    "unsigned": (_with(FIRST, lambda made: made.first(by=None)), "pivot_unsigned"),
    "signed by a stranger": (_with(FIRST, lambda made: made.first(by=signer("XX"))), "pivot_wrongly_signed"),
    "signed by whom it hands over to": (
        _with(FIRST, lambda made: made.first(by=made.second)),
        "pivot_wrongly_signed",
    ),
    "signed by one who handed over before": (
        _with(OTHER, lambda made: made.other(by=made.scheme.european)),
        "pivot_wrongly_signed",
    ),
    "changed since": (
        _with(OTHER, lambda made: made.files[OTHER].replace(b"Number>20<", b"Number>21<")),
        "pivot_wrongly_signed",
    ),
    "named in the other order": (_named(OTHER, FIRST), "pivot_wrongly_signed"),
    "the first left out": (_named(OTHER), "pivot_wrongly_signed"),
    "missing": (_without, "pivot_missing"),
    "numbered before the one before": (
        _with(OTHER, lambda made: made.other(sequence=9)),
        "pivot_older",
    ),
    "of tomorrow": (_with(OTHER, lambda made: made.other(days=-1)), "pivot_future"),
    "named twice": (_named(FIRST, OTHER, FIRST), "pivot_loop"),
    "the same under two names": (_of_other, "pivot_loop"),
    "without anybody to sign the next": (_with(OTHER, lambda made: made.other(own=[])), "pivot_names_nobody"),
    "the list of a country": (
        _with(FIRST, lambda made: made.scheme.french(by=made.scheme.european)),
        "pivot_other_territory",
    ),
    "no list": (_with(FIRST, lambda made: b"%PDF-1.7"), "pivot_not_xml"),
    "too large": (_with(FIRST, lambda made: b" " * (keeping.MAX_BYTES + 1)), "pivot_too_large"),
    "too many": (_named(*MANY), "pivot_too_many"),
    "after the list itself": (lambda made: made.lotl(sequence=15), "older"),
    "fine, and the list is a stranger's": (lambda made: made.lotl(by=signer("XX")), "wrongly_signed"),
    "fine, and the list is signed by one who handed over": (
        lambda made: made.lotl(by=made.second),
        "wrongly_signed",
    ),
    "missing, and the list is unsigned": (_without_and_unsigned, "unsigned"),
    "fine, and the list is unsigned": (lambda made: made.lotl(by=None), "unsigned"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_way_that_does_not_hold_is_refused_by_name_and_nothing_of_it_is_kept(
    made: Pivots, case: str
) -> None:
    change, why = REFUSED[case]
    trial = made.keep(change(made))
    assert (trial.outcome, trial.why) == (ListTrial.Outcome.REFUSED, why)
    assert not LotlPivot.objects.exists() and not TrustedList.objects.exists()
    said = refusal(trial.why, trial.facts)
    assert "%(" not in said and "—" not in said
    if why.startswith("pivot_") and case != "too many":
        assert trial.facts["pivot"] in said and trial.facts["pivot"] in {FIRST, OTHER}
    assert len(made.asked) <= 2


def test_whoever_handed_over_signs_no_more(made: Pivots) -> None:
    made.keep()
    for former in (made.scheme.european, made.second):
        trial = made.keep(made.lotl(sequence=31, by=former, named=[]))
        assert (trial.outcome, trial.why) == (ListTrial.Outcome.REFUSED, "wrongly_signed")
    assert standing.latest()[LOTL].sequence == 30 and state() == State.IN_FORCE


def test_a_pivot_that_was_followed_is_asked_no_more(made: Pivots) -> None:
    made.keep()
    made.asked.clear()
    fourth = signer("LOTL 4")
    made.files = {NEXT: made.european(sequence=40, own=[fourth], by=made.third)}
    trial = made.keep(made.lotl(sequence=41, by=fourth, named=[FIRST, OTHER, NEXT]))
    assert trial.outcome == ListTrial.Outcome.KEPT, refusal(trial.why, trial.facts)
    assert (made.asked, followed()) == ([NEXT], [10, 20, 40])
    assert made.keep(made.lotl(sequence=42, by=made.third, named=[FIRST, OTHER])).why == "wrongly_signed"


def test_the_list_of_the_lists_may_be_the_last_pivot_itself(made: Pivots) -> None:
    made.files[OTHER] = lotl = made.other(days=1, named=[FIRST, OTHER])
    trial = made.keep(lotl)
    assert trial.outcome == ListTrial.Outcome.KEPT, refusal(trial.why, trial.facts)
    assert (standing.latest()[LOTL].signed_by, state()) == (mark(made.second), State.IN_FORCE)
    made.asked.clear()
    assert made.keep().outcome == ListTrial.Outcome.KEPT
    assert (made.asked, followed(), state()) == ([], [10, 20], State.IN_FORCE)


def test_a_list_that_the_anchors_signed_needs_no_pivot_until_one_can_be_followed(made: Pivots) -> None:
    """An installation without a network has newer anchors at times than the first pivot had."""
    files, made.files = made.files, {}
    lotl = made.lotl(by=made.scheme.european, named=[FIRST])
    assert made.keep(lotl).outcome == ListTrial.Outcome.KEPT
    assert (followed(), state()) == ([], State.IN_FORCE)
    assert made.keep(lotl).outcome == ListTrial.Outcome.SAME
    made.files = files
    assert made.keep(made.lotl(sequence=31)).outcome == ListTrial.Outcome.KEPT
    assert (followed(), state()) == ([10, 20], State.IN_FORCE)


def test_a_pivot_that_keeps_the_signer_of_a_known_list_is_kept_when_it_comes(made: Pivots) -> None:
    both = made.first(own=[made.scheme.european, made.second])
    files, made.files = {FIRST: both}, {}
    lotl = made.lotl(by=made.scheme.european, named=[FIRST])
    made.keep(lotl)
    made.files = files
    assert made.keep(lotl).outcome == ListTrial.Outcome.SAME
    assert followed() == [10]


def test_a_way_from_other_anchors_counts_for_nothing(made: Pivots, settings: Any, tmp_path: Path) -> None:
    made.keep()
    (elsewhere := tmp_path / "other").mkdir()
    settings.LOTL_CERTIFICATES = [Scheme(elsewhere).anchor]
    assert (followed(), state()) == ([], State.DISOWNED)
    assert made.keep(made.lotl(sequence=31)).why == "pivot_wrongly_signed"
    settings.LOTL_CERTIFICATES = [made.scheme.anchor]
    assert (followed(), state()) == ([10, 20], State.IN_FORCE)


def test_pivots_are_loaded_from_files_in_any_order(
    made: Pivots, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {"eu-lotl.xml": made.lotl(), "a-fr.xml": made.scheme.french(), **made.files}
    files[NEXT] = made.first(sequence=4)
    for name, xml in files.items():
        (tmp_path / name).write_bytes(xml)
    with pytest.raises(CommandError):
        call_command("load_trusted_lists", tmp_path / OTHER, tmp_path / "eu-lotl.xml")
    assert f"Le fichier {FIRST} manque" in capsys.readouterr().out and not followed()

    call_command("load_trusted_lists", *(tmp_path / name for name in sorted(files, reverse=True)))
    said = capsys.readouterr().out
    assert (followed(), set(standing.latest())) == ([10, 20], {"EU", "FR"})
    assert said.count("de la liste des listes") == 2 and f"{NEXT}\u00a0: n’a pas servi" in said
