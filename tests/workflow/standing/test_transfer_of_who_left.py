"""What somebody passed on ends with the office by which they passed it on."""

from __future__ import annotations

import pytest

from stakeholders.actions import withdraw_mandate
from tests import plot
from tests.cast import Cast, small_contract
from tests.stage import run_jobs
from workflow.opinions import acts as opinions_acts
from workflow.record.refusals import NotAllowed
from workflow.standing.standings import standing_to_act
from workflow.tasks import transfers


def test_the_colleague_of_who_left_office_approves_nothing(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    plot.draft_and_freeze(contract)
    plot.review_all(contract)
    waiting = plot.task(contract, "approve", cast.organisation("org-ville"))
    giver = plot.entitled(waiting)
    receiver = cast.greffe.mandates.get()
    assert standing_to_act(cast.greffe, waiting) is None
    transfers.transfer_task(giver, waiting.pk, receiver=receiver, reason="En mon absence.")
    run_jobs()
    for mandate in giver.mandates.in_force():
        withdraw_mandate(mandate, actor=cast.admin)
    run_jobs()
    waiting = plot.task(contract, "approve", cast.organisation("org-ville"))
    assert standing_to_act(giver, waiting) is None
    assert standing_to_act(cast.greffe, waiting) is None, "an absence ends with the office of the absent, too"
    assert waiting.owner is None
    with pytest.raises(NotAllowed):
        opinions_acts.approve(
            cast.greffe, waiting.pk, approved=True, reason="", pdf_sha256=plot.version(contract).pdf_sha256
        )
