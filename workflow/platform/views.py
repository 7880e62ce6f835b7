"""The pages of the platform's administrator: organisations, their offices, the other administrators."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from stakeholders import second_factor
from stakeholders.models import Organisation
from stakeholders.person_admin import is_fresh, send_reset, stale
from workflow.platform import acts, directory
from workflow.platform.door import for_platform
from workflow.platform.forms import AdministratorForm, OfficeForm, OrganisationForm, refuse
from workflow.proofs import acts as proofs_acts
from workflow.record.refusals import ActRefused
from workflow.tasks.answers import Request


@require_safe
@for_platform
def organisations(request: Request) -> HttpResponse:
    """Every organisation, by pages; those that a search finds; what the installation still lacks."""
    sought = directory.sought_in(request.GET)
    listing = directory.listing(sought)
    context = {
        "page": listing.page(request.GET.get("page", "")),
        "count": listing.count(),
        "sought": sought,
        "longest": directory.LONGEST,
        "to_do": directory.to_do(),
    }
    return render(request, "platform/organisations.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_platform
def organisation_add(request: Request) -> HttpResponse:
    """Create an organisation."""
    form = OrganisationForm(request.POST or None)
    title, button, home = _("Créer une organisation"), _("Créer l’organisation"), reverse("platform")
    if request.method != "POST" or not form.is_valid():
        return form_page(request, form, title, button, home)
    try:
        made = acts.establish(request.user, **form.cleaned_data)
    except ActRefused as error:
        return again(request, form, error, title, button, home)
    messages.success(
        request,
        _("L’organisation « %(name)s » est créée : créez maintenant ses fonctions.") % {"name": made.name},
    )
    return redirect("platform_organisation", made.pk)


@require_safe
@for_platform
def organisation(request: Request, organisation: int) -> HttpResponse:
    """What is known of an organisation, its offices and who holds them."""
    found = get_object_or_404(Organisation, pk=organisation)
    context = {"organisation": found, "posts": directory.posts(found)}
    return render(request, "platform/organisation.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_platform
def organisation_edit(request: Request, organisation: int) -> HttpResponse:
    """Correct what is said of an organisation."""
    found = get_object_or_404(Organisation, pk=organisation)
    form = OrganisationForm(request.POST or None, instance=found)
    title, button = _("Modifier la fiche"), _("Enregistrer")
    home = reverse("platform_organisation", args=[organisation])
    if request.method != "POST" or not form.is_valid():
        return form_page(request, form, title, button, home)
    try:
        acts.describe(request.user, found, **form.cleaned_data)
    except ActRefused as error:
        return again(request, form, error, title, button, home)
    messages.success(request, _("La fiche est enregistrée."))
    return redirect("platform_organisation", organisation)


@require_http_methods(["GET", "HEAD", "POST"])
@for_platform
def office_add(request: Request, organisation: int) -> HttpResponse:
    """Create an office of any organisation."""
    found = get_object_or_404(Organisation, pk=organisation)
    form = OfficeForm(request.POST or None)
    title = _("Créer une fonction : %(organisation)s") % {"organisation": found.name}
    button, home = _("Créer la fonction"), reverse("platform_organisation", args=[organisation])
    if request.method != "POST" or not form.is_valid():
        return form_page(request, form, title, button, home)
    try:
        made = acts.add_office(request.user, found, **form.cleaned_data)
    except ActRefused as error:
        return again(request, form, error, title, button, home)
    messages.success(
        request,
        _("« %(title)s » est créée. Invitez maintenant qui tiendra cette fonction.") % {"title": made.title},
    )
    return redirect(home)


@require_http_methods(["GET", "HEAD", "POST"])
@for_platform
def administrators(request: Request) -> HttpResponse:
    """Who administers the platform; a colleague more, by who proved a second factor just before."""
    fresh = is_fresh(request)
    form = AdministratorForm(request.POST or None)
    status = 200
    if request.method == "POST":
        status = 422
        if not fresh:
            form.add_error(None, stale())
        elif form.is_valid():
            try:
                person, opened = acts.add_administrator(request.user, **form.cleaned_data)
            except ActRefused as error:
                refuse(form, error.message, getattr(error, "field", None))
            else:
                if opened:
                    send_reset(request, person)
                messages.success(
                    request,
                    _("%(person)s administre désormais la plateforme, une fois son second facteur ajouté.")
                    % {"person": person},
                )
                return redirect("platform_administrators")
    context = {
        "form": form,
        "is_fresh": fresh,
        "unproved": proofs_acts.waiting_for_platform().order_by("user__last_name", "pk"),
        "fresh": fresh or form.is_bound,
        "prove": second_factor.where_to_prove(request.user, request.path),
        "people": [
            {"person": person, "has_factor": bool(second_factor.of(person))}
            for person in directory.administrators()
        ],
    }
    return render(request, "platform/administrators.html", context, status=status)


def form_page(
    request: Request, form: Any, title: str, button: str, home: str, status: int = 0
) -> HttpResponse:
    """Show a form of the platform's pages, as it was typed."""
    context = {"form": form, "title": title, "button": button, "home": home}
    return render(request, "platform/form.html", context, status=status or (422 if form.is_bound else 200))


def again(request: Request, form: Any, error: ActRefused, title: str, button: str, home: str) -> HttpResponse:
    """Show the form as it was typed, with why it was refused."""
    refuse(form, error.message, getattr(error, "field", None))
    return form_page(request, form, title, button, home, error.status)
