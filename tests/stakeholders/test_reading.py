"""A page asks a question once; the next page, and an act, ask it again."""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from stakeholders.actions import withdraw_mandate
from stakeholders.permissions import mandates_in_force
from stakeholders.reading import afresh, asked_for_each, asked_once, reading, told
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


def test_a_question_for_each_row_is_asked_for_all_at_once_and_for_none_twice() -> None:
    asked: list[list[int]] = []

    @asked_for_each
    def doubled(rows: list[int]) -> dict[int, int]:
        asked.append(rows)
        return {row: 2 * row for row in rows}

    with reading():
        assert doubled(1) == 2
        assert doubled.of([1, 2, 3]) == {1: 2, 2: 4, 3: 6}
        assert [doubled(2), doubled(3), doubled.of([])] == [4, 6, {}]
        assert told(doubled, 9, 4) == doubled(4) == 9, "who read more has said it"
        with afresh():
            assert [doubled(2), told(doubled, 9, 5), doubled(5)] == [4, 9, 10], "an act believes nobody"
    assert asked == [[1], [2, 3], [2], [5]]
    assert [doubled(2), doubled.of([])] == [4, {}]


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
