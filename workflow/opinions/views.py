"""The pages of whoever gives an opinion, and of whoever approves."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.html import escape
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from contracts.canonical import commitments
from contracts.differences import differences
from contracts.models import ContractVersion, Part
from stakeholders.models import Organisation
from stakeholders.prepared import MARKER, Prepared
from workflow.engine import purposes
from workflow.engine.tasks import due_on
from workflow.opinions import acts, last, receipts, rules, silence
from workflow.opinions.forms import ApprovalForm, NoteForm, OpinionDraftForm, OpinionForm
from workflow.opinions.models import Opinion, OpinionDraft
from workflow.opinions.notes import notes_of
from workflow.record.refusals import ActRefused, AlreadyDone, Invalid, NewVersion
from workflow.standing.holders import changed_since
from workflow.standing.parties import pilot
from workflow.tasks.access import OpenTask, contract_for, task_for
from workflow.tasks.answers import Request, member, refused
from workflow.tasks.pages import done, page


def review(request: Request, met: OpenTask) -> HttpResponse:
    if request.method != "POST":
        return _review_page(request, met, _kept(request, met))
    form = OpinionForm(request.POST)
    if not form.is_valid():
        return _review_page(request, met, form, 422)
    facts = form.cleaned_data
    try:
        given = acts.give_opinion(
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
        return refused(request, error, met.contract.pk, typed=facts["reason"])
    if met.mandate.limited_type_id is not None:  # a guest's: what follows on the contract's page is others'
        messages.success(request, _("Votre avis est enregistré. Une copie part vers votre adresse."))
        return redirect("opinion_receipt", met.contract.pk, given.pk)
    return done(
        request, met, _("Votre avis est enregistré. Rien d’autre n’est attendu de vous sur cette version.")
    )


@require_safe
@member
def opinion_receipt(request: Request, contract: int, opinion: int) -> HttpResponse:
    """Who gave an opinion, when, what, on which exact text: for whoever reads the contract."""
    found = contract_for(request.user, contract)
    rows = Opinion.objects.select_related("author", "mandate__office__organisation", "version__contract")
    given = get_object_or_404(rows, pk=opinion, version__contract=found)
    if receipts.FILE in request.GET:
        return receipts.as_file(given)
    return render(request, "opinions/receipt.html", {"contract": found, "opinion": given})


def _read_again(request: Request, met: OpenTask, error: NewVersion, form: OpinionForm) -> HttpResponse:
    """Show the newer text with what had been typed about the older one."""
    if error.successor is None:
        return refused(request, error, met.contract.pk, typed=form.cleaned_data["reason"])
    newer = task_for(request.user, met.contract.pk, error.successor)
    version = newer.contract.latest_version
    typed = {**form.cleaned_data, "version_sha256": version.content_sha256 if version else ""}
    return _review_page(request, newer, OpinionForm(initial=typed), error.status, notice=error.message)


def _kept(request: Request, met: OpenTask) -> OpinionForm:
    """Return the form with what was typed and not sent."""
    draft = next(iter(_DRAFT.rows(request.user.pk, met.contract.pk)), None)
    version = met.contract.latest_version
    initial = {"version_sha256": version.content_sha256 if version else ""}
    if draft:
        initial |= {"value": draft.value, "reason": draft.reason}
    return OpinionForm(initial=initial)


_DRAFT: Prepared[OpinionDraft] = Prepared(
    lambda author, contract: OpinionDraft.objects.filter(author=author, contract=contract)[:1],
    *(MARKER, MARKER + 1),
)


def notes_beside(met: OpenTask, form: NoteForm | None = None) -> dict[str, Any]:
    """Return what the fragment of notes shows: those of the organisation that owes the task."""
    notes = notes_of(met)
    return {"notes": notes, "note_form": form or NoteForm(auto_id="note_%s")}


def note_refused(request: Request, met: OpenTask, note: NoteForm) -> HttpResponse:
    """Show the page again with the note that was typed, and what to correct in it."""
    if met.purpose == purposes.REVIEW and met.is_open:
        return _review_page(request, met, _kept(request, met), 422, note=note)
    error = Invalid(" ".join(str(said) for said in note.errors["text"]))
    return refused(request, error, met.contract.pk, typed=str(note["text"].value() or ""))


def _review_page(
    request: Request,
    met: OpenTask,
    form: OpinionForm,
    status: int = 200,
    notice: str = "",
    note: NoteForm | None = None,
) -> HttpResponse:
    version = met.contract.latest_version
    assert version is not None  # noqa: S101 (an opinion is only asked on a frozen version)
    organisation = met.task.seed
    every = commitments(version.content)
    previous = last.last_of(met.contract, organisation)
    return page(
        request,
        met,
        "opinions/review.html",
        status,
        form=form,
        notice=notice,
        **notes_beside(met, note),
        own=[c for c in every if c["lead"]["id"] == organisation.pk],
        contributed=[c for c in every if organisation.name in c["contributors"]],
        previous=previous,
        asker=pilot(met.contract, Part.CITY_PILOT),
        due_on=due_on(met.task),
        otherwise=silence.otherwise(met.task),
        **_changes(version, previous.version if previous else None, organisation),
    )


def _changes(
    version: ContractVersion, read: ContractVersion | None, organisation: Organisation
) -> dict[str, Any]:
    """Return what changed since the text that the organisation read, or since the last one; own first."""
    since = read
    if since is None and version.number > 1:
        since = version.contract.versions.filter(number=version.number - 1).first()
    if since is None:
        return {}
    changed = differences(since.content, version.content)
    return {"since": since, "changes": sorted(changed, key=lambda one: organisation.pk not in one.leads)}


@require_POST
@member
def opinion_draft(request: Request, contract: int, task: int) -> HttpResponse:
    """Keep what is typed so far."""
    met = task_for(request.user, contract, task)
    form = OpinionDraftForm(request.POST)
    if not form.is_valid():
        said = " ".join(str(message) for messages in form.errors.values() for message in messages)
        answer = _("Ce brouillon n’est pas enregistré. %(why)s") % {"why": said}
        return HttpResponse(escape(answer), status=422)
    try:
        draft = acts.keep_opinion_draft(request.user, met.task.pk, **form.cleaned_data)
    except AlreadyDone as done:
        # no error: a draft that was under way when the opinion was sent comes after it
        return HttpResponse(escape(done.message))
    except ActRefused as error:
        return HttpResponse(escape(error.message), status=error.status)
    return render(request, "opinions/_partials/saved.html", {"draft": draft})


def approve(request: Request, met: OpenTask) -> HttpResponse:
    version = met.contract.latest_version
    if request.method != "POST":
        form = ApprovalForm(initial={"pdf_sha256": version.pdf_sha256 if version else ""})
        return _approve_page(request, met, form)
    form = ApprovalForm(request.POST)
    if not form.is_valid():
        return _approve_page(request, met, form, 422)
    try:
        acts.approve(
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
    opinions = last.last_opinions(met.contract)
    facts = {
        "form": form,
        "opinions": opinions,
        "silences": silence.silences_on(version),
        "obstacle": obstacle,
        "due_on": due_on(met.task),
        "changed_holders": changed_since(version) if version else [],
    }
    return page(request, met, "opinions/approve.html", status, **facts)
