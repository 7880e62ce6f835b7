"""A forger wants « valide » said of a file that was changed, or that shows two things."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from signatures.validation import validate_here
from tests.attacks import forged_bytes, forged_changes
from tests.attacks.forging import BARE, Forger
from tests.signatures.test_validation import Files, files, people
from tests.workflow.test_final_file import final

__all__ = ["files", "final", "people"]

FORGERIES = forged_bytes.FORGERIES | forged_changes.FORGERIES


@pytest.fixture(scope="module")
def forger(files: Files) -> Forger:
    return Forger(files.sealed)


def test_a_true_renewal_by_another_hand_is_valid(forger: Forger) -> None:
    """The workshop itself is not what the forgeries are refused for."""
    renewed = forger.stamped()
    report = validate_here(renewed)
    assert report.valid, report.problems
    again = validate_here(Forger(renewed).stamped(field=BARE.replace("Forge", "Deux"), page=None))
    assert again.valid, again.problems


@pytest.mark.parametrize("name", FORGERIES)
def test_no_forged_file_is_valid(forger: Forger, name: str) -> None:
    refused_with_a_sentence(FORGERIES[name], forger)


def refused_with_a_sentence(make: Callable[[Forger], bytes], forger: Forger) -> None:
    """Check that the file differs, is refused, and that the report says why."""
    forged = make(forger)
    assert forged != forger.pdf
    report = validate_here(forged)
    assert not report.valid
    assert report.problems and all(problem.message for problem in report.problems)


def test_none_is_made_of_a_contract_s_final_file(final: bytes) -> None:
    forger = Forger(final)
    renewed = validate_here(forger.stamped())
    assert renewed.valid, renewed.problems
    for make in FORGERIES.values():
        refused_with_a_sentence(make, forger)
