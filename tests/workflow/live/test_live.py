"""What open pages are told: real servers, real sockets, sessions as a browser has them."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection, transaction
from django.utils import timezone
from websockets.exceptions import InvalidStatus

from stakeholders.actions import deactivate, declare_absence, withdraw_mandate
from stakeholders.kinds import Power
from stakeholders.models import Absence
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner
from tests.workflow.sockets import QUIET, logged_in, page, watching
from workflow.drafting import acts as drafting_acts
from workflow.live import consumers
from workflow.record import events
from workflow.record.models import Event


def test_a_page_is_told_what_happens_in_its_contract(cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    other = plot.opened(small_contract(cast, "CSI-00-2026-901"))
    with (
        watching(live_url, cast.bailleur_oh, contract) as landlord,
        watching(live_url, cast.pilote_ville, contract) as author,
    ):
        city = cast.organisation("org-ville")
        for drafted in (other, contract):
            drafting_acts.submit_draft(cast.pilote_ville, plot.task(drafted, "draft", city).pk)
        # the page's own tray counts what happens in the reader's other contracts too
        assert landlord.hear_until("draft_submitted")["contract"] == other.pk
        told = landlord.hear_until("draft_submitted")
        assert told["contract"] == contract.pk
        assert told["text"].startswith("Rédaction terminée : ")
        assert not told["mine"]
        assert author.hear_until("draft_submitted")["mine"]


def test_an_inbox_is_told_of_each_contract_that_its_reader_may_see(cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    with watching(live_url, cast.bailleur_oh) as inbox, watching(live_url, cast.outsider) as outsider:
        plot.draft_and_freeze(contract)
        opened = [m for m in inbox.hear_all(1) if m["kind"] == "task_opened"]
        assert len(opened) >= 2
        assert outsider.hear_all() == [], "an outsider is told nothing"


def test_a_page_that_was_away_gets_what_it_missed_in_order_and_once(cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    seen = events.last_identifier()
    plot.draft_and_freeze(contract)
    missed = list(Event.objects.filter(contract=contract, pk__gt=seen).values_list("pk", flat=True))
    with page(live_url, cast.bailleur_oh, contract, after=seen) as late:
        hello = late.hear_until("hello")
        assert [message["id"] for message in late.told[:-1]] == missed
        assert hello["last"] == missed[-1]
        plot.opine(contract, plot.tasks(contract, "review")[0])
        late.hear_until("opinion_given")
        told = [message["id"] for message in late.told if "id" in message]
        assert told == sorted(set(told))
    with watching(live_url, cast.bailleur_oh, after=seen) as inbox:
        assert [message["id"] for message in inbox.told if "id" in message][: len(missed)] == missed


def test_a_page_that_was_away_gets_what_was_said_to_its_reader_alone(cast: Cast, live_url: str) -> None:
    seen, today = events.last_identifier(), timezone.localdate()
    lender, substitute = (person.mandates.get() for person in (cast.ddpn, cast.commissaire))
    absence = Absence(
        mandate=lender, substitute=substitute, starts_on=today, ends_on=today, powers=[Power.REVIEW.value]
    )
    declare_absence(absence, actor=cast.ddpn)
    for reader, told in ((cast.commissaire, ["absence_declared", "hello"]), (cast.ggd, ["hello"])):
        with page(live_url, reader, after=seen) as late:
            late.hear_until("hello")
            assert [message["kind"] for message in late.told] == told


def test_a_page_that_missed_too_much_is_asked_to_read_itself_again(
    cast: Cast, live_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = plot.at_review(cast)
    monkeypatch.setattr(consumers, "MISSED_AT_MOST", 3)
    with page(live_url, cast.bailleur_oh, contract, after=0) as late:
        late.hear_until("hello")
    assert [message["kind"] for message in late.told].count("reload") == 1
    assert len(late.told) == 1 + 3 + 1


def test_a_burst_reaches_the_page_whole(cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    with watching(live_url, cast.bailleur_oh, contract) as burst:
        with transaction.atomic():
            sent = [events.publish("draft_changed", contract, organisation=f"n° {n}").pk for n in range(150)]
        assert [burst.hear()["id"] for _ in sent] == sent


def test_who_is_not_logged_in_is_sent_to_log_in(cast: Cast, live_url: str) -> None:
    with page(live_url, None, cast.contract) as nobody:
        assert nobody.close_code() == 4401
        assert nobody.told == []


def test_an_outsider_is_turned_away_from_a_contract(cast: Cast, live_url: str) -> None:
    for who in (cast.outsider, cast.admin):
        with page(live_url, who, cast.contract, after=0) as curious:
            assert curious.close_code() == 4403
            assert curious.told == []


def test_a_page_of_another_site_cannot_listen(cast: Cast, live_url: str) -> None:
    with pytest.raises(InvalidStatus) as refused:  # noqa: SIM117
        with page(live_url, cast.prefete, cast.contract, origin="https://ailleurs.example"):
            pass
    assert refused.value.response.status_code == 403


def test_a_mandate_withdrawn_closes_the_pages_of_its_holder_only(cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    with (
        watching(live_url, cast.bailleur_oh, contract) as landlord,
        watching(live_url, cast.rtac, contract) as operator,
    ):
        withdraw_mandate(cast.bailleur_oh.mandates.get(), actor=cast.admin)
        assert landlord.close_code() == 4403
        plot.draft_and_freeze(contract)
        operator.hear_until("version_frozen")


def test_a_closed_account_closes_its_inbox(cast: Cast, live_url: str) -> None:
    with watching(live_url, cast.bailleur_oh) as inbox:
        deactivate(cast.bailleur_oh, actor=cast.admin)
        assert inbox.close_code() == 4403


def test_a_mandate_that_ended_overnight_closes_the_page_at_the_next_event(cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    with watching(live_url, cast.bailleur_oh, contract) as landlord:
        cast.bailleur_oh.mandates.update(ends_on=timezone.localdate() - dt.timedelta(days=1))
        plot.draft_and_freeze(contract)
        assert landlord.close_code() == 4403
        assert landlord.told[1:] == [], "not even one event more"


def test_logging_out_closes_the_pages_of_that_session_only(cast: Cast, live_url: str) -> None:
    here, elsewhere = logged_in(cast.prefete), logged_in(cast.prefete)
    with watching(live_url, here) as one, watching(live_url, elsewhere) as two:
        here.post("/compte/logout/")
        assert one.close_code() == 4401
        assert two.hear_all() == []


def test_what_a_page_says_is_ignored(cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    with watching(live_url, cast.bailleur_oh, contract) as chatty:
        chatty.wire.send('{"type": "event.told", "kind": "forged"}')
        assert chatty.hear_all(QUIET) == []
        plot.draft_and_freeze(contract)
        chatty.hear_until("version_frozen")


def test_the_relay_goes_on_when_the_database_drops_its_connection(cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    with watching(live_url, cast.bailleur_oh, contract) as landlord:
        with as_owner(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND query LIKE 'LISTEN %%'"
            )
            assert cursor.rowcount >= 1
        plot.draft_and_freeze(contract)
        landlord.hear_until("version_frozen")
