"""Who is asked again: only those whose opinion the new text may change."""

from __future__ import annotations

from contracts.models import Commitment, Status
from tests import plot
from tests.cast import Cast
from workflow.drafting import acts as drafting_acts
from workflow.opinions import acts as opinions_acts
from workflow.procedures import recall


def test_only_who_asked_for_changes_is_asked_again(cast: Cast) -> None:
    contract = plot.at_review(cast)
    landlord, operator = plot.tasks(contract, "review")
    plot.opine(contract, landlord, "changes_requested", "Le calendrier est trop court.")
    plot.opine(contract, operator)
    plot.draft_and_freeze(contract)
    assert [t.seed for t in plot.tasks(contract, "review")] == [landlord.seed]


def test_the_lead_of_a_changed_commitment_is_asked_again(cast: Cast) -> None:
    contract = plot.at_review(cast)
    landlord, operator = plot.tasks(contract, "review")
    plot.opine(contract, landlord, "unfavourable", "Sans base légale.")
    plot.opine(contract, operator)
    with drafting_acts.changing_draft(cast.pilote_ville, contract.pk):
        Commitment.objects.filter(volet__contract=contract, lead=operator.seed).update(target=80)
    plot.draft_and_freeze(contract)
    assert {t.seed for t in plot.tasks(contract, "review")} == {landlord.seed, operator.seed}


def test_when_nobody_is_due_the_text_goes_to_approval(cast: Cast) -> None:
    contract = plot.at_review(cast)
    plot.review_all(contract)
    sender, _other = plot.tasks(contract, "approve")
    pdf = plot.version(contract).pdf_sha256
    opinions_acts.approve(
        plot.entitled(sender), sender.pk, approved=False, reason="Une faute au préambule.", pdf_sha256=pdf
    )
    (other,) = plot.tasks(contract, "approve")
    opinions_acts.approve(plot.entitled(other), other.pk, approved=True, reason="", pdf_sha256=pdf)
    contract.refresh_from_db()
    assert contract.status == Status.DRAFTING
    plot.draft_and_freeze(contract)
    assert not plot.tasks(contract, "review")
    assert len(plot.tasks(contract, "approve")) == 2


def test_a_recalled_version_goes_back_to_drafting_and_cancels_the_reviews(cast: Cast) -> None:
    contract = plot.at_review(cast)
    answered, left = plot.tasks(contract, "review")
    plot.opine(contract, answered)
    recall.recall_version(cast.pilote_ville, contract.pk, reason="Un chiffre est faux.")
    assert not plot.tasks(contract, "review")
    assert len(plot.tasks(contract, "draft")) == 2
    plot.draft_and_freeze(contract)
    assert [t.seed for t in plot.tasks(contract, "review")] == [left.seed], "who had not answered is asked"
