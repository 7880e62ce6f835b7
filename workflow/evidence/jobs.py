"""The worker's part: making an evidence file, and forgetting those that nobody needs any more."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import structlog
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate import JobContext
from procrastinate.contrib.django import app

from contracts.models import Contract
from signatures import blobs
from signatures.errors import TransientError
from signatures.jobs import Backoff, tries_of, when_lost
from workflow.engine.jobs import PRINT
from workflow.evidence.making import Token, folder, make, name_of
from workflow.evidence.models import EvidenceFile
from workflow.evidence.state import source_of
from workflow.record import anchors, events

log = structlog.get_logger(__name__)
NOT_MADE = gettext_lazy("Le dossier n’a pas pu être constitué. Prévenez l’administrateur de la plateforme.")
KEPT_FOR = dt.timedelta(days=30)  # made again at need, with the same bytes


@app.task(name="workflow.make_evidence", queue=PRINT, retry=Backoff(), pass_context=True)
def make_evidence(context: JobContext, *, contract_id: int, scope: str) -> None:
    """Make the evidence file of a contract as it stands now, in place of the last one."""
    with translation.override("fr"):
        try:
            _make(contract_id, scope)
        except (TransientError, OSError) as error:
            attempts = context.job.attempts if context.job else 0
            last = attempts + 1 >= tries_of(error)
            log.warning("evidence not made", contract=contract_id, scope=scope, last=last, exc_info=error)
            _say(contract_id, scope, fault=_why(error))
            raise
        except blobs.BlobError as error:
            log.error("evidence not made", contract=contract_id, scope=scope, exc_info=error)
            _say(contract_id, scope, fault=str(error))
        except Exception:
            _say(contract_id, scope, fault=str(NOT_MADE))
            raise


@when_lost(make_evidence)
def evidence_lost(contract_id: int, scope: str) -> None:
    """Say that the file could not be made: it killed every worker that took it."""
    with translation.override("fr"):
        _say(contract_id, scope, fault=str(NOT_MADE))


def _make(contract_id: int, scope: str) -> None:
    contract = Contract.objects.get(pk=contract_id)
    source = source_of(contract)
    if source is None:
        return
    anchors.anchor(source.last.number)
    row = EvidenceFile.objects.get(contract=contract, scope=scope)
    before = Token(row.listed, bytes(row.token), bytes(row.seal)) if row.listed else None
    state = source.state(scope)
    written, token = make(source, scope, before)
    _say(
        contract_id,
        scope,
        made=state,
        made_at=timezone.now(),
        archive=written.sha256,
        size=written.size,
        listed=token.listed,
        token=token.token,
        seal=token.seal,
        fault="",
    )
    for path in folder().glob(f"{name_of(contract_id, scope)}-*.zip"):
        if written.sha256 not in path.name:  # whoever reads it has it open
            path.unlink(missing_ok=True)


def _why(error: Exception) -> str:
    if isinstance(error, OSError):
        return _("Le disque ne prend pas le dossier pour le moment : il sera constitué dès que possible.")
    return _("%(why)s Le dossier sera constitué dès que possible.") % {"why": error}


def _say(contract_id: int, scope: str, **facts: object) -> None:
    with transaction.atomic():
        EvidenceFile.objects.filter(contract=contract_id, scope=scope).update(**facts)
        events.publish("evidence_made", Contract.objects.get(pk=contract_id))


@app.periodic(cron="41 3 * * *")
@app.task(name="workflow.forget_evidence", queue="upkeep", pass_context=False)
def forget_evidence(timestamp: int) -> None:
    """Take away the files made long ago, and what a worker that died left of one."""
    limit = (timezone.now() - KEPT_FOR).timestamp()
    for path in [*folder().glob("*.zip"), *folder().glob(".new-*")]:
        if _age(path) < limit:
            path.unlink(missing_ok=True)


def _age(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return float("inf")
