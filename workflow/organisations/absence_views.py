"""Absences, and the handover of an office."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from stakeholders import actions as offices
from stakeholders.models import Absence
from workflow.organisations.register_forms import AbsenceForm, HandoverForm
from workflow.powers import appointments, asking
from workflow.record.refusals import ActRefused
from workflow.tasks.administration import absentees_for, organisation_for
from workflow.tasks.answers import Request, member


@require_safe
@member
def absences(request: Request, organisation: int) -> HttpResponse:
    """Who is away, and who acts meanwhile."""
    found, _administers = organisation_for(request.user, organisation)
    rows = Absence.objects.filter(mandate__office__organisation=found).select_related(
        "mandate__person", "mandate__office", "substitute__person", "substitute__office", "declared_by"
    )
    mine = {mandate.pk for mandate in absentees_for(request.user, found)}
    context = {
        "organisation": found,
        "absences": [{"row": row, "may_end": row.mandate_id in mine} for row in rows[:200]],
        "mandates": absentees_for(request.user, found),
    }
    return render(request, "organisations/absences.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def absence_add(request: Request, organisation: int) -> HttpResponse:
    """Declare one's own absence, or as the cabinet that of somebody of the organisation."""
    found, _administers = organisation_for(request.user, organisation)
    people = absentees_for(request.user, found)
    form = AbsenceForm(request.POST or None, organisation=found, absentees=people)
    if request.method == "POST" and form.is_valid():
        try:
            asked = asking.declare_absence(request.user, found, Absence(**form.cleaned_data))
        except ValidationError as error:
            # beside what is to be changed, where the form asks for it
            for field, said in getattr(error, "error_dict", {None: error.messages}).items():
                form.add_error(field if field in form.fields else None, said)
        except ActRefused as error:
            field = getattr(error, "field", None)
            form.add_error(field if field in form.fields else None, error.message)
        else:
            if asked is not None:
                return redirect("grant", asked.pk)
            messages.success(request, _("L’absence est enregistrée. Les tâches reviendront d’elles-mêmes."))
            return redirect("absences", found.pk)
    context = {"organisation": found, "form": form, "title": _("Déclarer une absence")}
    return render(request, "organisations/register_form.html", context, status=422 if form.is_bound else 200)


@require_POST
@member
def absence_end(request: Request, organisation: int, absence: int) -> HttpResponse:
    """End an absence at once: the tasks come back."""
    found, _administers = organisation_for(request.user, organisation)
    row = Absence.objects.filter(pk=absence, mandate__in=absentees_for(request.user, found)).first()
    if row is None:
        raise Http404
    try:
        offices.end_absence(row, actor=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("L’absence est terminée : les tâches sont revenues."))
    return redirect("absences", found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def mandate_handover(request: Request, organisation: int, mandate: int) -> HttpResponse:
    """Set the last day of a mandate and leave a note to whoever comes next."""
    found, _administers = organisation_for(request.user, organisation)
    row = absentees_for(request.user, found).filter(pk=mandate).first()
    if row is None:
        raise Http404
    form = HandoverForm(request.POST or None, initial={"ends_on": row.ends_on, "handover": row.handover})
    if request.method == "POST" and form.is_valid():
        try:
            appointments.set_last_day(request.user, found, row, **form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error.messages)
        except ActRefused as error:
            form.add_error(None, error.message)
        else:
            the_day_after = form.cleaned_data["ends_on"] + dt.timedelta(days=1)
            if appointments.is_last_administration(row, found, the_day_after):
                messages.warning(
                    request,
                    _(
                        "Passé ce jour, plus personne n’administrera l’organisation"
                        " : invitez d’ici là qui prendra la suite."
                    ),
                )
            messages.success(request, _("La fin du mandat et la note de passation sont enregistrées."))
            return redirect("absences", found.pk)
    context = {"organisation": found, "form": form, "title": _("Passer le relais"), "mandate": row}
    return render(request, "organisations/register_form.html", context, status=422 if form.is_bound else 200)
