"""Two pilots who accept at once, one who clicks twice, the worker who opens meanwhile: it opens once."""

from __future__ import annotations

from functools import partial

import pytest

from contracts.models import Status
from signatures import keys
from tests import plot
from tests.cast import Cast
from tests.snapshots import again
from tests.workflow.procedures.test_races import TIMES, at_once
from tests.workflow.signing.test_launch import REASON, at_launch, marks
from workflow.record import journal
from workflow.record.models import JournalEntry
from workflow.signing import launch_acts, launch_jobs
from workflow.signing.models import AcceptedWarning

pytestmark = pytest.mark.race


def test_two_pilots_and_two_clicks_make_one_acceptance(cast: Cast) -> None:
    contract = at_launch(cast)
    shown = marks(contract)
    acts = [
        partial(launch_acts.accept_warnings, user, contract.pk, marks=shown, reason=REASON)
        for user in (cast.pilote_ville, cast.pilote_ville, cast.pilote_prefecture)
    ]
    for _turn in again(TIMES):
        assert sorted(at_once(*acts)) == ["AlreadyDone", "AlreadyDone", "done"]
        assert AcceptedWarning.objects.count() == 1
        accepted = JournalEntry.objects.filter(contract=contract, verb="warnings_accepted")
        assert accepted.count() == 1 and journal.first_break() is None
        contract.refresh_from_db()
        assert contract.status == Status.SIGNING and plot.task(contract, "sign")


def test_an_acceptance_and_the_worker_open_it_once(cast: Cast) -> None:
    contract = at_launch(cast)
    shown = marks(contract)
    keys.enrol_specimen(cast.prefete)
    accept = partial(launch_acts.accept_warnings, cast.pilote_ville, contract.pk, marks=shown, reason=REASON)
    for _turn in again(TIMES):
        ended = at_once(accept, partial(launch_jobs.look, contract.pk))
        # what was shown is no longer so: the worker alone opens it
        assert ended[0] in ("Locked", "AlreadyDone") and ended[1] == "done"
        assert JournalEntry.objects.filter(contract=contract, verb="launch_cleared").count() == 1
        assert not AcceptedWarning.objects.exists()
        assert plot.task(contract, "sign")
