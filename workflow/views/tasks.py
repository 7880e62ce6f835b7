"""The pages of the tasks: one question a page, the document beside it, one act behind the button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contracts.canonical import commitments
from workflow import access, actions, board, rules
from workflow.access import OpenTask
from workflow.errors import ActRefused, AlreadyDone, Invalid, Locked, NewVersion
from workflow.forms import ApprovalForm, FreezeForm, OpinionDraftForm, OpinionForm, ReasonForm, ResolutionForm
from workflow.models import Opinion, OpinionDraft
from workflow.standing import NO_TRANSFER, power_of
from workflow.views import notes, signing
from workflow.views.answers import Request, member, refused


@require_http_methods(["GET", "HEAD", "POST"])
@member
def task(request: Request, contract: int, task: int) -> HttpResponse:
    """Show a task, or do it."""
    met = access.task_for(request.user, contract, task)
    if request.method != "POST" and not met.is_open:
        return _closed(request, met)
    return PAGES[met.step](request, met)


def _closed(request: Request, met: OpenTask) -> HttpResponse:
    error = actions.closed(met.task, request.user, met.contract)
    if isinstance(error, NewVersion) and error.successor:
        return redirect("task", met.contract.pk, error.successor)
    return refused(request, error, met.contract.pk)


def page(request: Request, met: OpenTask, template: str, status: int = 200, **facts: Any) -> HttpResponse:
    """Show a task's page with what every such page says: the contract, as what one acts."""
    context = {
        "contract": met.contract,
        "task": met.task,
        "mandate": met.mandate,
        "standing": met.standing,
        "version": met.contract.latest_version,
        "passed_on": met.task.transfers.filter(ended_at=None).select_related("receiver__person").first(),
        "may_pass_on": power_of(met.task) not in NO_TRANSFER and met.mandate.covers(None),
        **facts,
    }
    return render(request, f"workflow/tasks/{template}.html", context, status=status)


def done(request: Request, met: OpenTask, message: str) -> HttpResponse:
    """Say that the act is recorded, and show where the contract now stands."""
    messages.success(request, message)
    return redirect("contract", met.contract.pk)


# --- the pilots --------------------------------------------------------------------------


def _draft(request: Request, met: OpenTask) -> HttpResponse:
    volets = met.contract.volets.prefetch_related("commitments__lead")
    blocking = _last_requests(met)
    if request.method != "POST":
        return page(request, met, "draft", volets=volets, requests=blocking)
    try:
        actions.submit_draft(request.user, met.task.pk)
    except Invalid as error:
        return page(request, met, "draft", 422, volets=volets, requests=blocking, error=error.message)
    except ActRefused as error:
        return refused(request, error, met.contract.pk)
    return done(
        request,
        met,
        _("Votre rédaction est terminée. La version sera figée quand les deux pilotes auront fini."),
    )


def _last_requests(met: OpenTask) -> Any:
    """Return what was asked of the pilots about the last version."""
    version = met.contract.latest_version
    if version is None:
        return []
    return [o for o in version.opinions.select_related("organisation") if o.reason]


def _freeze(request: Request, met: OpenTask) -> HttpResponse:
    form = FreezeForm(request.POST or None)
    number = met.contract.latest_version.number + 1 if met.contract.latest_version else 1
    if request.method != "POST" or not form.is_valid():
        volets = met.contract.volets.prefetch_related("commitments__lead")
        status = 422 if form.is_bound else 200
        return page(request, met, "freeze", status, form=form, number=number, volets=volets)
    try:
        actions.freeze_version(request.user, met.task.pk, label=form.cleaned_data["label"])
    except ActRefused as error:
        return refused(request, error, met.contract.pk)
    return done(
        request,
        met,
        _("La version %(number)s est figée. Les avis sont demandés dès que son PDF est prêt.")
        % {"number": number},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member
def version_recall(request: Request, contract: int) -> HttpResponse:
    """Take the version back, at any time before its last signature."""
    found = access.pilot_for(request.user, contract)
    if rules.recall_carrier(found) is None:
        return refused(request, Locked(rules.why_not_recall(found)), contract)
    form = ReasonForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        signed = [signatory for signatory, made in board.signed(found) if made and made.done_at]
        context = {"contract": found, "form": form, "version": found.latest_version, "signed": signed}
        return render(request, "workflow/recall.html", context, status=422 if form.is_bound else 200)
    try:
        actions.recall_version(request.user, contract, reason=form.cleaned_data["reason"])
    except ActRefused as error:
        return refused(request, error, contract)
    messages.success(request, _("La version est retirée : le contrat revient en rédaction."))
    return redirect("contract", contract)


# --- the reviewing organisations -----------------------------------------------------------


def _review(request: Request, met: OpenTask) -> HttpResponse:
    if request.method != "POST":
        return _review_page(request, met, _kept(request, met))
    form = OpinionForm(request.POST)
    if not form.is_valid():
        return _review_page(request, met, form, 422)
    facts = form.cleaned_data
    try:
        actions.give_opinion(
            request.user,
            met.task.pk,
            value=facts["value"],
            reason=facts["reason"],
            version_sha256=facts["version_sha256"],
        )
    except NewVersion as error:
        return _read_again(request, met, error, form)
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _review_page(request, met, form, error.status)
    except ActRefused as error:
        return refused(request, error, met.contract.pk)
    return done(
        request, met, _("Votre avis est enregistré. Rien d’autre n’est attendu de vous sur cette version.")
    )


def _read_again(request: Request, met: OpenTask, error: NewVersion, form: OpinionForm) -> HttpResponse:
    """Show the newer text with what had been typed about the older one."""
    if error.successor is None:
        return refused(request, error, met.contract.pk, typed=form.cleaned_data["reason"])
    newer = access.task_for(request.user, met.contract.pk, error.successor)
    version = newer.contract.latest_version
    typed = {**form.cleaned_data, "version_sha256": version.content_sha256 if version else ""}
    return _review_page(request, newer, OpinionForm(initial=typed), error.status, notice=error.message)


def _kept(request: Request, met: OpenTask) -> OpinionForm:
    """Return the form with what was typed and not sent."""
    draft = OpinionDraft.objects.filter(author=request.user, contract=met.contract).first()
    version = met.contract.latest_version
    initial = {"version_sha256": version.content_sha256 if version else ""}
    if draft:
        initial |= {"value": draft.value, "reason": draft.reason}
    return OpinionForm(initial=initial)


def _review_page(
    request: Request, met: OpenTask, form: OpinionForm, status: int = 200, notice: str = ""
) -> HttpResponse:
    version = met.contract.latest_version
    organisation = met.task.seed
    every = commitments(version.content) if version else []
    return page(
        request,
        met,
        "review",
        status,
        form=form,
        notice=notice,
        **notes.notes_beside(met),
        own=[c for c in every if c["lead"]["id"] == organisation.pk],
        contributed=[c for c in every if organisation.name in c["contributors"]],
        previous=Opinion.objects.filter(version__contract=met.contract, organisation=organisation)
        .select_related("version")
        .order_by("-version__number")
        .first(),
    )


@require_POST
@member
def opinion_draft(request: Request, contract: int, task: int) -> HttpResponse:
    """Keep what is typed so far."""
    met = access.task_for(request.user, contract, task)
    form = OpinionDraftForm(request.POST)
    if not form.is_valid():
        return HttpResponse(_("Brouillon trop long : il n’est pas enregistré."), status=422)
    try:
        draft = actions.keep_opinion_draft(request.user, met.task.pk, **form.cleaned_data)
    except AlreadyDone as done:
        # no error: a draft that was under way when the opinion was sent comes after it
        return HttpResponse(escape(done.message))
    except ActRefused as error:
        return HttpResponse(escape(error.message), status=error.status)
    return render(request, "workflow/_partials/saved.html", {"draft": draft})


# --- the two parties --------------------------------------------------------------------------


def _approve(request: Request, met: OpenTask) -> HttpResponse:
    version = met.contract.latest_version
    if request.method != "POST":
        form = ApprovalForm(initial={"pdf_sha256": version.pdf_sha256 if version else ""})
        return _approve_page(request, met, form)
    form = ApprovalForm(request.POST)
    if not form.is_valid():
        return _approve_page(request, met, form, 422)
    try:
        actions.approve(
            request.user,
            met.task.pk,
            approved=form.approved,
            reason=form.cleaned_data["reason"],
            pdf_sha256=form.cleaned_data["pdf_sha256"],
        )
    except ActRefused as error:
        return refused(request, error, met.contract.pk, typed=form.cleaned_data["reason"])
    if form.approved:
        return done(request, met, _("Le texte est approuvé au nom de votre organisation."))
    return done(request, met, _("Le texte est renvoyé : le contrat reviendra en rédaction."))


def _approve_page(request: Request, met: OpenTask, form: ApprovalForm, status: int = 200) -> HttpResponse:
    version = met.contract.latest_version
    obstacle = rules.why_not_approve(request.user, version) if version else ""
    opinions = signing.last_opinions(met.contract)
    return page(request, met, "approve", status, form=form, opinions=opinions, obstacle=obstacle)


# --- the council clerk ---------------------------------------------------------------------------


def _council(request: Request, met: OpenTask) -> HttpResponse:
    form = ResolutionForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return page(request, met, "council_resolution", 422 if form.is_bound else 200, form=form)
    try:
        actions.record_resolution(request.user, met.task.pk, facts=form.cleaned_data)
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return page(request, met, "council_resolution", error.status, form=form)
    except ActRefused as error:
        return refused(request, error, met.contract.pk)
    if form.cleaned_data["adopted"]:
        return done(request, met, _("La délibération est enregistrée : la signature du maire est ouverte."))
    return done(request, met, _("Le refus du conseil est enregistré : le contrat revient en rédaction."))


# --- who takes care of a task ------------------------------------------------------------------------


@require_POST
@member
def task_take(request: Request, contract: int, task: int) -> HttpResponse:
    """Say to the colleagues « je m’en occupe »."""
    met = access.task_for(request.user, contract, task)
    try:
        actions.take_task(request.user, met.task.pk)
    except ActRefused as error:
        return refused(request, error, contract)
    messages.success(request, _("Vos collègues voient que vous vous en occupez."))
    return redirect("task", contract, task)


@require_POST
@member
def job_retry(request: Request, contract: int, task: int) -> HttpResponse:
    """Have a failed step of the system tried again."""
    found = access.pilot_for(request.user, contract)
    job = access.job_for(found, task)
    try:
        actions.retry_job(request.user, job.pk)
    except ActRefused as error:
        return refused(request, error, contract)
    messages.success(request, _("Le traitement est relancé."))
    return redirect("contract", contract)


PAGES: dict[str, Callable[[Request, OpenTask], HttpResponse]] = {
    "draft": _draft,
    "freeze": _freeze,
    "review": _review,
    "approve": _approve,
    "council_resolution": _council,
    "sign": signing.sign,
}
