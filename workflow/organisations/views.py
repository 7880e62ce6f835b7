"""The pages of an organisation's administrator: people, offices, invitations."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from stakeholders.invitations import Invitation
from stakeholders.models import Grant, Mandate, Organisation
from workflow.keys import acts as keys_acts
from workflow.organisations.forms import InvitationForm, MandateForm, OfficeForm, ProofForm
from workflow.powers import appointments, pending
from workflow.proofs import acts as proofs_acts
from workflow.record.refusals import ActRefused
from workflow.tasks import held_files
from workflow.tasks.act_files import kept
from workflow.tasks.administration import administered_by, administers, appointing_in
from workflow.tasks.answers import Request, member


@require_safe
@member
def organisation(request: Request, organisation: int) -> HttpResponse:
    """Who holds which office, who is invited, what signing asks for."""
    return _page(request, administered_by(request.user, organisation))


@require_http_methods(["GET", "HEAD", "POST"])
@member
def invitation_add(request: Request, organisation: int) -> HttpResponse:
    """Invite a person to an office."""
    found = appointing_in(request.user, organisation)
    form = InvitationForm(
        request.POST or None,
        request.FILES or None,
        organisation=found,
        initial={"office": request.GET.get("fonction", "")},
    )
    held_files.of(request.user.pk, form)
    if request.method != "POST" or not form.is_valid():
        return _form(request, found, form, _("Inviter une personne"), _("Envoyer l’invitation"))
    try:
        made = appointments.invite(request.user, found, **_with_act(form))
    except ActRefused as error:
        return _again(request, found, form, error, _("Inviter une personne"), _("Envoyer l’invitation"))
    if isinstance(made, Grant):
        return redirect("grant", made.pk)
    messages.success(
        request,
        _("L’invitation part à %(email)s. Le lien vaut quatorze jours.")
        % {"email": form.cleaned_data["email"]},
    )
    return _back(request, found)


@require_POST
@member
def invitation_cancel(request: Request, organisation: int, invitation: int) -> HttpResponse:
    """Have an invitation's link serve no more."""
    found = appointing_in(request.user, organisation)
    offered = get_object_or_404(Invitation, pk=invitation, office__organisation=found)
    appointments.cancel_invitation(request.user, found, offered)
    messages.success(request, _("L’invitation est annulée : son lien ne sert plus."))
    return redirect("organisation", found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def mandate_add(request: Request, organisation: int) -> HttpResponse:
    """Give an office to somebody the organisation knows."""
    found = appointing_in(request.user, organisation)
    form = MandateForm(request.POST or None, request.FILES or None, organisation=found)
    held_files.of(request.user.pk, form)
    if request.method != "POST" or not form.is_valid():
        return _form(request, found, form, _("Donner une fonction"), _("Donner la fonction"))
    try:
        made = appointments.give_office(request.user, found, **_with_act(form))
    except ActRefused as error:
        return _again(request, found, form, error, _("Donner une fonction"), _("Donner la fonction"))
    if isinstance(made, Grant):
        return redirect("grant", made.pk)
    messages.success(request, _("La fonction est donnée."))
    return _back(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def office_add(request: Request, organisation: int) -> HttpResponse:
    """Create an office where each one that exists is held: a second officer, an assistant."""
    found = administered_by(request.user, organisation)
    form = OfficeForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _form(request, found, form, _("Créer une fonction"), _("Créer la fonction"))
    try:
        made = appointments.add_office(request.user, found, **form.cleaned_data)
    except ActRefused as error:
        return _again(request, found, form, error, _("Créer une fonction"), _("Créer la fonction"))
    messages.success(
        request,
        _("La fonction « %(title)s » est créée : invitez maintenant qui l’exercera.") % {"title": made.title},
    )
    return redirect("organisation", found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def mandate_withdraw(request: Request, organisation: int, mandate: int) -> HttpResponse:
    """Withdraw a mandate at once, once the administrator has read what that ends."""
    found = administered_by(request.user, organisation)
    held = Mandate.objects.select_related("person", "office__organisation").filter(
        pk=mandate, office__organisation=found
    )
    target = held.first()
    if target is None:
        raise Http404
    if request.method != "POST":
        context: dict[str, Any] = {"organisation": found, "mandate": target}
        context["why_not"] = appointments.why_not_end(request.user, target)
        return render(request, "organisations/mandate_withdraw.html", context)
    try:
        appointments.withdraw(request.user, found, target)
    except ActRefused as error:
        context = {"organisation": found, "mandate": target, "notice": error.message}
        context["why_not"] = appointments.why_not_end(request.user, target)
        return render(request, "organisations/mandate_withdraw.html", context, status=error.status)
    messages.success(request, _("Le mandat de %(person)s est retiré.") % {"person": target.person})
    if target.person == request.user and not administers(request.user, found):
        return redirect("inbox")
    return redirect("organisation", found.pk)


@require_POST
@member
def signing_proof(request: Request, organisation: int) -> HttpResponse:
    """Say what a signatory of the organisation must hold."""
    found = administered_by(request.user, organisation)
    form = ProofForm(request.POST)
    if not form.is_valid():
        return _page(request, found, 422, form)
    try:
        asked = appointments.set_signing_proof(request.user, found, form.cleaned_data["signing_proof"])
    except ActRefused as error:
        form.add_error(None, error.message)
        return _page(request, found, error.status, form)
    if asked is not None:
        return redirect("grant", asked.pk)
    messages.success(request, _("C’est enregistré, et demandé dès la prochaine signature."))
    return redirect("organisation", found.pk)


def _back(request: Request, found: Organisation) -> HttpResponse:
    return redirect(_home(request, found))


def _home(request: Request, found: Organisation) -> str:
    """Return the organisation's page; that of the platform for its administrator."""
    if administers(request.user, found):
        return reverse("organisation", args=[found.pk])
    return reverse("platform_organisation", args=[found.pk])


def _with_act(form: Any) -> dict[str, Any]:
    """Return what was typed, the act's PDF under the name by which it is kept."""
    return {**form.cleaned_data, "document": kept(form.cleaned_data["document"])}


def _page(
    request: Request, found: Organisation, status: int = 200, form: ProofForm | None = None
) -> HttpResponse:
    mandates = Mandate.objects.filter(office__organisation=found, withdrawn_at=None)
    invitations = Invitation.objects.pending().filter(office__organisation=found)
    running = [m for m in mandates.select_related("person", "office__organisation") if not m.is_over]
    context: dict[str, Any] = {
        "organisation": found,
        "mandates": running,
        "not_theirs_to_end": {m.pk for m in running if appointments.why_not_end(request.user, m)},
        "vacant": [o for o in found.offices.all() if o.holder() is None],
        "invitations": invitations.select_related("office").prefetch_related("mails"),
        "pending": [
            {"grant": grant, "what": pending.described(grant), "days": pending.days(grant)}
            for grant in pending.pending_in(found)
        ],
        "unproved": proofs_acts.waiting_in(found, request.user),
        "waiting_keys": keys_acts.waiting_in(found, request.user).count(),
        "form": form or ProofForm(initial={"signing_proof": found.signing_proof}),
    }
    return render(request, "organisations/organisation.html", context, status=status)


def _form(
    request: Request, found: Organisation, form: Any, title: str, button: str, status: int = 0
) -> HttpResponse:
    home = _home(request, found)
    if form.is_bound:
        held_files.hold(form)
    context = {"organisation": found, "form": form, "title": title, "button": button, "home": home}
    shown = status or (422 if form.is_bound else 200)
    return render(request, "organisations/organisation_form.html", context, status=shown)


def _again(
    request: Request, found: Organisation, form: Any, error: ActRefused, title: str, button: str
) -> HttpResponse:
    """Show the form as it was typed, with why it was refused."""
    field = getattr(error, "field", None)
    form.add_error(field if field in form.fields else None, error.message)
    return _form(request, found, form, title, button, error.status)
