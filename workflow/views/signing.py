"""Signing: read, say again who one is, sign; or refuse and say why."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contracts.models import Contract, Signatory
from signatures import actions as signing
from signatures import blobs
from signatures.errors import ConfirmationRefused, SignatureError
from signatures.models import Envelope
from workflow import access, actions, rules
from workflow.access import OpenTask
from workflow.errors import ActRefused, AlreadyDone
from workflow.forms import PasswordForm, ReasonForm
from workflow.models import Opinion, SigningRound
from workflow.views.answers import Request, member, refused
from workflow.views.documents import pdf


def sign(request: Request, met: OpenTask) -> HttpResponse:
    """The signature page, and the signature itself once the signatory has said again who they are."""
    if request.method != "POST":
        return _page(request, met)
    try:
        actions.sign(
            request.user,
            met.task.pk,
            confirmation=request.POST.get("confirmation", ""),
            document_sha256=request.POST.get("document_sha256", ""),
        )
    except AlreadyDone as error:
        return refused(request, error, met.contract.pk)
    except ActRefused as error:
        return _page(request, met, error.status, notice=error.message)
    messages.success(
        request,
        _(
            "Votre signature est demandée. Elle est apposée et vérifiée dans un instant : "
            "cette page vous le dira."
        ),
    )
    return redirect("contract", met.contract.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def sign_confirm(request: Request, contract: int, task: int) -> HttpResponse:
    """Check the password; the page then shows the button that signs, for two minutes."""
    met = _signing_task(request, contract, task)
    if request.method != "POST":
        return redirect("task", contract, task)
    form = PasswordForm(request.POST)
    if not form.is_valid():
        return _page(request, met, 422, form=form)
    document = form.cleaned_data["document_sha256"]
    if document != _envelope(met).current_sha256:
        return _page(
            request,
            met,
            409,
            notice=_("Le document a changé depuis que vous avez ouvert cette page : relisez-le."),
        )
    try:
        token = signing.confirm(request.user, form.cleaned_data["password"], document_sha256=document)
    except ConfirmationRefused as error:
        form.add_error("password", str(error))
        return _page(request, met, 422, form=form)
    return _page(request, met, confirmation=token)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def sign_refuse(request: Request, contract: int, task: int) -> HttpResponse:
    """Refuse to sign, with a reason that everybody reads."""
    met = _signing_task(request, contract, task)
    form = ReasonForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {
            "contract": met.contract,
            "task": met.task,
            "mandate": met.mandate,
            "standing": met.standing,
            "form": form,
        }
        return render(request, "workflow/refuse.html", context, status=422 if form.is_bound else 200)
    try:
        actions.refuse_signature(request.user, met.task.pk, reason=form.cleaned_data["reason"])
    except ActRefused as error:
        return refused(request, error, contract, typed=form.cleaned_data["reason"])
    messages.success(
        request, _("Votre refus est enregistré et chacun en est averti : le contrat revient en rédaction.")
    )
    return redirect("contract", contract)


@require_safe
@member
def task_document(request: Request, contract: int, task: int) -> HttpResponse:
    """The exact bytes that this signature would be set on, for the signatory alone."""
    met = access.task_for(request.user, contract, task)
    if met.step != "sign":
        raise Http404
    # a quick signatory signs while the page still loads the file: what it asks for is still theirs to read
    shown = _envelope(met).current_sha256 if met.is_open else rules.signed_text(met.task, request.user)
    if shown is None:
        raise Http404
    return pdf(blobs.get(shown), f"{met.contract.reference}-a-signer")


def last_opinions(contract: Contract) -> list[Opinion]:
    """Return the last opinion of each organisation."""
    last: dict[int, Opinion] = {}
    opinions = Opinion.objects.filter(version__contract=contract).select_related("organisation", "version")
    for opinion in opinions.order_by("version__number"):
        last[opinion.organisation_id] = opinion
    return list(last.values())


def _signing_task(request: Request, contract: int, task: int) -> OpenTask:
    met = access.task_for(request.user, contract, task)
    if met.step != "sign" or not met.is_open:
        raise Http404
    return met


def _envelope(met: OpenTask) -> Envelope:
    return SigningRound.objects.select_related("envelope").get(version=met.contract.latest_version).envelope


def _page(
    request: Request,
    met: OpenTask,
    status: int = 200,
    *,
    form: PasswordForm | None = None,
    confirmation: str = "",
    notice: str = "",
) -> HttpResponse:
    if not met.is_open:
        return refused(request, actions.closed(met.task, request.user, met.contract), met.contract.pk)
    version = met.contract.latest_version
    assert version is not None  # noqa: S101 (a signature is only opened on a frozen version)
    signatory: Signatory = met.task.seed
    envelope = _envelope(met)
    opinions = last_opinions(met.contract)
    context: dict[str, Any] = {
        "contract": met.contract,
        "task": met.task,
        "mandate": met.mandate,
        "standing": met.standing,
        "version": version,
        "signatory": signatory,
        "document_sha256": envelope.current_sha256,
        "opinions": opinions,
        "reservations": [o for o in opinions if o.value == "favourable_with_reservations"],
        "approvals": version.approvals.select_related("organisation", "author"),
        "resolution": rules.resolution_on(version),
        "council_needed": met.contract.signatories.filter(needs_council_resolution=True).exists(),
        "obstacle": rules.why_not_sign(signatory, version),
        "failure": signing.last_failure(envelope, signatory.field_name),
        "form": form or PasswordForm(initial={"document_sha256": envelope.current_sha256}),
        "confirmation": confirmation,
        "notice": notice,
        **_certificate(request),
    }
    return render(request, "workflow/tasks/sign.html", context, status=status)


def _certificate(request: Request) -> dict[str, Any]:
    """Return the certificate that would be used, or why there is none."""
    try:
        return {"certificate": signing.certificate_for(request.user, settings.SIGNATURE_BACKEND)}
    except SignatureError as error:
        return {"certificate": None, "certificate_error": str(error)}
