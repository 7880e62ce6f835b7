"""The two parties approve the exact bytes that they were shown, or send them back."""

from __future__ import annotations

import pytest

from contracts.models import Contract, Status
from tests import plot
from tests.cast import Cast, small_contract
from workflow.opinions import acts as opinions_acts
from workflow.opinions.models import Approval
from workflow.record.refusals import Invalid, NewVersion, NotAllowed


def at_approval(cast: Cast) -> Contract:
    """Return a contract whose opinions are all in."""
    contract = plot.opened(small_contract(cast))
    plot.draft_and_freeze(contract)
    plot.review_all(contract)
    return contract


def test_an_approval_keeps_the_hash_of_the_bytes_shown(cast: Cast) -> None:
    contract = at_approval(cast)
    plot.approve_all(contract)
    version = plot.version(contract)
    assert {a.pdf_sha256 for a in version.approvals.all()} == {version.pdf_sha256}
    assert {a.version_sha256 for a in version.approvals.all()} == {version.content_sha256}
    assert plot.envelope(contract).base_sha256 == version.pdf_sha256, "what was approved is what is signed"


@pytest.mark.parametrize("shown", ["0" * 64, ""])
def test_other_bytes_than_those_of_the_version_are_not_approved(cast: Cast, shown: str) -> None:
    contract = at_approval(cast)
    waiting = plot.tasks(contract, "approve")[0]
    with pytest.raises(NewVersion):
        opinions_acts.approve(plot.entitled(waiting), waiting.pk, approved=True, reason="", pdf_sha256=shown)
    assert not Approval.objects.exists()


def test_sending_back_says_why(cast: Cast) -> None:
    contract = at_approval(cast)
    waiting, pdf = plot.tasks(contract, "approve")[0], plot.version(contract).pdf_sha256
    with pytest.raises(Invalid) as refused:
        opinions_acts.approve(plot.entitled(waiting), waiting.pk, approved=False, reason=" ", pdf_sha256=pdf)
    assert refused.value.field == "reason"


def test_one_party_that_sends_back_is_enough(cast: Cast) -> None:
    contract = at_approval(cast)
    pdf = plot.version(contract).pdf_sha256
    for approved, waiting in zip((True, False), plot.tasks(contract, "approve"), strict=True):
        reason = "" if approved else "Une date est fausse."
        user = plot.entitled(waiting)
        opinions_acts.approve(user, waiting.pk, approved=approved, reason=reason, pdf_sha256=pdf)
    contract.refresh_from_db()
    assert contract.status == Status.DRAFTING
    plot.draft_and_freeze(contract)
    plot.review_all(contract)
    assert len(plot.tasks(contract, "approve")) == 2, "both are asked again on the new version"


def test_a_party_does_not_approve_for_the_other(cast: Cast) -> None:
    contract = at_approval(cast)
    pdf = plot.version(contract).pdf_sha256
    waiting = plot.task(contract, "approve", cast.organisation("org-pref"))
    with pytest.raises(NotAllowed):
        opinions_acts.approve(cast.pilote_ville, waiting.pk, approved=True, reason="", pdf_sha256=pdf)
