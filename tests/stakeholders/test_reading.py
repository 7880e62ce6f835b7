"""A page asks a question once; the next page, and an act, ask it again."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from stakeholders.actions import withdraw_mandate
from stakeholders.permissions import mandates_in_force
from stakeholders.reading import afresh, asked_once, reading
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.sockets import logged_in
from workflow.standing.parties import mandate_to_pilot, pilots


def test_a_question_is_asked_once_a_reading_for_each_of_its_arguments() -> None:
    asked: list[tuple[int, int]] = []

    @asked_once
    def add(one: int, *, other: int = 0) -> int:
        asked.append((one, other))
        return one + other

    with reading():
        assert [add(1), add(1), add(1, other=2), add(1, other=2), add(3)] == [1, 1, 3, 3, 3]
        with reading():
            assert add(1) == 1
        assert asked == [(1, 0), (1, 2), (3, 0), (1, 0)]
        with afresh():
            assert [add(1), add(1)] == [1, 1]
        assert add(1) == 1
    assert asked[4:] == [(1, 0), (1, 0)]
    assert [add(1), add(1)] == [1, 1]
    assert asked[6:] == [(1, 0), (1, 0)]


def test_what_a_page_asks_of_rights_it_asks_of_the_database_once(players: Cast) -> None:
    contract = plot.opened(small_contract(players))
    with reading():
        first = mandate_to_pilot(players.pilote_ville, contract)
        with CaptureQueriesContext(connection) as queries:
            again = mandate_to_pilot(players.pilote_ville, contract)
            held = list(mandates_in_force(players.pilote_ville))
            assert [pilot.code for pilot in pilots(contract)] == ["org-pref", "org-ville"]
    assert len(queries) == 0
    assert first == again == held[0]


def test_an_act_within_a_reading_sees_what_has_just_changed(players: Cast) -> None:
    with reading():
        (held,) = mandates_in_force(players.pilote_ville)
        withdraw_mandate(held, actor=players.admin)
        assert list(mandates_in_force(players.pilote_ville)) == [held], "this page was read before"
        with afresh():
            assert not mandates_in_force(players.pilote_ville)
    assert not mandates_in_force(players.pilote_ville)


def test_the_next_page_reads_anew(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    reader, page = logged_in(cast.bailleur_oh), reverse("contract", args=[contract.pk])
    assert reader.get(page).status_code == 200
    withdraw_mandate(cast.bailleur_oh.mandates.get(), actor=cast.admin)
    assert reader.get(page).status_code == 404
