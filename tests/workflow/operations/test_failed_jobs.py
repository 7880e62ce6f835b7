"""What the worker gave up is on a page of the platform's administrators, who have it tried again."""

from __future__ import annotations

import re

import pytest
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from contracts.models import Contract
from signatures.jobs import IN_TRANSACTION
from tests import plot
from tests.administrators import with_second_factor
from tests.cast import Cast, small_contract
from tests.stage import run_jobs
from tests.workflow.outages import forged_text, hopeless_jobs
from workflow.drafting import acts as drafting_acts
from workflow.engine.jobs import ATTEMPTS
from workflow.notices.mail import defer_mail
from workflow.operations import acts, failures
from workflow.record import journal
from workflow.record.models import JournalEntry
from workflow.record.refusals import AlreadyDone, NotAllowed


def unprinted(cast: Cast) -> tuple[Contract, ProcrastinateJob]:
    """Return a contract whose version could not be printed, and the job that gave up."""
    contract = plot.opened(small_contract(cast))
    for waiting in plot.tasks(contract, "draft"):
        drafting_acts.submit_draft(plot.entitled(waiting), waiting.pk)
    waiting = plot.task(contract, "freeze")
    drafting_acts.freeze_version(plot.entitled(waiting), waiting.pk)
    with forged_text(contract, volets=None), hopeless_jobs(ATTEMPTS):
        run_jobs()
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
