"""The whole circuit, from the first draft to the sealed file."""

from __future__ import annotations

from contracts.models import Status
from signatures import blobs
from signatures.validation import validate
from tests import plot
from tests.cast import Cast
from tests.stage import run_jobs
from workflow.record import journal
from workflow.record.models import Event, JournalEntry


def test_a_contract_goes_from_draft_to_two_valid_signatures(cast: Cast) -> None:
    contract = plot.opened(cast.contract)
    plot.draft_and_freeze(contract)
    assert len(plot.tasks(contract, "review")) == 11
    first, *others = plot.tasks(contract, "review")
    plot.opine(contract, first, "changes_requested", "Le renfort doit être exprimé en effectif constaté.")
    for waiting in others:
        plot.opine(contract, waiting)
    assert len(plot.tasks(contract, "draft")) == 2, "back to drafting"

    plot.draft_and_freeze(contract)
    assert [t.seed for t in plot.tasks(contract, "review")] == [first.seed], "only who asked for changes"
    plot.review_all(contract)
    plot.approve_all(contract)
    plot.sign_next(contract)
    assert not plot.tasks(contract, "sign"), "the mayor waits for the council"
    plot.record_resolution(contract)
    plot.sign_next(contract)
    run_jobs()

    contract.refresh_from_db()
    assert contract.status == Status.SIGNED
    report = validate(blobs.get(plot.envelope(contract).sealed_sha256))
    assert report.valid, report.problems
    assert [row.level for row in report.signatures] == ["B-LTA", "B-LTA"]
    assert journal.first_break() is None


def test_every_act_is_journaled_and_told(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.sign_next(contract)
    plot.record_resolution(contract)
    plot.sign_next(contract)
    verbs = set(JournalEntry.objects.filter(contract=contract).values_list("verb", flat=True))
    assert verbs >= {
        "circuit_started",
        "draft_submitted",
        "version_frozen",
        "version_printed",
        "opinion_given",
        "text_approved",
        "final_text_settled",
        "signature_requested",
        "signature_made",
        "resolution_adopted",
        "contract_sealed",
    }
    told = set(Event.objects.filter(contract=contract).values_list("kind", flat=True))
    assert verbs - {"circuit_started"} <= told
