"""A seal that waits for what an authority says after the signature: by jobs of its own."""

from __future__ import annotations

import datetime as dt

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from signatures import actions, jobs
from signatures.models import Envelope
from tests.owner import as_owner
from tests.pki import ServedPki
from tests.signatures.conftest import Signatories, run_jobs, sign_both
from tests.signatures.paced import paced

pytestmark = pytest.mark.django_db(transaction=True)
State = Envelope.State


def scheduled() -> list[ProcrastinateJob]:
    """Return the seals that are still to be made."""
    return list(ProcrastinateJob.objects.filter(task_name=jobs.seal_envelope.name, status="todo"))


def come_to(job: ProcrastinateJob) -> None:
    """Have the hour of a job come."""
    with as_owner():
        ProcrastinateJob.objects.filter(pk=job.pk).update(scheduled_at=timezone.now())
    run_jobs()


def test_a_seal_waits_and_is_made_once_the_authority_has_spoken(
    pki: ServedPki, signatories: Signatories, envelope: Envelope
) -> None:
    with paced(pki, answer_age=dt.timedelta(hours=3)) as pace:
        sign_both(envelope, signatories)
        actions.request_seal(envelope)
        run_jobs()
        envelope.refresh_from_db()
        assert (envelope.state, envelope.error_code) == (State.SEALING, "revocation_too_early")
        (job,) = scheduled()
        assert job.attempts == 0  # what lasts for hours leaves an outage all of its tries
        assert job.scheduled_at and job.scheduled_at > timezone.now() + dt.timedelta(minutes=10)
        waiting = jobs.retry_of(envelope)
        assert waiting and waiting.at == job.scheduled_at
        come_to(job)
        envelope.refresh_from_db()
        assert envelope.state == State.SEALING
        (again,) = scheduled()
        pace.answer_age = dt.timedelta()
        come_to(again)
    envelope.refresh_from_db()
    assert (envelope.state, envelope.error_code) == (State.SEALED, "")
    assert not scheduled()
