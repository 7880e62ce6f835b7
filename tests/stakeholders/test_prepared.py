"""A query that is written once answers as one that is written anew, whoever asks and of whatever values."""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.models import AnonymousUser, Group
from django.db import connection
from django.db.models import TextField, Value
from django.db.models.functions import Concat
from django.http import Http404
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from contracts.models import Contract
from stakeholders.actions import withdraw_mandate
from stakeholders.models import Mandate, SigningAuthority, User
from stakeholders.permissions import held_on, mandates_in_force, rows_held_on, with_rights
from stakeholders.prepared import Framed, Prepared, Written
from tests import plot
from tests.cast import Cast, small_contract
from workflow.engine.by_key import task_numbered
from workflow.engine.tasks import Task
from workflow.record.models import JournalEntry
from workflow.standing.register import acts_naming
from workflow.standing.standings import Standings, standings_of_many
from workflow.tasks.access import contract_for, contracts_of, task_for, version_for

TODAY = timezone.localdate


def rights(mandate: Mandate) -> list[str]:
    return sorted(getattr(mandate, "own_rights"))  # noqa: B009 (an annotation)


def test_it_answers_as_a_query_written_anew(cast: Cast) -> None:
    for person in User.objects.order_by("pk"):
        mine = Standings(person)
        written = list(rows_held_on(person, TODAY()))
        assert [(m.pk, rights(m)) for m in mine.mandates] == [(m.pk, rights(m)) for m in written]
        with CaptureQueriesContext(connection) as asked:
            assert [m.person for m in mine.mandates] == [person] * len(mine.mandates)
            assert all(m.office.organisation.group_id for m in mine.mandates)
            held = held_on(person, TODAY())
            assert [m.person for m in held] == [person] * len(held)
        assert len(asked) == 1  # the mandates themselves
        assert [(m.pk, rights(m)) for m in held] == [(m.pk, rights(m)) for m in written]
    many = standings_of_many(User.objects.order_by("pk"))
    assert {pk: [m.pk for m in mine.mandates] for pk, mine in many.items()} == {
        person.pk: [m.pk for m in Standings(person).mandates] for person in User.objects.all()
    }


def test_who_is_named_to_sign_and_a_task_are_found_as_by_a_query_written_anew(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    plot.draft_and_freeze(contract)
    assert SigningAuthority.objects.exists()
    for person in User.objects.order_by("pk"):
        assert acts_naming(person) == list(SigningAuthority.objects.filter(delegate__person=person))
    tasks = list(Task.objects.select_related("process").order_by("pk"))
    for task in tasks:
        found = task_numbered(task.pk)
        assert found == task
        with CaptureQueriesContext(connection) as asked:
            assert (found.process, found.process.circuit.contract) == (task.process, contract)
        assert len(asked) == 0
    assert [task_numbered(absent) for absent in (0, -1, tasks[-1].pk + 1, 2**63, 10**23)] == [None] * 5


@pytest.mark.parametrize("key", [0, -1, 2**31, 2**63, 10**23])
def test_an_account_is_found_by_its_key_alone_where_it_is_one(players: Cast, key: int) -> None:
    prefete = players.prefete
    assert User.objects.get(pk=prefete.pk) == prefete == User.objects.get(pk=str(prefete.pk))
    assert vars(User.objects.get(pk=prefete.pk)).keys() == vars(User.objects.filter(pk=prefete.pk)[0]).keys()
    with pytest.raises(User.DoesNotExist):
        User.objects.get(pk=key)
    with pytest.raises(User.DoesNotExist):
        User.objects.get(pk=prefete.pk, is_active=False)
    with pytest.raises(User.DoesNotExist):
        User.objects.using("default").exclude(pk=prefete.pk).get(pk=prefete.pk)


def test_a_group_finds_those_alone_who_are_in_it(players: Cast) -> None:
    mine, others = players.prefete.groups.all(), Group.objects.exclude(user=players.prefete)
    assert [group.user_set.get(pk=players.prefete.pk) for group in mine] == [players.prefete] * len(mine)
    assert others
    for group in others:
        with pytest.raises(User.DoesNotExist):
            group.user_set.get(pk=players.prefete.pk)


def test_the_day_and_a_closed_account_count(cast: Cast) -> None:
    before = min(m.starts_on for m in cast.prefete.mandates.all()) - dt.timedelta(days=1)
    assert Standings(cast.prefete, before).mandates == mandates_in_force(cast.prefete, before) == []
    assert Standings(cast.prefete).mandates == mandates_in_force(cast.prefete) != []
    cast.prefete.is_active = False
    assert Standings(cast.prefete).mandates == mandates_in_force(cast.prefete) == []
    assert mandates_in_force(AnonymousUser()) == []


def test_who_came_for_some_mandates_holds_those_alone(cast: Cast) -> None:
    """A guest's session is for the contract of the link that it came by, never for the account."""
    guest, of = cast.outsider, small_contract(cast)
    held = [m.pk for m in mandates_in_force(guest)]
    limited = Mandate.objects.create(
        person=guest, office=cast.bailleur_oh.mandates.get().office, starts_on=TODAY(), limited_to=of
    )
    assert [m.pk for m in mandates_in_force(guest)] == [*held, limited.pk]
    for only, expected in (([limited.pk], [limited]), ([], []), ([limited.pk + 1], [])):
        guest.only_mandates = frozenset(only)
        assert mandates_in_force(guest) == Standings(guest).mandates == expected
    cast.prefete.only_mandates = frozenset(cast.prefete.mandates.values_list("pk", flat=True))
    assert mandates_in_force(cast.prefete) == Standings(cast.prefete).mandates == []  # limited to nothing


def test_each_thread_asks_by_its_own_connection(cast: Cast) -> None:
    held = Prepared(lambda person: with_rights(Mandate.objects.filter(person=person)), 2_147_480_001)
    here = [m.pk for m in held.rows(cast.prefete.pk)]

    def elsewhere(_turn: int) -> list[int]:
        try:
            return [m.pk for m in held.rows(cast.prefete.pk)]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(elsewhere, range(8))) == [here] * 8


def test_a_query_that_takes_no_marker_is_no_query_of_these_values() -> None:
    with pytest.raises(ValueError, match="takes no"):
        Prepared(lambda _person: User.objects.all(), 2_147_480_001).rows(1)


def test_a_frame_reads_what_another_query_finds_in_its_own_order(cast: Cast) -> None:
    shown = Framed(
        lambda within: (
            User.objects.annotate(
                named=Concat("last_name", Value(" % "), "first_name", output_field=TextField())
            )
            .filter(pk__in=within, email__contains="@")
            .order_by("-named")[:3]
        )
    )
    for sought in (list(User.objects.order_by("pk")[:5]), [cast.outsider], []):
        keys = [person.pk for person in sought]
        rows = shown.rows("SELECT id FROM stakeholders_user WHERE id = ANY(%s)", [keys])
        expected = sorted(sought, key=lambda one: f"{one.last_name} % {one.first_name}", reverse=True)[:3]
        assert {row.pk for row in rows} == {one.pk for one in expected}
        assert [row.named for row in rows] == sorted((row.named for row in rows), reverse=True)
    with pytest.raises(ValueError, match="takes the other once"):
        Framed(lambda _within: User.objects.all())


def test_who_may_open_a_contract_is_asked_of_today_and_of_each(cast: Cast) -> None:
    """One query is written for all who act for as many organisations: each is asked about by their own."""
    contract = plot.opened(small_contract(cast))
    for person in User.objects.order_by("pk"):
        may = contracts_of(person).filter(pk=contract.pk).exists()
        assert opens(person, contract) == may
    assert opens(cast.pilote_ville, contract)
    assert not opens(cast.outsider, contract)
    withdraw_mandate(cast.bailleur_oh.mandates.get(), actor=cast.admin)
    assert not opens(cast.bailleur_oh, contract)
    for absent in (0, -1, 2_147_480_001, 2_147_480_002, 10**12):
        with pytest.raises(Http404):
            contract_for(cast.pilote_ville, absent)


def opens(person: User, contract: Contract) -> bool:
    try:
        return contract_for(person, contract.pk) == contract
    except Http404:
        return False


def test_a_contract_is_read_with_what_its_page_asks_and_a_task_with_its_contract(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    waiting = plot.task(contract, "draft", cast.organisation("org-ville"))
    for _time in range(2):
        found = contract_for(cast.pilote_ville, contract.pk)
        with CaptureQueriesContext(connection) as asked:
            assert found.circuit.process
        assert len(asked) == 0
        met = task_for(cast.pilote_ville, contract.pk, waiting.pk)
        assert (met.task, met.contract) == (waiting, contract)
    for who, where in ((cast.outsider, contract.pk), (cast.pilote_ville, contract.pk + 1)):
        with pytest.raises(Http404):
            task_for(who, where, waiting.pk)


def test_rows_among_keys_are_those_in_a_list_however_many(cast: Cast) -> None:
    mandates = Mandate.objects.order_by("pk")
    among = Prepared(
        lambda people: Mandate.objects.filter(person__among=people).order_by("pk"), [2_147_480_001]
    )
    keys = list(User.objects.order_by("pk").values_list("pk", flat=True))
    for sought in ([], keys[:1], keys[:3], [*keys, 0, -1, 10**12], [keys[0], keys[0]]):
        assert among.rows(sought) == list(mandates.filter(person__in=sought))
    joined = Contract.objects.filter(participations__organisation__among=[cast.organisation("org-ville").pk])
    assert set(joined) == set(
        Contract.objects.filter(participations__organisation__in=[cast.organisation("org-ville")])
    )


def test_what_the_database_keeps_in_another_form_is_read_as_ever(cast: Cast) -> None:
    plot.draft_and_freeze(plot.opened(small_contract(cast)))
    written = JournalEntry.objects.order_by("number").select_related("actor")
    kept = Prepared(lambda least: written.filter(number__gt=least), 2_147_480_001)
    for _time in range(2):
        rows = kept.rows(0)
        assert [(row.payload, row.at, row.actor) for row in rows] == [
            (row.payload, row.at, row.actor) for row in written.all()
        ]
        assert any(isinstance(row.payload, dict) and row.payload for row in rows)


@pytest.mark.parametrize("number", [0, 2, 32_766, 32_767, 32_768, 2_147_480_001, 10**12, 10**30])
def test_a_version_that_is_not_there_is_not_found(cast: Cast, number: int) -> None:
    contract = plot.at_review(cast)
    assert version_for(cast.pilote_ville, contract.pk, 1).contract == contract
    with pytest.raises(Http404):
        version_for(cast.pilote_ville, contract.pk, number)


def test_a_word_of_ours_stands_in_the_sql_and_no_other() -> None:
    query = User.objects.filter(first_name=Written("NEW"), last_name__in=[Written("a.b_c"), "d"])
    written, values = query.query.sql_with_params()
    assert "'NEW'" in written
    assert "IN ('a.b_c', %s)" in written
    assert values == ("d",)
    assert "= 77 " in User.objects.filter(pk=Written(77)).order_by("pk").query.sql_with_params()[0]
    for word in ("", "l'ordre", "%s", "a b", "é", "a\\", "NEW'--"):
        with pytest.raises(ValueError, match="plain word"):
            Written(word)
