"""The evidence of a signed contract: asked for, then taken away as one file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import BinaryIO, cast

from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from contracts.models import Contract
from workflow.evidence import acts
from workflow.evidence.making import path_of
from workflow.evidence.models import EvidenceFile, Scope
from workflow.evidence.shown import is_current, scope_for
from workflow.evidence.state import Source, source_of
from workflow.tasks.access import contract_for, pilot_for
from workflow.tasks.answers import Request, member

CHUNK = 1 << 18  # bytes of the file in memory at once


@require_POST
@member
def evidence_ask(request: Request, contract: int) -> HttpResponse:
    """Have the evidence that the reader may read made."""
    found = contract_for(request.user, contract)
    acts.ask(_source(found), scope_for(request.user, found))
    return redirect("result", found.pk)


@require_POST
@member
def transfer_ask(request: Request, contract: int) -> HttpResponse:
    """Have the transfer to an archive service made."""
    found = pilot_for(request.user, contract)
    acts.ask(_source(found), Scope.TRANSFER)
    return redirect("result", found.pk)


@require_safe
@member
def evidence_file(request: Request, contract: int) -> HttpResponse:
    """The evidence as one file; who takes it is journaled."""
    found = contract_for(request.user, contract)
    return _taken(request, found, scope_for(request.user, found), _("preuves"))


@require_safe
@member
def transfer_file(request: Request, contract: int) -> HttpResponse:
    """The transfer to an archive service as one file; who takes it is journaled."""
    return _taken(request, pilot_for(request.user, contract), Scope.TRANSFER, _("versement-seda"))


def _source(contract: Contract) -> Source:
    source = source_of(contract)
    if source is None:
        raise Http404
    return source


def _taken(request: Request, contract: Contract, scope: str, name: str) -> HttpResponse:
    source = _source(contract)
    row = EvidenceFile.objects.defer("token", "seal").filter(contract=contract, scope=scope).first()
    if row is None or not is_current(row, source.state(scope)):
        messages.info(request, _("Ce dossier n’est pas prêt, ou n’est plus à jour : demandez-le de nouveau."))
        return redirect("result", contract.pk)
    try:
        file = path_of(contract.pk, scope, row.archive).open("rb")
    except FileNotFoundError:  # made anew at this very moment
        return redirect("result", contract.pk)
    if request.method == "GET":
        acts.note_taken(request.user, contract, row)
    named = f"{slugify(contract.reference)}-{slugify(name)}.zip"
    content = _chunks_async(file) if isinstance(request, ASGIRequest) else _chunks(file)
    answer = StreamingHttpResponse(
        content,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{named}"',
            "Content-Length": str(row.size),
            "Cache-Control": "private, no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )
    return cast(HttpResponse, answer)  # as the decorators have it; nothing asks for its content


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(CHUNK):
            yield chunk


async def _chunks_async(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk
