"""What the worker gave up is on a page of the platform's administrators, who have it tried again."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from contracts.models import Contract
from signatures import pades
from signatures.jobs import IN_TRANSACTION, UNFORESEEN_ATTEMPTS
from signatures.models import SignatureRequest
from tests import plot
from tests.administrators import with_second_factor
from tests.cast import Cast, small_contract
from tests.pki import ServedPki
from tests.stage import run_jobs
from tests.workflow.outages import hopeless_jobs, not_printed
from workflow.engine import lost
from workflow.engine.models import LostJob
from workflow.notices.mail import defer_mail
from workflow.operations import acts, failures
from workflow.record import journal
from workflow.record.models import JournalEntry
from workflow.record.refusals import AlreadyDone, NotAllowed
from workflow.signing import acts as signing_acts
from workflow.standing.handover import Change
from workflow.standing.jobs import defer_follow


def unprinted(cast: Cast) -> tuple[Contract, ProcrastinateJob]:
    """Return a contract whose version could not be printed, and the job that gave up."""
    contract = not_printed(plot.opened(small_contract(cast)))
    return contract, ProcrastinateJob.objects.get(task_name="workflow.render_version", status="failed")


def test_a_step_that_failed_is_shown_and_opened_anew(cast: Cast) -> None:
    contract, job = unprinted(cast)
    admin = with_second_factor(cast.admin)
    page = admin.get(reverse("failed_jobs")).content.decode()
    assert "Mise en page du PDF d’une version" in page
    assert f"job-{job.pk}" in page
    assert contract.reference not in page, "the platform sees no contract"

    answer = admin.post(reverse("failed_job_retry", args=[job.pk]), follow=True)
    assert "Le traitement est remis dans la file." in answer.content.decode()
    assert "Aucun traitement n’est en échec." in answer.content.decode()
    run_jobs()
    assert plot.version(contract).pdf_sha256
    assert plot.tasks(contract, "review")
    told = JournalEntry.objects.get(verb="failed_job_retried")
    assert (told.actor, told.payload["job"]) == (cast.admin, job.pk)
    assert JournalEntry.objects.get(verb="job_retried").contract == contract
    assert journal.first_break() is None
    with pytest.raises(AlreadyDone):
        acts.retry_failed(cast.admin, job.pk)


def test_what_a_pilot_had_tried_again_is_shown_no_more(cast: Cast) -> None:
    contract, job = unprinted(cast)
    step = plot.task(contract, "render")
    pilot = Client()
    pilot.force_login(cast.pilote_ville, backend="allauth.account.auth_backends.AuthenticationBackend")
    pilot.post(reverse("job_retry", args=[contract.pk, step.pk]))
    assert failures.failures() == []
    with pytest.raises(AlreadyDone):
        acts.retry_failed(cast.admin, job.pk)


def test_another_job_is_put_back_in_the_queue(cast: Cast) -> None:
    """Anything that is no step of a contract: here the journal's anchor, with no authority to answer."""
    with transaction.atomic():
        number = journal.record("account_closed", contract=None, actor=cast.admin).number
        IN_TRANSACTION.configure_task("workflow.anchor_entry").defer(number=number, unknown=1)
    with hopeless_jobs(30):
        run_jobs()
    [failure] = failures.failures()
    acts.retry_failed(cast.admin, failure.job.pk)
    assert ProcrastinateJob.objects.get(pk=failure.job.pk).status == "todo"
    run_jobs()
    assert len(failures.failures()) == 1, "its cause is still there"


def test_a_mail_that_was_forgotten_is_said_to_be_lost(cast: Cast) -> None:
    defer_mail(to="somebody@ville.example", subject="S", body="B")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'failed'")
    page = with_second_factor(cast.admin).get(reverse("failed_jobs")).content.decode()
    assert "doit refaire sa demande" in page
    assert "somebody@" not in page
    with pytest.raises(AlreadyDone):
        acts.retry_failed(cast.admin, ProcrastinateJob.objects.get().pk)


def test_nobody_else_finds_the_page_nor_the_act(cast: Cast) -> None:
    _contract, job = unprinted(cast)
    browser = Client()
    for person in (cast.admin, cast.dgs, cast.pilote_ville):  # she has proved no second factor here
        browser.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
        assert browser.get(reverse("failed_jobs")).status_code == 404
        assert browser.post(reverse("failed_job_retry", args=[job.pk])).status_code == 404
    with pytest.raises(NotAllowed):
        acts.retry_failed(cast.pilote_ville, job.pk)


def test_the_log_the_journal_and_the_page_of_an_error_name_the_same(
    cast: Cast, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reference is ours, whatever a client says; a job's is its number."""
    contract = plot.opened(small_contract(cast))
    browser = Client(raise_request_exception=False)
    browser.force_login(cast.pilote_ville, backend="allauth.account.auth_backends.AuthenticationBackend")
    waiting = plot.task(contract, "draft", cast.organisation("org-ville"))
    address = reverse("task", args=[contract.pk, waiting.pk])
    browser.post(address, headers={"X-Request-ID": "chosen-by-the-client"})
    entry = JournalEntry.objects.filter(verb="draft_submitted").latest("number")
    assert re.fullmatch(r"[0-9A-F]{4}(-[0-9A-F]{4}){2}", entry.reference)
    monkeypatch.setattr("workflow.tasks.views.access.task_for", lambda *_arguments: 1 / 0)
    failed = browser.get(address)
    monkeypatch.undo()
    assert failed.status_code == 500
    [shown] = re.findall(r"[0-9A-F]{4}-[0-9A-F]{4}-[0-9A-F]{4}", failed.content.decode())
    logged = [record.msg for record in caplog.records if isinstance(record.msg, dict)]
    named = {(each["event"], each.get("request_id")) for each in logged}
    assert {("request_started", entry.reference), ("request_finished", entry.reference)} <= named
    assert ("request_failed", shown) in named
    assert "chosen-by-the-client" not in str(logged)


def test_each_job_has_its_name() -> None:
    ours = {name for name in app.tasks if name.startswith(("workflow.", "signatures."))}
    assert ours == set(failures.NAMES)


def test_a_signature_that_failed_by_an_unforeseen_fault_is_tried_again_from_there(
    cast: Cast, pki: ServedPki, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = plot.at_signing(cast)
    waiting = plot.task(contract, "sign")
    signing_acts.sign(cast.prefete, waiting.pk, **plot.confirm(cast.prefete, contract))
    with monkeypatch.context() as broken, hopeless_jobs(UNFORESEEN_ATTEMPTS):
        broken.setattr(pades, "refuse_unsound", lambda _document: 1 / 0)
        run_jobs()
    assert plot.task(contract, "make_signature").status == "ERROR"
    job = ProcrastinateJob.objects.get(task_name="signatures.advance_request", status="failed")
    admin = with_second_factor(cast.admin)
    admin.post(reverse("failed_job_retry", args=[job.pk]))
    run_jobs()
    assert SignatureRequest.objects.get().state == "done"
    assert failures.failures() == []


def test_a_change_of_standing_that_killed_its_workers_is_tried_again_and_said(cast: Cast) -> None:
    change = Change(cast.dgs.pk, cast.organisation("org-ville").pk, None, None)
    with transaction.atomic():
        defer_follow([change])
    job = ProcrastinateJob.objects.get(task_name="workflow.follow_change", args=change.as_arguments())
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET status = 'doing' WHERE id = %s", [job.pk])
    LostJob.objects.bulk_create([LostJob(job=job.pk) for _death in range(lost.LIVES - 1)])
    assert lost.take_back(0) == 1
    run_jobs()
    assert [failure.job.pk for failure in failures.failures()] == [job.pk], "the operator sees it"
    again = ProcrastinateJob.objects.get(task_name="workflow.follow_change", status="todo")
    assert again.args == job.args
    assert again.scheduled_at is not None
    assert again.scheduled_at - timezone.now() > dt.timedelta(minutes=55)
