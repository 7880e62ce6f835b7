"""A signature that fails for good goes back to its signatory; nothing of it is lost."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from contracts.models import Contract, Status
from signatures.backends.demo import demo
from signatures.demo import pki as authorities
from signatures.models import SignatureRequest
from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.pki import ServedPki
from tests.stage import run_jobs
from tests.workflow.outages import renewed_certificate
from workflow.engine import tasks as engine_tasks
from workflow.record import journal
from workflow.record.models import Event, JournalEntry
from workflow.signing import acts as signing_acts
from workflow.signing import jobs as signing_jobs

State = SignatureRequest.State


def sign_with_a_revoked_certificate(contract: Contract, user: User) -> None:
    """The certificate is revoked between the page and the worker."""
    waiting = plot.task(contract, "sign")
    signing_acts.sign(user, waiting.pk, **plot.confirm(user, contract))
    authorities.revoke(int(demo().held_by(user).serial, 16))
    run_jobs()


def test_the_signatory_is_asked_again_and_signs_with_a_new_certificate(
    cast: Cast, pki: ServedPki, client: Client
) -> None:
    contract = plot.at_signing(cast)
    with renewed_certificate(pki, cast.prefete) as renew:
        sign_with_a_revoked_certificate(contract, cast.prefete)
        tried = SignatureRequest.objects.get()
        assert (tried.state, tried.error_code, bytes(tried.raw_signature)) == (
            State.ABANDONED,
            "certificate_revoked",
            b"",
        )
        entry = JournalEntry.objects.get(contract=contract, verb="signature_failed")
        assert entry.payload["code"] == "certificate_revoked"
        assert Event.objects.filter(contract=contract, kind="signature_failed").exists()
        waiting = plot.task(contract, "sign")
        assert plot.entitled(waiting) == cast.prefete
        assert not [task for task in engine_tasks.open_tasks(contract) if task.status == "ERROR"]

        client.force_login(cast.prefete)
        page = client.get(reverse("task", args=[contract.pk, waiting.pk])).content.decode()
        assert "à refaire" in page
        assert "révoqué" in page
        asked = tried.act.task_id
        after = client.get(reverse("task_done", args=[contract.pk, asked])).content.decode()
        assert "n’a pas pu être apposée" in after
        assert "révoqué" in after
        assert reverse("task", args=[contract.pk, waiting.pk]) in after

        renew()
        plot.sign_next(contract)
        plot.record_resolution(contract)
        plot.sign_next(contract)
        run_jobs()
        contract.refresh_from_db()
        assert contract.status == Status.SIGNED
        states = SignatureRequest.objects.order_by("pk").values_list("slot__field_name", "state")
        assert list(states) == [
            ("Signataire-01", State.ABANDONED),
            ("Signataire-01", State.DONE),
            ("Signataire-02", State.DONE),
        ]
        assert journal.first_break() is None


def test_failing_again_and_again_asks_again_and_refusing_stays_possible(cast: Cast, pki: ServedPki) -> None:
    contract = plot.at_signing(cast)
    with renewed_certificate(pki, cast.prefete):
        for times in (1, 2, 3):
            sign_with_a_revoked_certificate(contract, cast.prefete)
            assert SignatureRequest.objects.filter(state=State.ABANDONED).count() == times
        waiting = plot.task(contract, "sign")
        signing_acts.refuse_signature(cast.prefete, waiting.pk, reason="Mon certificat est révoqué.")
    contract.refresh_from_db()
    assert contract.status == Status.DRAFTING


@pytest.mark.parametrize("times", [2, 5])
def test_the_news_given_twice_opens_the_signature_once(cast: Cast, pki: ServedPki, times: int) -> None:
    contract = plot.at_signing(cast)
    with renewed_certificate(pki, cast.prefete) as renew:
        sign_with_a_revoked_certificate(contract, cast.prefete)
        tried = SignatureRequest.objects.get()
        renew()
        waiting = plot.task(contract, "sign")
        signing_acts.sign(cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
        # a worker killed after its commit runs the same job again, while the next signature is on its way
        for _again in range(times):
            signing_jobs.defer_reopening(tried, contract.circuit.process_id)
        ProcrastinateJob.objects.filter(task_name="signatures.advance_request", status="todo").update(
            scheduled_at=timezone.now() + dt.timedelta(hours=1)
        )
        run_jobs()
        assert len(plot.tasks(contract, "make_signature")) == 1
        ProcrastinateJob.objects.filter(status="todo").update(scheduled_at=None)
        run_jobs()
    assert plot.tasks(contract, "sign") == []
    assert SignatureRequest.objects.filter(state=State.DONE).count() == 1
