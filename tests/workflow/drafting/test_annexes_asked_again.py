"""An annex that changes after an opinion has that opinion asked again; its title or its place does not."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from contracts.annexes import changed
from tests import plot
from tests.cast import Cast
from tests.workflow.drafting.test_annexes import added, words
from tests.workflow.sockets import logged_in
from workflow.drafting import acts
from workflow.opinions import rules

FILE = {"sha256": "a" * 64, "size": 1, "pages": 1}
ROW = {"key": 1, "number": 1, "title": "Plan", "kind": "table", "publishable": True, "file": FILE}


def content(*annexes: dict[str, Any]) -> dict[str, Any]:
    return {"annexes": list(annexes)}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        (content(), content(ROW), [1]),
        (content(ROW), content(), [1]),
        (content(ROW), content({**ROW, "file": {**FILE, "sha256": "b" * 64}}), [1]),
        (content(ROW), content({**ROW, "publishable": False}), [1]),
        (content(ROW), content({**ROW, "title": "Plan d’action", "number": 2, "attached": True}), []),
        (content({"number": 1, "title": "Plan", "publishable": True}), content(ROW), [1]),
        (
            content({"number": 1, "title": "Plan", "publishable": True}),
            content({"number": 1, "title": "A"}),
            [],
        ),
    ],
)
def test_what_changes_in_an_annex(before: dict[str, Any], after: dict[str, Any], found: list[int]) -> None:
    assert [row["key"] for row in changed(before, after)] == found


def test_whose_opinion_was_on_other_annexes_is_asked_again_and_told_why(cast: Cast) -> None:
    contract = plot.at_review(cast)
    landlord, operator = plot.tasks(contract, "review")
    plot.opine(contract, landlord, "changes_requested", "Joignez le plan.")
    plot.opine(contract, operator)
    assert [one.organisation for one in rules.would_be_asked(contract) if one.is_due] == [landlord.seed]
    pilot = logged_in(cast.pilote_ville)
    added(pilot, contract)
    for waiting in plot.tasks(contract, "draft"):
        acts.submit_draft(plot.entitled(waiting), waiting.pk)
    waiting = plot.task(contract, "freeze")
    page = words(pilot.get(reverse("task", args=[contract.pk, waiting.pk])))
    assert "une annexe a changé depuis son avis sur la version 1 : « Plan d’action »" in page
    version = acts.freeze_version(cast.pilote_ville, waiting.pk)
    assert {one.pk for one in rules.due_reviewers(contract, version)} == {landlord.seed.pk, operator.seed.pk}
