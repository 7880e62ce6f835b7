"""The internal notes of an organisation, beside the task that it owes."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from workflow.opinions import note_acts
from workflow.opinions.forms import NoteForm
from workflow.opinions.views import note_refused, notes_beside
from workflow.record import once
from workflow.record.refusals import ActRefused
from workflow.tasks.access import task_for
from workflow.tasks.answers import Request, member, refused


@require_POST
@member
def note_add(request: Request, contract: int, task: int) -> HttpResponse:
    """Write a note; the fragment comes back alone, so that an opinion being typed stays where it is."""
    met = task_for(request.user, contract, task)
    form: NoteForm | None = NoteForm(request.POST, auto_id="note_%s")
    if form is not None and form.is_valid():
        try:
            if not once.already_done(request):
                note_acts.write_note(request.user, met.task.pk, text=form.cleaned_data["text"])
        except ActRefused as error:
            return refused(request, error, contract, typed=form.cleaned_data["text"])
        form = None
    if request.htmx:
        context = {"contract": met.contract, "task": met.task, **notes_beside(met, form)}
        context["kept_at"] = None if form else timezone.now()
        return render(request, "opinions/_partials/notes.html", context, status=422 if form else 200)
    if form is not None:
        return note_refused(request, met, form)
    messages.success(request, _("La note est gardée."))
    return redirect("task", contract, task)
