"""The organisations asked for while contracts are prepared, as the platform's administrator answers them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workflow.opening import answers
from workflow.opening.models import OrganisationRequest
from workflow.platform import directory
from workflow.platform.door import for_platform
from workflow.platform.forms import OrganisationForm, WhyForm
from workflow.platform.views import again, form_page
from workflow.record.refusals import ActRefused
from workflow.tasks.answers import Request


@require_safe
@for_platform
def organisation_requests(request: Request) -> HttpResponse:
    """What waits for an answer, each organisation once; what was answered lately."""
    lately = OrganisationRequest.objects.exclude(answer="").select_related(
        "contract", "asked_by", "answered_by", "organisation"
    )
    context = {"waiting": answers.waiting(), "answered": lately.order_by("-answered_at", "-pk")[:20]}
    return render(request, "opening/requests.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_platform
def organisation_request(request: Request, asked: int) -> HttpResponse:
    """An organisation that is asked for: make it, say which one it is, or refuse."""
    row = _row(asked)
    if request.method != "POST":
        return _page(request, row)
    try:
        organisation = directory.chosen(request.POST)
        answers.point_out(request.user, asked, organisation)
    except ActRefused as error:
        return _page(request, row, error.status, notice=error.message)
    messages.success(request, _told())
    return redirect("organisation_requests")


@require_http_methods(["GET", "HEAD", "POST"])
@for_platform
def organisation_request_create(request: Request, asked: int) -> HttpResponse:
    """Make the organisation that was asked for, from what is known of it."""
    row = _row(asked)
    if row.answer:
        return _page(request, row)
    domain = row.contact_email.rpartition("@")[2]
    initial = {"name": row.name, "short_name": row.name[:80], "kind": row.kind, "email_domain": domain}
    initial["territory"] = row.contract.territory
    form = OrganisationForm(request.POST or None, initial=initial)
    title, button = _("Créer une organisation"), _("Créer l’organisation")
    home = reverse("organisation_request", args=[asked])
    if request.method != "POST" or not form.is_valid():
        return form_page(request, form, title, button, home)
    contacts = answers.with_its_like(row).contacts
    try:
        made = answers.create(request.user, asked, **form.cleaned_data)
    except ActRefused as error:
        return again(request, form, error, title, button, home)
    messages.success(request, _told())
    for contact in contacts:
        words = {"name": contact.contact_name, "email": contact.contact_email}
        messages.info(request, _("À inviter, une fois sa fonction créée : %(name)s, %(email)s.") % words)
    return redirect("platform_organisation", made.pk)


@require_POST
@for_platform
def organisation_request_refuse(request: Request, asked: int) -> HttpResponse:
    """Refuse, with a word."""
    row, form = _row(asked), WhyForm(request.POST)
    if not form.is_valid():
        return _page(request, row, 422, refusal=form)
    try:
        answers.refuse(request.user, asked, word=form.cleaned_data["reason"])
    except ActRefused as error:
        return _page(request, row, error.status, notice=error.message)
    messages.success(request, _("La demande est refusée ; la personne qui l’a faite est avertie."))
    return redirect("organisation_requests")


def _row(asked: int) -> OrganisationRequest:
    rows = OrganisationRequest.objects.select_related("contract", "asked_by", "answered_by", "organisation")
    return get_object_or_404(rows, pk=asked)


def _told() -> str:
    return _("C’est fait : la personne qui l’a demandée est avertie, et peut la choisir.")


def _page(
    request: Request,
    row: OrganisationRequest,
    status: int = 200,
    *,
    notice: str = "",
    refusal: WhyForm | None = None,
) -> HttpResponse:
    if notice:
        row.refresh_from_db()
    sought = directory.sought_in(request.GET)
    context: dict[str, Any] = {
        "asked": row,
        "alike": answers.with_its_like(row),
        "sought": sought or row.name,
        "longest": directory.LONGEST,
        "found": directory.found(sought) if sought else directory.near(row.name),
        "form": refusal or WhyForm(),
        "notice": notice,
    }
    return render(request, "opening/request.html", context, status=status)
