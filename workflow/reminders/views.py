"""The pages by which pilots follow the terms of a contract: who is late, remind them, put a term off."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from contracts.models import Contract
from stakeholders.models import Organisation
from stakeholders.wording import weekday
from workflow.engine.tasks import Task, due_on, organisation_of, silence_counts
from workflow.record.refusals import ActRefused, Invalid, Locked
from workflow.reminders import acts, rules
from workflow.reminders.forms import ExtendForm, RemindForm
from workflow.reminders.models import Reminder, Step
from workflow.reminders.state import State, states
from workflow.tasks.access import pilot_for
from workflow.tasks.answers import Request, member, refused

LATE = "retard"  # what the one button of a contract's page reminds


@dataclass(frozen=True)
class Row:
    """A task that somebody owes: whose, where it stands, from when it may be reminded of again."""

    task: Task
    organisation: str
    state: State
    last: Reminder | None
    is_late: bool

    @property
    def too_soon(self) -> str:
        """Why it cannot be reminded of now, or nothing."""
        then = rules.again_from(self.last)
        return rules.too_soon(self.last, then) if self.last is not None and then is not None else ""


@require_http_methods(["GET", "HEAD", "POST"])
@member
def contract_terms(request: Request, contract: int) -> HttpResponse:
    """Show who is awaited and by when; remind those who are ticked, or all who are late."""
    found = pilot_for(request.user, contract)
    if rules.is_over(found):
        return refused(request, Locked(rules.over()), contract)
    awaited = rules.awaited(found)
    if request.method != "POST":
        ticked = [task.pk for task in awaited if rules.is_late(task)]
        return _page(request, found, awaited, RemindForm(awaited=awaited, initial={"task": ticked}))
    if "do" in request.POST:
        return _remind_the_late(request, found, awaited)
    form = RemindForm(request.POST, awaited=awaited)
    if not form.is_valid():
        return _page(request, found, awaited, form, 422)
    try:
        told = acts.remind(request.user, contract, form.cleaned_data["task"], word=form.cleaned_data["word"])
    except (Invalid, Locked) as error:
        form.add_error("word" if isinstance(error, Invalid) else None, error.message)
        return _page(request, found, awaited, form, error.status)
    except ActRefused as error:
        return refused(request, error, contract)
    return _said(request, found, told)


def _remind_the_late(request: Request, contract: Contract, awaited: list[Task]) -> HttpResponse:
    late = [task.pk for task in awaited if rules.is_late(task)]
    try:
        return _said(request, contract, acts.remind(request.user, contract.pk, late))
    except ActRefused as error:
        return refused(request, error, contract.pk)


def _said(request: Request, contract: Contract, told: acts.Told) -> HttpResponse:
    count = len(told.sent)
    names = _organisations(told.sent)
    said = ngettext("%(n)d relance part : %(names)s.", "%(n)d relances partent : %(names)s.", count)
    messages.success(request, said % {"n": count, "names": ", ".join(names[t.pk] for t in told.sent)})
    for task, why in told.not_sent:
        messages.warning(request, f"{task.title}{_(' : ')}{why}")
    return redirect("contract", contract.pk)


def _organisations(awaited: list[Task]) -> dict[int, str]:
    """Return the name of whoever owes each of these tasks, by the task's number."""
    names = dict(
        Organisation.objects.filter(pk__in={organisation_of(task) for task in awaited}).values_list(
            "pk", "short_name"
        )
    )
    return {task.pk: names.get(organisation_of(task) or 0, "") for task in awaited}


def _rows(contract: Contract, awaited: list[Task]) -> list[Row]:
    names, known = _organisations(awaited), states(contract, awaited)
    sent = Reminder.objects.filter(task__in=awaited, step=Step.BY_HAND).select_related("author")
    last = {row.task_id: row for row in sent.order_by("at")}
    return [
        Row(task, names[task.pk], known[task.pk], last.get(task.pk), rules.is_late(task))
        for task in awaited
        if task.pk in known
    ]


def _page(
    request: Request, contract: Contract, awaited: list[Task], form: RemindForm, status: int = 200
) -> HttpResponse:
    ticked = {str(number) for number in form["task"].value() or ()}
    rows = [(row, str(row.task.pk) in ticked) for row in _rows(contract, awaited)]
    context = {"contract": contract, "rows": rows, "form": form}
    return render(request, "reminders/terms.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def term_extend(request: Request, contract: int, task: int) -> HttpResponse:
    """Put off the last day of a task that somebody owes."""
    found = pilot_for(request.user, contract)
    if rules.is_over(found):
        return refused(request, Locked(rules.over()), contract)
    row = next((one for one in rules.awaited(found) if one.pk == task), None)
    if row is None:
        raise Http404
    form = ExtendForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _extend_page(request, found, row, form, 422 if form.is_bound else 200)
    wanted = form.cleaned_data["due_on"]
    try:
        term = acts.extend(
            request.user,
            contract,
            task,
            wanted=wanted,
            reason=form.cleaned_data["reason"],
            seen=request.POST.get("seen", ""),
        )
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        row = next((one for one in rules.awaited(found) if one.pk == task), row)
        return _extend_page(request, found, row, form, error.status)
    except ActRefused as error:
        return refused(request, error, contract)
    messages.success(request, _("L’échéance est reportée au %(day)s.") % {"day": weekday(term)})
    if term != wanted:
        words = {"wanted": weekday(wanted), "day": weekday(term)}
        messages.info(
            request,
            _("Le %(wanted)s n’est pas ouvré : l’échéance va au %(day)s, jour ouvré suivant.") % words,
        )
    return redirect("contract_terms", contract)


def _extend_page(
    request: Request, contract: Contract, task: Task, form: ExtendForm, status: int
) -> HttpResponse:
    term = due_on(task)
    context = {
        "contract": contract,
        "task": task,
        "organisation": _organisations([task])[task.pk],
        "due_on": term,
        "seen": term.isoformat() if term else "",
        "silence": silence_counts(task),
        "form": form,
    }
    return render(request, "reminders/extend.html", context, status=status)
