"""The page of a contract says that the worker is late, for how long, and that nothing is to be done again."""

from __future__ import annotations

from django.db import connection
from django.test import Client
from django.urls import reverse

from contracts.models import Contract
from tests import plot
from tests.cast import Cast, small_contract
from tests.stage import run_jobs
from tests.workflow.sockets import logged_in
from workflow.drafting import acts as drafting_acts
from workflow.engine.lateness import minutes_late
from workflow.notices.mail import defer_mail
from workflow.signing import acts as signing_acts


def queued_earlier(minutes: int) -> None:
    """Have what waits in the queue wait since then."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = now() - %s * interval '1 minute'", [minutes])


def page(cast: Cast, contract: Contract) -> str:
    return logged_in(cast.pilote_ville).get(reverse("contract", args=[contract.pk])).content.decode()


def test_a_print_that_waits_is_said_to_be_late_until_it_is_done(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    for waiting in plot.tasks(contract, "draft"):
        drafting_acts.submit_draft(plot.entitled(waiting), waiting.pk)
    freeze = plot.task(contract, "freeze")
    drafting_acts.freeze_version(plot.entitled(freeze), freeze.pk)
    assert "Le service est en retard" not in page(cast, contract)
    queued_earlier(3)
    assert "cette étape attend depuis 3 minutes" in page(cast, contract)
    other = plot.opened(small_contract(cast, "CSI-00-2026-901"))
    assert minutes_late(other) == 0
    run_jobs()
    assert minutes_late(contract) == 0
    assert "Le service est en retard" not in page(cast, contract)


def test_a_signature_that_waits_is_late_but_not_one_that_will_be_tried_again_later(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract)
    waiting = plot.task(contract, "sign")
    signing_acts.sign(cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
    queued_earlier(1)
    assert "cette étape attend depuis 1 minute." in page(cast, contract)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 minute'")
    assert minutes_late(contract) == 0


def test_who_waits_for_a_code_is_told_that_mails_are_late(cast: Cast, client: Client) -> None:
    client.post(reverse("account_request_login_code"), {"email": cast.maire.email})
    address = reverse("account_confirm_login_code")
    defer_mail(to=cast.maire.email, subject="Votre code", body="123 456")  # as the pages' own backend does
    assert "Les courriels partent en retard" not in client.get(address).content.decode()
    queued_earlier(4)
    assert "le plus ancien attend depuis 4 minutes" in client.get(address).content.decode()
    with connection.cursor() as cursor:  # refused by its server, it is to be tried again later
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 minute'")
    assert "le plus ancien attend depuis 4 minutes" in client.get(address).content.decode()
    run_jobs()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE status = 'todo'")
    run_jobs()
    assert "Les courriels partent en retard" not in client.get(address).content.decode()
