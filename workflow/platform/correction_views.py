"""Pages by which an organisation is corrected: its attachment, its kind, its offices, its mandates."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from stakeholders.granting import WIDENS
from stakeholders.models import Grant, Mandate, Office, Organisation
from workflow.platform import corrections, directory
from workflow.platform.door import for_platform
from workflow.platform.forms import KindForm, OfficeForm, WhyForm, refuse
from workflow.platform.views import again, form_page
from workflow.record.refusals import ActRefused
from workflow.tasks.answers import Request


@require_http_methods(["GET", "HEAD", "POST"])
@for_platform
def organisation_attach(request: Request, organisation: int) -> HttpResponse:
    """Choose to which organisation this one is attached, or none."""
    found = get_object_or_404(Organisation.objects.select_related("parent"), pk=organisation)
    notice, status = "", 200
    if request.method == "POST":
        try:
            parent = directory.chosen(request.POST)
            corrections.attach(request.user, found, parent)
        except ActRefused as error:
            notice, status = error.message, 422
        else:
            messages.success(request, _("Le rattachement est enregistré."))
            return redirect("platform_organisation", organisation)
    sought = directory.sought_in(request.GET)
    context = {
        "organisation": found,
        "notice": notice,
        "sought": sought,
        "longest": directory.LONGEST,
        "found": directory.found(sought, but=found.pk),
    }
    return render(request, "platform/attach.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@for_platform
def organisation_kind(request: Request, organisation: int) -> HttpResponse:
    """Correct the kind of an organisation on which nothing rests yet."""
    found = get_object_or_404(Organisation, pk=organisation)
    form = KindForm(request.POST or None, initial={"kind": found.kind})
    title = _("Changer la nature : %(organisation)s") % {"organisation": found.name}
    button, home = _("Enregistrer"), reverse("platform_organisation", args=[organisation])
    if request.method != "POST" or not form.is_valid():
        return form_page(request, form, title, button, home)
    try:
        corrections.change_kind(request.user, found, form.cleaned_data["kind"])
    except ActRefused as error:
        return again(request, form, error, title, button, home)
    messages.success(request, _("La nature est enregistrée."))
    return redirect(home)


@require_http_methods(["GET", "HEAD", "POST"])
@for_platform
def office_edit(request: Request, organisation: int, office: int) -> HttpResponse:
    """Correct an office: its title, its role, whether it administers."""
    found = get_object_or_404(
        Office.objects.select_related("organisation"), pk=office, organisation=organisation
    )
    form = OfficeForm(request.POST or None, instance=found)
    title = _("Modifier une fonction : %(organisation)s") % {"organisation": found.organisation.name}
    button, home = _("Enregistrer"), reverse("platform_organisation", args=[organisation])
    if request.method != "POST" or not form.is_valid():
        return form_page(request, form, title, button, home)
    try:
        made = corrections.change_office(request.user, found, **form.cleaned_data)
    except ActRefused as error:
        return again(request, form, error, title, button, home)
    if isinstance(made, Grant):
        messages.warning(request, str(WIDENS))
        return redirect("grant", made.pk)
    messages.success(request, _("La fonction est enregistrée."))
    return redirect(home)


@require_http_methods(["GET", "HEAD", "POST"])
@for_platform
def mandate_end(request: Request, organisation: int, mandate: int) -> HttpResponse:
    """End a mandate at once, with the reason that the journal keeps."""
    rows = Mandate.objects.select_related("person", "office__organisation")
    found = rows.filter(pk=mandate, office__organisation=organisation, limited_type=None).first()
    if found is None:
        raise Http404
    form, status = WhyForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                corrections.order_end_of_mandate(request.user, found, reason=form.cleaned_data["reason"])
            except ActRefused as error:
                refuse(form, error.message, getattr(error, "field", None))
                status = error.status
            else:
                messages.success(
                    request, _("%(person)s n’exerce plus cette fonction.") % {"person": found.person}
                )
                return redirect("platform_organisation", organisation)
    context: dict[str, Any] = {"mandate": found, "form": form, "organisation": found.office.organisation}
    return render(request, "platform/mandate_end.html", context, status=status)
