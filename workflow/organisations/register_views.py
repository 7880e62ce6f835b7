"""The register of an organisation: who may sign for whom, by which act, from when to when."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from stakeholders import actions
from stakeholders.models import SigningAuthority
from workflow.organisations import timeline
from workflow.organisations.register_forms import AuthorityForm
from workflow.powers import asking
from workflow.record.refusals import ActRefused
from workflow.standing import endings
from workflow.tasks import administration, held_files
from workflow.tasks.act_files import kept
from workflow.tasks.answers import Request, member
from workflow.tasks.pdf import stored_pdf


@require_safe
@member
def register(request: Request, organisation: int) -> HttpResponse:
    """Every act of the register, who can sign when, what ends soon."""
    found, administers = administration.organisation_for(request.user, organisation)
    context = {
        "organisation": found,
        "administers": administers,
        "authorities": timeline.entries(found),
        "spans": timeline.timeline(found),
        "ending": endings.ending_soon(found),
    }
    return render(request, "organisations/register.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def authority_add(request: Request, organisation: int) -> HttpResponse:
    """Enter an act in the register, with its PDF."""
    found = administration.administered_by(request.user, organisation)
    form = AuthorityForm(request.POST or None, request.FILES or None, organisation=found)
    held_files.of(request.user.pk, form)
    if request.method == "POST" and form.is_valid():
        authority = form.save(commit=False)
        authority.document_sha256 = kept(form.cleaned_data["document"])
        try:
            asked = asking.record_act(request.user, found, authority)
        except ValidationError as error:
            form.add_error(None, error)
        except ActRefused as error:
            field = getattr(error, "field", None)
            form.add_error(field if field in form.fields else None, error.message)
        else:
            if asked is not None:
                return redirect("grant", asked.pk)
            messages.success(request, _("L’acte est inscrit au registre."))
            return redirect("register", found.pk)
    if form.is_bound:
        held_files.hold(form)
    context = {"organisation": found, "form": form, "title": _("Inscrire un acte au registre")}
    return render(request, "organisations/register_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def authority_end(request: Request, organisation: int, authority: int) -> HttpResponse:
    """End an authority at once, after asking."""
    found = administration.administered_by(request.user, organisation)
    row = _row(found.pk, authority)
    if request.method != "POST":
        context = {"organisation": found, "authority": row, "signing": timeline.being_made_by(row)}
        return render(request, "organisations/authority_end.html", context)
    try:
        actions.end_authority(row, actor=request.user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    else:
        messages.success(request, _("L’acte est retiré : il ne permet plus de signer."))
    return redirect("register", found.pk)


@require_safe
@member
def authority_document(request: Request, organisation: int, authority: int) -> HttpResponse:
    """The act's PDF, as it was attached; downloaded, never opened in the page."""
    found, _administers = administration.organisation_for(request.user, organisation)
    row = _row(found.pk, authority)
    if not row.document_sha256:
        raise Http404
    document = _("l’acte joint au registre des signatures sous le n° %(number)d") % {"number": row.pk}
    return stored_pdf(row.document_sha256, f"habilitation-{row.pk}", document=document, attachment=True)


def _row(organisation: int, authority: int) -> SigningAuthority:
    row = (
        SigningAuthority.objects.select_related("office", "delegate__person", "grantor__person")
        .filter(pk=authority, office__organisation=organisation)
        .first()
    )
    if row is None:
        raise Http404
    return row
