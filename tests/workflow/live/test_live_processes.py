"""Several server processes: each tells its own sockets, each event once."""

from __future__ import annotations

import signal

from django.db import connection, transaction

from contracts.models import Contract
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.sockets import Page, server_process, watching
from workflow.record import events


def tell(contract: Contract, number: int) -> list[int]:
    """Publish that many events, each in a transaction of its own; return their identifiers."""
    told = []
    for _turn in range(number):
        with transaction.atomic():
            told.append(events.publish("draft_changed", contract, organisation="x").pk)
    return told


def identifiers(page: Page, number: int) -> list[int]:
    """Return the identifiers of the next ``number`` messages, and check that no other follows."""
    heard = [page.hear()["id"] for _turn in range(number)]
    assert page.hear_all() == []
    return heard


def test_two_processes_tell_each_socket_once_and_one_survives_the_other(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    with (
        server_process() as (first, doomed),
        server_process() as (second, _other),
        watching(first, cast.bailleur_oh, contract) as here,
        watching(second, cast.rtac, contract) as there,
        watching(second, cast.bailleur_oh) as inbox,
    ):
        told = tell(contract, 40)
        for opened in (here, there, inbox):
            assert identifiers(opened, 40) == told
        doomed.kill()
        doomed.join(10)
        assert doomed.exitcode == -signal.SIGKILL
        told = tell(contract, 5)
        for opened in (there, inbox):
            assert identifiers(opened, 5) == told


def test_pages_stay_told_when_the_database_cuts_every_listener(cast: Cast) -> None:
    """As when PostgreSQL restarts: what commits meanwhile reaches the sockets that stayed open."""
    contract = plot.opened(small_contract(cast))
    with (
        server_process() as (first, _one),
        server_process() as (second, _other),
        watching(first, cast.bailleur_oh, contract) as here,
        watching(second, cast.rtac, contract) as there,
    ):
        for _time in range(3):
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND query LIKE %s AND pid <> pg_backend_pid()",
                    [f"%LISTEN {events.CHANNEL}%"],
                )
                assert len(cursor.fetchall()) == 2
            told = tell(contract, 3)
            for opened in (here, there):
                assert identifiers(opened, 3) == told
