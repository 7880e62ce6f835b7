"""The worker's part of a frozen version: its PDF."""

from __future__ import annotations

from django.conf import settings
from django.utils.translation import gettext as _
from procrastinate import JobContext
from procrastinate.contrib.django import app

from contracts.models import Contract, ContractVersion
from contracts.printed import render
from signatures import blobs
from signatures.backends import backend
from signatures.jobs import when_lost
from workflow.engine.jobs import PRINT, RETRY, WorkFailed, carry_out, failed_after_last_try, task_lost
from workflow.engine.tasks import Task
from workflow.record import events, journal


@app.task(name="workflow.render_version", queue=PRINT, retry=RETRY, pass_context=True)
def render_version(context: JobContext, *, task_id: int) -> None:
    """Print the frozen version and keep the file under its SHA-256."""
    with failed_after_last_try(context, task := Task.objects.filter(pk=task_id).first()):
        carry_out(task, printed, _keep_print)


@when_lost(render_version)
def print_lost(task_id: int) -> None:
    """Put the printing in error: it killed every worker that took it."""
    task_lost(Task.objects.filter(pk=task_id).first())


def printed(_contract: Contract, version: ContractVersion) -> str:
    specimen = backend(settings.SIGNATURE_BACKEND).specimen
    return blobs.put(render(version.content, specimen=specimen, frozen_at=version.frozen_at).pdf)


def _keep_print(contract: Contract, version: ContractVersion, sha256: str) -> None:
    if version.pdf_sha256 not in {"", sha256}:
        raise WorkFailed(_("Le PDF composé diffère de celui qui avait été enregistré pour cette version."))
    if not version.pdf_sha256:
        version.pdf_sha256 = sha256
        version.save(update_fields=["pdf_sha256"])
    facts = {"version": version.number, "content_sha256": version.content_sha256, "pdf_sha256": sha256}
    journal.record("version_printed", contract=contract, actor=None, payload=facts)
    events.publish("version_printed", contract, version=version.number)
