"""Faults in the middle of an act: what was not acknowledged is not there, and doing it again is safe."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
from django.db import OperationalError, connection
from django.test import Client
from django.urls import reverse

from contracts.models import Contract
from signatures.models import SignatureRequest
from tests import plot
from tests.cast import PASSWORD, Cast
from tests.database_address import owner_address
from tests.standing_still import stands
from workflow.opinions.models import Opinion
from workflow.record import journal
from workflow.record.models import JournalEntry


@contextmanager
def in_the_way() -> Iterator[psycopg.Connection]:
    """Hold what every act takes last: it stands in the middle of its transaction until this block ends."""
    with psycopg.connect(owner_address()) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", [journal.ORDER_LOCK])
        yield other
        other.rollback()


def begun(act: Callable[[], object]) -> tuple[threading.Thread, list[Exception]]:
    """Begin an act in a thread, as the pages do; return it and what it raised."""
    raised: list[Exception] = []

    def run() -> None:
        try:
            act()
        except OperationalError as error:
            raised.append(error)
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread, raised


def nothing_was_said(contract: Contract) -> None:
    assert not Opinion.objects.filter(version__contract=contract).exists()
    assert not JournalEntry.objects.filter(verb="opinion_given").exists()
    assert journal.first_break() is None


def test_an_act_whose_connection_is_cut_leaves_nothing_and_is_done_again(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.tasks(contract, "review")[0]
    with in_the_way() as other:
        act, raised = begun(lambda: plot.opine(contract, waiting))
        other.execute("SELECT pg_terminate_backend(%s)", [stands()])
        act.join(60)
    assert len(raised) == 1
    nothing_was_said(contract)
    plot.opine(contract, waiting)
    assert JournalEntry.objects.filter(verb="opinion_given").count() == 1


def test_of_two_that_wait_for_one_another_one_ends_and_nothing_is_half_done(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.tasks(contract, "review")[0]
    with in_the_way() as other:
        act, raised = begun(lambda: plot.opine(contract, waiting))
        stands()
        try:  # the act holds its process; we hold what it waits for, and want its process too
            other.execute("SELECT FROM viewflow_process FOR UPDATE")
        except psycopg.errors.DeadlockDetected:
            other.rollback()
        else:
            other.rollback()
        act.join(60)
    if raised:  # it was the act that PostgreSQL ended
        nothing_was_said(contract)
        plot.opine(contract, waiting)
    assert JournalEntry.objects.filter(verb="opinion_given").count() == 1
    assert journal.first_break() is None


def test_a_session_that_ends_while_one_signs_signs_nothing_and_leads_back(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    browser = Client()
    login = {"login": cast.prefete.email, "password": PASSWORD}
    browser.post(reverse("account_login"), login)
    given = plot.confirm(cast.prefete, contract)
    browser.session.flush()
    there = reverse("task", args=[contract.pk, waiting.pk])
    answer = browser.post(there, given)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_login"))
    assert there.replace("/", "%2F") in answer.headers["Location"] or there in answer.headers["Location"]
    assert not SignatureRequest.objects.exists()
    back = browser.post(answer.headers["Location"], {**login, "next": there})
    assert back.headers["Location"] == there
    assert browser.get(there).status_code == 200
