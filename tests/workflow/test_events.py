"""Events: numbered in the order of commits, relayed by one process at a time, never lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.sockets import watching
from workflow import events, relay
from workflow.models import Event
from workflow.notifications import KINDS, QUIET, sentence


def test_a_reader_never_sees_a_number_and_later_a_smaller_one(cast: Cast) -> None:
    """Identifiers come from a sequence, which alone would let a late commit hide behind an early one."""
    contract, seen, over = cast.contract, [], threading.Event()

    def write(_writer: int) -> None:
        for _turn in range(25):
            with transaction.atomic():
                events.publish("draft_changed", contract, organisation="x")
        connection.close()

    def read() -> None:
        last = 0
        while not over.is_set():
            fresh = list(Event.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True))
            seen.extend(fresh)
            last = fresh[-1] if fresh else last
        seen.extend(Event.objects.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True))
        connection.close()

    with ThreadPoolExecutor(9) as pool:
        reader = pool.submit(read)
        list(pool.map(write, range(8)))
        over.set()
        reader.result()
    assert seen == list(Event.objects.order_by("pk").values_list("pk", flat=True))
    assert len(seen) == 200


def test_two_relays_at_once_mark_each_event_once(cast: Cast) -> None:
    with transaction.atomic():
        for _n in range(30):
            events.publish("draft_changed", cast.contract, organisation="x")

    def run(_process: int) -> int:
        try:
            return relay.relay_batch()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(run, range(4)))
    assert sorted(counts) == [0, 0, 0, 30]
    assert not Event.objects.filter(relayed_at=None).exists()


def test_a_relay_that_died_before_marking_leaves_the_events_to_another(cast: Cast) -> None:
    with transaction.atomic():
        events.publish("draft_changed", cast.contract, organisation="x")

    class Died(Exception):
        pass

    with pytest.raises(Died), transaction.atomic():
        assert relay.relay_batch() == 1
        raise Died
    assert relay.relay_batch() == 1
    assert relay.relay_batch() == 0


def test_what_is_relayed_twice_is_shown_once(cast: Cast, live_url: str) -> None:
    contract = plot.opened(small_contract(cast))
    with watching(live_url, cast.bailleur_oh, contract) as landlord:
        plot.draft_and_freeze(contract)
        landlord.hear_until("version_printed")
        landlord.hear_all()
        Event.objects.update(relayed_at=None)  # as if the relay had died after it sent
        with transaction.atomic():
            events.publish("draft_changed", contract, organisation="x")
        assert landlord.hear()["kind"] == "draft_changed"
        told = [message["id"] for message in landlord.told if "id" in message]
        assert told == sorted(set(told))


def test_an_event_of_a_failed_act_is_never_told(cast: Cast) -> None:
    before = Event.objects.count()
    with pytest.raises(RuntimeError), transaction.atomic():
        events.publish("draft_changed", cast.contract, organisation="x")
        raise RuntimeError
    assert Event.objects.count() == before


def test_an_event_about_a_person_goes_to_that_person_only(cast: Cast) -> None:
    event = Event(
        pk=1, kind="rights_changed", recipient=cast.prefete, contract=cast.contract, at=timezone.now()
    )
    (sent,) = relay.messages(event)
    assert sent[0] == f"user.{cast.prefete.pk}"
    assert sent[1]["readers"] == [cast.prefete.pk]


def test_every_event_of_a_whole_circuit_reads_as_a_sentence(cast: Cast) -> None:
    contract = plot.to_signing(small_contract(cast))
    plot.record_resolution(contract)
    plot.sign_next(contract)
    for event in Event.objects.all():
        assert event.kind in KINDS
        text = sentence(event)
        assert text.endswith("."), text
        assert "%(" not in text
        assert event.kind not in text
    assert QUIET <= KINDS
