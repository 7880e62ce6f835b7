"""Events: numbered in the order of commits, carried by each process in order, never lost."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from tests import plot
from tests.cast import Cast
from workflow.live import relay
from workflow.record import events
from workflow.record.models import Event
from workflow.record.verbs import VERBS, sentence_of


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


def test_a_relay_reads_each_event_once_in_order_by_batches(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "BATCH", 7)
    with transaction.atomic():
        told = [events.publish("draft_changed", cast.contract, organisation="x").pk for _n in range(30)]
    last, read = told[0] - 1, []
    while batch := relay.after(last):
        assert len(batch) <= 7
        read += [identifier for identifier, _at, _sending in batch]
        last = read[-1]
    assert read == told


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
    sending = relay.sending(event)
    assert sending is not None
    groups, told = sending
    assert groups == [f"user.{cast.prefete.pk}"]
    assert told["readers"] == {cast.prefete.pk}


def test_every_event_of_a_whole_circuit_reads_as_a_sentence(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract)
    plot.sign_next(contract)
    for event in Event.objects.all():
        assert event.kind in VERBS
        text = sentence_of(event.kind, event.payload)
        assert text.endswith("."), text
        assert "%(" not in text
        assert event.kind not in text
