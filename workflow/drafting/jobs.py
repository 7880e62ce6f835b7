"""The worker's part of a frozen version: its PDF."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from django.conf import settings
from django.utils.translation import gettext as _
from procrastinate import JobContext
from procrastinate.contrib.django import app

from contracts.annexes import enclosed
from contracts.canonical import digest
from contracts.models import Contract, ContractVersion
from contracts.printed import RenderError, render
from signatures import blobs
from signatures.jobs import when_lost
from workflow.engine.jobs import PRINT, RETRY, WorkFailed, carry_out, failed_after_last_try, task_lost
from workflow.engine.tasks import Task
from workflow.record import events, journal

log = structlog.get_logger(__name__)


@app.task(name="workflow.render_version", queue=PRINT, retry=RETRY, pass_context=True)
def render_version(context: JobContext, *, task_id: int) -> None:
    """Print the frozen version and keep the file under its SHA-256."""
    with failed_after_last_try(context, task := Task.objects.filter(pk=task_id).first()):
        carry_out(task, printed, _keep_print)


@when_lost(render_version)
def print_lost(task_id: int) -> None:
    """Put the printing in error: it killed every worker that took it."""
    task_lost(Task.objects.filter(pk=task_id).first())


@dataclass(frozen=True)
class Print:
    """A version's printed form, kept: the SHA-256 of its bytes, and the edition that printed it."""

    sha256: str
    edition: str


def printed(_contract: Contract, version: ContractVersion) -> Print:
    """Print a version and keep its bytes."""
    specimen = settings.DEMONSTRATION
    rendered = render(
        version.content, specimen=specimen, frozen_at=version.frozen_at, annexes=_annex_files(version)
    )
    return Print(blobs.put(rendered.pdf), rendered.edition)


def _annex_files(version: ContractVersion) -> dict[str, bytes]:
    """Read every annex of a version, and return those that travel in its PDF; raises WorkFailed."""
    found = {}
    travelling = {row["number"] for row in enclosed(version.content)}
    for row in version.content["annexes"]:
        if not row.get("file"):
            continue  # of a text older than the files of annexes
        try:
            data = blobs.get(row["file"]["sha256"])
        except blobs.BlobError as lost:
            raise WorkFailed(
                _(
                    "Le fichier de l’annexe %(number)s, « %(title)s », ne peut être relu. "
                    "%(why)s Puis relancez l’étape."
                )
                % {"number": row["number"], "title": row["title"], "why": lost}
            ) from lost
        if row["number"] in travelling:
            found[row["file"]["sha256"]] = data
    return found


def keep_the_approved_bytes(contract: Contract, version: ContractVersion) -> None:
    """Make sure that the bytes of a printed version are there, and are those that were read.

    They are never composed again as long as they are: a newer edition would give others. Missing or
    damaged, they are printed anew, which only counts if it gives the very same; raises WorkFailed.
    """
    if digest(version.content) != version.content_sha256:
        raise WorkFailed(
            _(
                "Le texte de la %(version)s, tel que la base de données le conserve, n’est plus celui qui "
                "a été approuvé : il ne peut être arrêté. Prévenez l’administrateur de la plateforme."
            )
            % {"version": version}
        )
    _annex_files(version)
    try:
        blobs.get(version.pdf_sha256)
    except (blobs.BlobMissing, blobs.BlobCorrupt) as lost:
        _print_the_same_again(contract, version, lost)


def _print_the_same_again(contract: Contract, version: ContractVersion, lost: blobs.BlobError) -> None:
    """Mend what was lost, or say by its name what has to be restored."""
    try:
        if printed(contract, version).sha256 == version.pdf_sha256:
            log.warning("document printed again", sha256=lost.sha256, fault=lost.fault)
            return
    except RenderError:
        pass  # what lacks is to be restored all the same
    raise WorkFailed(
        _(
            "Le PDF approuvé de la %(version)s ne peut être relu, et la mise en page d’aujourd’hui n’en "
            "donne pas l’identique. %(why)s Puis relancez l’étape."
        )
        % {"version": version, "why": lost}
    ) from lost


def _keep_print(contract: Contract, version: ContractVersion, done: Print) -> None:
    if version.pdf_sha256 not in {"", done.sha256}:
        raise WorkFailed(_("Le PDF composé diffère de celui qui avait été enregistré pour cette version."))
    if not version.pdf_sha256:
        version.pdf_sha256, version.print_edition = done.sha256, done.edition
        version.save(update_fields=["pdf_sha256", "print_edition"])
    facts = {
        "version": version.number,
        "content_sha256": version.content_sha256,
        "pdf_sha256": done.sha256,
        "print_edition": done.edition,
    }
    journal.record("version_printed", contract=contract, actor=None, payload=facts)
    events.publish("version_printed", contract, version=version.number)
