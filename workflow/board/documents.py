"""The documents: frozen versions, the signed contract and its verdict, the journal."""

from __future__ import annotations

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from contracts.models import Contract
from signatures.kept import kept as kept_report
from signatures.models import Envelope
from signatures.sheets import level_told
from workflow.engine.models import SigningRound
from workflow.evidence.shown import shown as evidence_shown
from workflow.opinions.last import approvals_on, opinions_on
from workflow.opinions.silence import silences_on
from workflow.record import anchors
from workflow.record import journal as record_journal
from workflow.record.models import JournalEntry
from workflow.signing.models import AcceptedHolder
from workflow.standing.readers import reads_restricted
from workflow.tasks.access import contract_for, version_for
from workflow.tasks.annexes import shown
from workflow.tasks.answers import Request, member
from workflow.tasks.exported import exported
from workflow.tasks.pdf import stored_pdf


@require_safe
@member
def version(request: Request, contract: int, number: int) -> HttpResponse:
    """One frozen version, in the page."""
    found = version_for(request.user, contract, number)
    context = {
        "contract": found.contract,
        "version": found,
        "silences": silences_on(found),
        "opinions": opinions_on(found),
        "approvals": approvals_on(found),
        "annexes": shown(request, found.contract, found),
    }
    return render(request, "board/version.html", context)


@require_safe
@member
def version_pdf(request: Request, contract: int, number: int) -> HttpResponse:
    """The exact bytes that are read and approved; never half-signed."""
    found = version_for(request.user, contract, number)
    if not found.pdf_sha256:
        raise Http404
    document = _("le document de la %(version)s du contrat %(reference)s") % {
        "version": found,
        "reference": found.contract.reference,
    }
    return stored_pdf(found.pdf_sha256, f"{found.contract.reference}-v{number}", document=document)


@require_safe
@member
def version_annex(request: Request, contract: int, number: int, annex: int) -> HttpResponse:
    """The file of an annex of a frozen version; a restricted one for those alone who may read it."""
    found = version_for(request.user, contract, number)
    told = next((row for row in found.content["annexes"] if row.get("number") == annex), None)
    named = found.annex_files.filter(number=annex).first()
    if told is None or named is None:
        raise Http404
    if not told["publishable"] and not reads_restricted(request.user, found.contract):
        raise Http404
    document = _("l’annexe « %(title)s » de la %(version)s du contrat %(reference)s") % {
        "title": told["title"],
        "version": found,
        "reference": found.contract.reference,
    }
    name = f"{found.contract.reference}-v{number}-annexe-{annex}-{told['title']}"
    return stored_pdf(named.file_sha256, name, document=document, attachment=True)


@require_safe
@member
def version_export(request: Request, contract: int, number: int, extension: str) -> HttpResponse:
    """A frozen version as a file to annotate, or its commitments for a spreadsheet."""
    found = version_for(request.user, contract, number)
    name = f"{found.contract.reference}-v{number}"
    return exported(found.content, extension, name, at=found.frozen_at, draft=False)


@require_safe
@member
def result(request: Request, contract: int) -> HttpResponse:
    """The signed contract: the report kept of it, with its date, and where to get it."""
    found = contract_for(request.user, contract)
    envelope = _sealed(found)
    kept = kept_report(envelope.sealed_sha256)
    report = kept.report if kept else None
    evidence = evidence_shown(request.user, found)
    awaited = any(one.awaited for one in evidence)
    if request.htmx:  # an event while the evidence is made: the page is shown anew once it is
        return HttpResponse(status=204) if awaited else HttpResponse(headers={"HX-Refresh": "true"})
    context = {
        "contract": found,
        "evidence": evidence,
        "evidence_awaited": awaited,
        "envelope": envelope,
        "kept": kept,
        "report": report,
        "levels": [(row.signer, level_told(row.level)) for row in report.signatures] if report else [],
        "accepted": AcceptedHolder.objects.filter(version=found.latest_version).select_related(
            "mandate__office__organisation", "signatory"
        ),
        "acts": JournalEntry.objects.filter(contract=found).count(),
        "annexes": shown(request, found, found.latest_version),
    }
    return render(request, "board/result.html", context)


@require_safe
@member
def signed_pdf(request: Request, contract: int) -> HttpResponse:
    """The archived file, signed by all."""
    found = contract_for(request.user, contract)
    document = _("le document signé du contrat %(reference)s") % {"reference": found.reference}
    sealed = _sealed(found).sealed_sha256
    return stored_pdf(sealed, f"{found.reference}-signe", document=document, attachment=True)


@require_safe
@member
def journal(request: Request, contract: int) -> HttpResponse:
    """The journal of this contract, each entry with the hashes by which it is checked."""
    found = contract_for(request.user, contract)
    entries = record_journal.exported(JournalEntry.objects.filter(contract=found).order_by("number"))
    proofs = anchors.exported(entry["number"] for entry in entries)
    answer = JsonResponse(
        {"contract": found.reference, "entries": entries, "anchors": proofs},
        json_dumps_params={"ensure_ascii": False},
    )
    answer["Content-Disposition"] = f'attachment; filename="{slugify(found.reference)}-journal.json"'
    return answer


def _sealed(contract: Contract) -> Envelope:
    signing = (
        SigningRound.objects.filter(version__contract=contract, envelope__state=Envelope.State.SEALED)
        .select_related("envelope")
        .first()
    )
    if signing is None:
        raise Http404
    return signing.envelope
