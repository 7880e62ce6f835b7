"""Signing: read, say again who one is, sign; or refuse and say why."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contracts.canonical import commitments, total_budget
from contracts.models import Signatory
from signatures import keys, passkeys
from signatures.backends import backend
from signatures.errors import ConfirmationRefused, SignatureError
from signatures.means import Held
from signatures.models import EnrolledKey, Envelope
from stakeholders.proofs import Proof
from stakeholders.security_events import Name, tell
from workflow.council.rules import resolution_on
from workflow.engine import purposes
from workflow.opinions.last import last_opinions, silences_read
from workflow.opinions.rules import approvals_of
from workflow.proofs.rules import why_not_this_proof
from workflow.proofs.ways import WAYS, ways_of
from workflow.record.refusals import ActRefused, AlreadyDone
from workflow.record.values import OpinionValue
from workflow.signing import acts, holders, levels, rules, upload_acts
from workflow.signing.forms import SignedDocumentForm
from workflow.signing.models import SigningAct
from workflow.tasks.access import OpenTask, contract_for, task_for
from workflow.tasks.act import closed
from workflow.tasks.answers import Request, member, refused
from workflow.tasks.fields import ReasonForm
from workflow.tasks.pages import afterwards, done
from workflow.tasks.pdf import stored_pdf


def sign(request: Request, met: OpenTask) -> HttpResponse:
    """The signature page, and the signature itself once the signatory has said again who they are."""
    if request.method != "POST":
        return _page(request, met)
    try:
        acts.sign(
            request.user,
            met.task.pk,
            confirmation=request.POST.get("confirmation", ""),
            document_sha256=request.POST.get("document_sha256", ""),
            key_id=request.POST.get("key", ""),
        )
    except AlreadyDone as error:
        return refused(request, error, met.contract.pk)
    except ActRefused as error:
        return _page(request, met, error.status, notice=error.message)
    return afterwards(met)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def sign_confirm(request: Request, contract: int, task: int) -> HttpResponse:
    """Check who signs; the page then shows the button that signs, for two minutes."""
    met = _signing_task(request, contract, task)
    if request.method != "POST":
        return redirect("task", contract, task)
    given = next((way for way in WAYS if way.field in request.POST), WAYS[-1])
    form = given.form(request.POST)
    if not form.is_valid():
        return _page(request, met, 422, forms={given.proof: form})
    if form.cleaned_data["document_sha256"] != _envelope(met).current_sha256:
        return _page(request, met, 409, notice=_changed())
    if obstacle := why_not_this_proof(met.task.seed.office.organisation, given.proof):
        return _page(request, met, 422, notice=obstacle)
    try:
        token = given.confirm(
            request.user,
            form.cleaned_data[given.field],
            document_sha256=form.cleaned_data["document_sha256"],
        )
    except ConfirmationRefused as error:
        tell(Name.PROOF_REFUSED, person=request.user, proof=str(given.proof), task=task)
        form.add_error(None if form.fields[given.field].widget.is_hidden else given.field, str(error))
        return _page(request, met, 422, forms={given.proof: form})
    return _page(request, met, confirmation=token)


@require_POST
@member
def sign_challenge(request: Request, contract: int, task: int) -> HttpResponse:
    """Ask the signatory's passkey to sign the hash of the document that the page shows."""
    met = _signing_task(request, contract, task)
    document = _envelope(met).current_sha256
    if request.POST.get("document_sha256") != document:
        return JsonResponse({"error": _changed()}, status=409)
    options = passkeys.ask(request.user, document_sha256=document)
    return JsonResponse({"request_options": options}, headers={"Cache-Control": "no-store"})


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
        return render(request, "signing/refuse.html", context, status=422 if form.is_bound else 200)
    try:
        acts.refuse_signature(request.user, met.task.pk, reason=form.cleaned_data["reason"])
    except ActRefused as error:
        return refused(request, error, contract, typed=form.cleaned_data["reason"])
    return done(
        request,
        met,
        _("Votre refus est enregistré et chacun en est averti : le contrat revient en rédaction."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member
def sign_upload(request: Request, contract: int, task: int) -> HttpResponse:
    """Take back the document that the signatory signed with a tool of their own."""
    met = _signing_task(request, contract, task)
    if request.method != "POST":
        return redirect("task", contract, task)
    form = SignedDocumentForm(request.POST, request.FILES)
    signatory: Signatory = met.task.seed
    if not form.is_valid():
        return _page(request, met, 422, upload=form)
    try:
        signed = upload_acts.examine(form.bytes(), signatory, _envelope(met))
        upload_acts.sign(request.user, met.task.pk, signed)
    except AlreadyDone as error:
        return refused(request, error, contract)
    except ActRefused as error:
        form.add_error("document", error.message)
        return _page(request, met, 422, upload=form)
    return afterwards(met)


@require_POST
@member
def sign_cancel(request: Request, contract: int, task: int) -> HttpResponse:
    """Take back one's signature while one's own key is awaited; the task is then asked again."""
    found = contract_for(request.user, contract)
    act = get_object_or_404(
        SigningAct.objects.select_related("request__slot"),
        task_id=task,
        author=request.user,
        version__contract=found,
    )
    try:
        acts.cancel_signature(request.user, act)
    except ActRefused as error:
        messages.warning(request, error.message)
    return redirect("task_done", contract, task)


@require_safe
@member
def task_document(request: Request, contract: int, task: int) -> HttpResponse:
    """The exact bytes that this signature would be set on, for the signatory alone."""
    met = task_for(request.user, contract, task)
    if met.purpose != purposes.SIGN:
        raise Http404
    # a quick signatory signs while the page still loads the file: what it asks for is still theirs to read
    shown = _envelope(met).current_sha256 if met.is_open else rules.signed_text(met.task, request.user)
    if shown is None:
        raise Http404
    document = _("le document à signer du contrat %(reference)s") % {"reference": met.contract.reference}
    return stored_pdf(shown, f"{met.contract.reference}-a-signer", document=document)


def _signing_task(request: Request, contract: int, task: int) -> OpenTask:
    met = task_for(request.user, contract, task)
    if met.purpose != purposes.SIGN or not met.is_open:
        raise Http404
    return met


def _envelope(met: OpenTask) -> Envelope:
    version = met.contract.latest_version
    signing = rules.round_of(version) if version else None
    if signing is None:
        raise Http404
    return signing.envelope


def _page(
    request: Request,
    met: OpenTask,
    status: int = 200,
    *,
    forms: dict[Proof, Form] | None = None,
    confirmation: str = "",
    notice: str = "",
    upload: SignedDocumentForm | None = None,
) -> HttpResponse:
    if not met.is_open:
        return refused(request, closed(met.task, request.user, met.contract), met.contract.pk)
    rules.with_rounds([met.contract])
    version = met.contract.latest_version
    assert version is not None  # noqa: S101 (a signature is only opened on a frozen version)
    signatory: Signatory = met.task.seed
    envelope = _envelope(met)
    opinions = last_opinions(met.contract)
    body, theirs = signatory.office.organisation, keys.of(request.user)
    proofs = Held(request.user, theirs[0].proofs) if theirs else None
    context: dict[str, Any] = {
        "contract": met.contract,
        "task": met.task,
        "mandate": met.mandate,
        "standing": met.standing,
        "version": version,
        "signatory": signatory,
        "document_sha256": envelope.current_sha256,
        "commitments": len(commitments(version.content)),
        "budget": total_budget(version.content),
        "opinions": opinions,
        "silences": silences_read(version),
        "reservations": [o for o in opinions if o.value == OpinionValue.FAVOURABLE_WITH_RESERVATIONS],
        "approvals": approvals_of(version),
        "resolution": resolution_on(version, signatory.awaited_council),
        "council_needed": any(place.needs_council_resolution for place in met.contract.places),
        "obstacle": rules.why_not_sign(signatory, version),
        "difference": holders.difference_at(signatory, version),
        "failure": rules.last_failure(signatory, version),
        **ways_of(request.user, body, envelope.current_sha256, forms or {}, proofs),
        "confirmation": confirmation,
        "notice": notice,
        "upload": upload or SignedDocumentForm(),
        "stamp": acts.stamp_of(request.user, signatory, version, met.standing.basis),
        **_means(request, met, theirs),
    }
    return render(request, "signing/sign.html", context, status=status)


def _changed() -> str:
    return _("Le document a changé depuis que vous avez ouvert cette page : relisez-le.")


def _means(request: Request, met: OpenTask, theirs: list[EnrolledKey]) -> dict[str, Any]:
    """Return the means of signing that the person has, the one chosen (the last used first), or why none."""
    chosen = request.POST.get("key") or request.GET.get("key", "")
    signatory, specimen = met.task.seed, _envelope(met).specimen
    held = [
        (one, backend(one.means).label, levels.why_too_low(one, signatory, specimen=specimen))
        for one in theirs
    ]
    try:
        key = keys.one_of(request.user, chosen, theirs)
        certificate = keys.usable(key, request.user)
    except SignatureError as error:
        return {"certificate": None, "certificate_error": str(error), "held": held}
    return {
        "certificate": certificate,
        "key": key,
        "means": backend(key.means),
        "too_low": levels.why_too_low(key, signatory, specimen=specimen),
        "held": held,
        "confirm_url": f"{reverse('sign_confirm', args=[met.contract.pk, met.task.pk])}?key={key.pk}",
    }
