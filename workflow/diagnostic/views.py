"""The pages of the diagnostic: contribute, find what is missing, write and accept the synthesis, read."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from contracts.models import Contract
from stakeholders.models import User
from workflow.diagnostic import acts, rules
from workflow.diagnostic.acts import Changes, Rewritten
from workflow.diagnostic.forms import AnswerForm, FigureForm, FileForm, WrittenForm
from workflow.diagnostic.models import Contribution, DiagnosticFile
from workflow.engine.tasks import OF_PEOPLE, Task, due_on, of_contract, open_tasks, organisation_of, tasks
from workflow.record import once
from workflow.record.refusals import ActRefused, Invalid
from workflow.standing.parties import mandate_to_pilot
from workflow.tasks import held_files
from workflow.tasks.access import OpenTask, contract_for, pilot_for
from workflow.tasks.act_files import kept
from workflow.tasks.answers import Request, member, refused
from workflow.tasks.fields import ReasonForm
from workflow.tasks.pages import page
from workflow.tasks.pdf import stored_pdf

SEND = "send"
_DROP = re.compile(r"drop-(figure|file)-([0-9]{1,18})")


def contribute(request: Request, met: OpenTask) -> HttpResponse:
    """Prepare the contribution of an organisation, over days and by several hands, then send it."""
    found = Contribution.objects.filter(contract=met.contract, organisation=met.task.seed).first()
    if request.method != "POST":
        return _contribute_page(request, met, _text_form(found))
    form, figure, file = _text_form(found, request.POST), FigureForm(request.POST), _file_form(request)
    if not all([form.is_valid(), figure.is_valid(), file.is_valid()]):
        held_files.hold(file)
        return _contribute_page(request, met, form, figure, file, status=422)
    asked = request.POST.get("do", "")
    written: dict[str, Any] = dict(form.cleaned_data)
    try:
        if not once.already_done(request):
            acts.write(request.user, met.task.pk, **written, changes=_changes(asked, figure, file))
        if asked == SEND:
            found = Contribution.objects.get(contract=met.contract, organisation=met.task.seed)
            acts.send(request.user, met.task.pk, text=written["text"], revision=found.revision)
    except Rewritten as error:
        return _contribute_page(request, met, _against(form, error), figure, file, status=409, theirs=error)
    except Invalid as error:
        form.add_error("text" if error.field == "text" else None, error.message)
        return _contribute_page(request, met, form, figure, file, status=error.status)
    except ActRefused as error:
        return refused(request, error, met.contract.pk, typed=written["text"])
    if asked == SEND:
        messages.success(request, _("Votre contribution est transmise : tous les participants la lisent."))
        return redirect("diagnostic", met.contract.pk)
    messages.success(request, _("C’est enregistré. La contribution n’est pas encore transmise."))
    return redirect("task", met.contract.pk, met.task.pk)


def _changes(asked: str, figure: FigureForm, file: FileForm) -> Changes:
    drop = _DROP.fullmatch(asked)
    document = file.cleaned_data.get("document")
    return Changes(
        figure=dict(figure.cleaned_data) if figure.is_given else None,
        file=(file.cleaned_data["title"], kept(document)) if document else None,
        without_figure=int(drop[2]) if drop and drop[1] == "figure" else None,
        without_file=int(drop[2]) if drop and drop[1] == "file" else None,
    )


def _file_form(request: Request) -> FileForm:
    return held_files.of(request.user.pk, FileForm(request.POST, request.FILES))


def _text_form(found: Contribution | None, data: Any = None) -> WrittenForm:
    initial = {"text": found.text if found else "", "revision": found.revision if found else 0}
    return WrittenForm(
        data,
        initial=initial,
        label=_("Votre contribution"),
        help_text=_(
            "Ce que votre service observe, ce qu’il fait et avec quels moyens. "
            "Aucun nom, aucun cas individuel."
        ),
    )


def _against(form: WrittenForm, error: Rewritten) -> WrittenForm:
    """Return the form with what was typed, which would now replace what the colleague wrote."""
    form.data = {**form.data.dict(), "revision": str(error.revision)}  # type: ignore[attr-defined]
    return form


def _contribute_page(
    request: Request,
    met: OpenTask,
    form: WrittenForm,
    figure: FigureForm | None = None,
    file: FileForm | None = None,
    *,
    status: int = 200,
    theirs: Rewritten | None = None,
) -> HttpResponse:
    found = Contribution.objects.filter(contract=met.contract, organisation=met.task.seed).first()
    facts: dict[str, Any] = {
        "form": form,
        "figure_form": figure or FigureForm(),
        "file_form": file or held_files.of(request.user.pk, FileForm()),
        "contribution": found,
        "figures": found.figures.all() if found else [],
        "files": found.files.all() if found else [],
        "theirs": theirs,
        "due_on": due_on(met.task),
    }
    return page(request, met, "diagnostic/contribute.html", status, **facts)


def synthesise(request: Request, met: OpenTask) -> HttpResponse:
    """Write the synthesis, the contributions beside it, then put it to the other pilots."""
    found = met.contract.syntheses.filter(sent_at=None).first()
    last = next(iter(rules.syntheses(met.contract)), None)
    shown = found or last
    initial = {"text": shown.text if shown else "", "revision": found.revision if found else 0}
    label = _("La synthèse du diagnostic")
    form = WrittenForm(request.POST if request.method == "POST" else None, initial=initial, label=label)
    if request.method != "POST":
        return _synthesis_page(request, met, form)
    if not form.is_valid():
        return _synthesis_page(request, met, form, status=422)
    asked = request.POST.get("do", "")
    try:
        if asked == SEND:
            acts.send_synthesis(request.user, met.task.pk, **form.cleaned_data)
        elif not once.already_done(request):
            acts.write_synthesis(request.user, met.task.pk, **form.cleaned_data)
    except Rewritten as error:
        return _synthesis_page(request, met, _against(form, error), status=409, theirs=error)
    except Invalid as error:
        form.add_error("text" if error.field == "text" else None, error.message)
        return _synthesis_page(request, met, form, status=error.status)
    except ActRefused as error:
        return refused(request, error, met.contract.pk, typed=form.cleaned_data["text"])
    if asked == SEND:
        messages.success(
            request, _("La synthèse est transmise aux autres pilotes, qui la valident ou la renvoient.")
        )
        return redirect("diagnostic", met.contract.pk)
    messages.success(request, _("C’est enregistré. La synthèse n’est pas encore transmise."))
    return redirect("task", met.contract.pk, met.task.pk)


def _synthesis_page(
    request: Request, met: OpenTask, form: WrittenForm, *, status: int = 200, theirs: Rewritten | None = None
) -> HttpResponse:
    facts = {
        "form": form,
        "theirs": theirs,
        "received": rules.received(met.contract),
        "returned": next(iter(rules.syntheses(met.contract)), None),
        "due_on": due_on(met.task),
    }
    return page(request, met, "diagnostic/synthesise.html", status, **facts)


def accept(request: Request, met: OpenTask) -> HttpResponse:
    """A pilot who did not write the synthesis accepts it, or returns it."""
    synthesis = next(iter(rules.syntheses(met.contract)), None)
    initial = {"synthesis": synthesis.pk if synthesis else None}
    form = AnswerForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method != "POST" or not form.is_valid():
        status = 422 if form.is_bound else 200
        facts = {"form": form, "synthesis": synthesis, "received": rules.received(met.contract)}
        return page(request, met, "diagnostic/accept.html", status, due_on=due_on(met.task), **facts)
    reason = form.cleaned_data["reason"]
    try:
        acts.answer_synthesis(
            request.user,
            met.task.pk,
            accepted=form.accepted,
            reason=reason,
            synthesis_id=form.cleaned_data["synthesis"],
        )
    except ActRefused as error:
        return refused(request, error, met.contract.pk, typed=reason)
    messages.success(
        request,
        _("La synthèse est validée.") if form.accepted else _("La synthèse est renvoyée à ses rédacteurs."),
    )
    return redirect("diagnostic", met.contract.pk)


@require_safe
@member
def diagnostic(request: Request, contract: int) -> HttpResponse:
    """All that the diagnostic holds, for whoever reads the contract."""
    found = contract_for(request.user, contract)
    if not found.with_diagnostic:
        raise Http404
    context = {
        "contract": found,
        "received": rules.received(found),
        "syntheses": rules.syntheses(found),
        "overdue": _overdue(request.user, found),
    }
    return render(request, "diagnostic/diagnostic.html", context)


def _overdue(user: User, found: Contract) -> list[tuple[Task, str]]:
    """Return what a pilot may find missing, each with the name of who owes it; nothing for the others."""
    if mandate_to_pilot(user, found) is None:
        return []
    names = {organisation.pk: organisation.name for organisation in rules.contributors(found)}
    late = [task for task in open_tasks(found) if rules.may_be_found_missing(task)]
    return [(task, names.get(organisation_of(task) or 0, "")) for task in late]


@require_safe
@member
def diagnostic_file(request: Request, contract: int, file: int) -> HttpResponse:
    """A file of a contribution that was sent, or of one's own that is being prepared; downloaded."""
    found = contract_for(request.user, contract)
    row = get_object_or_404(
        DiagnosticFile.objects.select_related("contribution"), pk=file, contribution__contract=found
    )
    if row.contribution.sent_at is None and not _is_own(request, row.contribution):
        raise Http404
    document = _("« %(title)s », fichier du diagnostic") % {"title": row.title}
    return stored_pdf(row.document_sha256, row.title, document=document, attachment=True)


def _is_own(request: Request, contribution: Contribution) -> bool:
    held = (mandate for mandate in request.standings.mandates if mandate.covers(contribution.contract))
    return any(mandate.office.organisation_id == contribution.organisation_id for mandate in held)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def contribution_missing(request: Request, contract: int, task: int) -> HttpResponse:
    """A pilot finds that a contribution did not come, after asking why."""
    found = pilot_for(request.user, contract)
    owed = tasks(of_contract(found), OF_PEOPLE).filter(pk=task).first()
    if owed is None or not rules.is_contribution(owed):
        raise Http404
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            acts.find_missing(request.user, found.pk, owed.pk, reason=form.cleaned_data["reason"])
        except ActRefused as error:
            return refused(request, error, found.pk, typed=form.cleaned_data["reason"])
        messages.success(
            request, _("La carence est constatée : la synthèse n’attend plus cette contribution.")
        )
        return redirect("diagnostic", found.pk)
    context = {
        "contract": found,
        "task": owed,
        "organisation": owed.seed,
        "form": form,
        "due_on": due_on(owed),
        "over": rules.may_be_found_missing(owed),
    }
    return render(request, "diagnostic/missing.html", context, status=422 if form.is_bound else 200)
