"""What the database refuses of an act becomes a sentence, and nothing of the act is kept."""

from __future__ import annotations

from typing import Any

import pytest

from tests import plot
from tests.cast import Cast
from workflow.engine import purposes
from workflow.opinions.models import Opinion
from workflow.record.models import JournalEntry
from workflow.record.refusals import ActRefused, AlreadyDone, Invalid
from workflow.signing.models import Refusal
from workflow.tasks.act import doing, save


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"value": "favourable_with_reservations", "reason": ""}, "un motif est requis"),
        ({"value": "perhaps", "reason": "Non."}, "choix valide"),
    ],
)
def test_a_rule_of_the_row_is_said_in_its_own_words(cast: Cast, facts: dict[str, str], sentence: str) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    with pytest.raises(Invalid) as refusal, doing(cast.bailleur_oh, waiting.pk, purposes.REVIEW) as act:
        save(Opinion(**{**act.common_fields(), "organisation": act.task.seed, **facts}))
    assert sentence in refusal.value.message
    assert not Opinion.objects.exists()


def test_what_may_be_done_once_says_so_and_keeps_nothing_of_the_second_time(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))

    def twice(model: Any, **facts: Any) -> ActRefused:
        journaled = JournalEntry.objects.count()
        with pytest.raises(ActRefused) as refusal, doing(cast.bailleur_oh, waiting.pk) as act:
            act.tell("opinion_given", value="favourable", reason="", version=1, version_sha256="")
            for _time in range(2):
                save(model(**{**act.common_fields(), **facts}))
        assert (model.objects.count(), JournalEntry.objects.count()) == (0, journaled)
        return refusal.value

    said = twice(Opinion, organisation=cast.organisation("org-oh"), value="favourable")
    assert isinstance(said, Invalid), "its rule has a sentence"
    assert "déjà rendu son avis" in said.message
    assert isinstance(twice(Refusal, signatory=contract.places[0], reason="Non."), AlreadyDone)
