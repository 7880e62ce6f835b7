"""A contract that was given up is over: no difference of holder is accepted any more."""

from __future__ import annotations

import pytest

from tests import plot
from tests.cast import Cast
from tests.workflow.signing.test_changed_holder import accept, succeeded
from workflow.procedures import abandon
from workflow.record.models import JournalEntry
from workflow.record.refusals import Locked
from workflow.signing.models import AcceptedHolder


def test_nothing_is_accepted_on_a_contract_that_was_given_up(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    successor, place = succeeded(cast, contract)
    abandon.abandon(cast.pilote_prefecture, contract.pk, reason="Le maire se retire.")
    with pytest.raises(Locked):
        accept(cast, contract, place, successor)
    assert not AcceptedHolder.objects.exists()
    assert not JournalEntry.objects.filter(contract=contract, verb="holder_accepted").exists()
