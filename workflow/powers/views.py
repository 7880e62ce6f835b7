"""Powers that wait for a second person: read what is asked, say again who one is, ask, confirm or refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from signatures import passkeys
from signatures.errors import ConfirmationRefused
from stakeholders.models import Grant, GrantState
from stakeholders.models.grants import PENDING
from stakeholders.proofs import Proof
from stakeholders.text import LineField
from workflow.powers import acts, pending
from workflow.proofs.rules import why_not_this_proof
from workflow.proofs.ways import WAYS, ways_of
from workflow.record.refusals import ActRefused
from workflow.tasks.answers import Request, member
from workflow.tasks.fields import reason_field
from workflow.tasks.pdf import stored_pdf


class ConfirmForm(Form):
    """Whether the power may serve at once, and why."""

    immediately = forms.BooleanField(
        label=gettext_lazy("Immédiatement"),
        required=False,
        help_text=gettext_lazy("Sans le délai qui précède une première signature."),
    )
    reason = reason_field(
        gettext_lazy("Pourquoi sans attendre"),
        help_text=gettext_lazy("Les personnes concernées et les pilotes des contrats le liront."),
    )
    confirmation = LineField(widget=forms.HiddenInput, required=False)


class RefusalForm(Form):
    """Why a power is refused."""

    reason = reason_field(
        gettext_lazy("Motif du refus"),
        required=True,
        help_text=gettext_lazy("La personne qui demande le lira."),
    )


@require_safe
@member
def grants(request: Request) -> HttpResponse:
    """What waits for the reader's confirmation, and what they asked for."""
    asked = pending.asked_by(request.user)
    context = {
        "to_confirm": [
            _line(grant) for grant in pending.to_confirm(request.user, request.standings.mandates)
        ],
        "asked": [_line(grant) for grant in asked],
        "drafted": sum(grant.state == GrantState.DRAFTED for grant in asked),
    }
    return render(request, "powers/pending.html", context)


@require_safe
@member
def grant(request: Request, grant: int) -> HttpResponse:
    """What is asked, for whom, by which act, and what the reader may do about it."""
    return _page(request, pending.grant_for(request.user, grant))


@require_http_methods(["GET", "HEAD", "POST"])
@member
def grant_prove(request: Request, grant: int) -> HttpResponse:
    """Check who asks, which sends the demand; or who confirms, to whom the button is then shown."""
    found = pending.grant_for(request.user, grant)
    if request.method != "POST":
        return redirect("grant", found.pk)
    purpose = _purpose(request, found)
    if not purpose:
        return _not_theirs(request, found)
    given = next((way for way in WAYS if way.field in request.POST), WAYS[-1])
    form = given.form(request.POST)
    if not form.is_valid():
        return _page(request, found, 422, proofs={given.proof: form})
    sha256 = found.fingerprint(purpose)
    if form.cleaned_data["document_sha256"] != sha256:
        return _page(request, found, 409, notice=_changed())
    if refusal := why_not_this_proof(found.organisation, given.proof):
        return _page(request, found, 422, notice=refusal)
    try:
        token = given.confirm(request.user, form.cleaned_data[given.field], document_sha256=sha256)
    except ConfirmationRefused as error:
        form.add_error(None if form.fields[given.field].widget.is_hidden else given.field, str(error))
        return _page(request, found, 422, proofs={given.proof: form})
    if purpose == acts.CONFIRM:
        return _page(request, found, confirm=ConfirmForm(initial={"confirmation": token}))
    try:
        acts.request_grant(request.user, found.pk, confirmation=token)
    except ActRefused as error:
        found.refresh_from_db()
        return _page(request, found, error.status, notice=error.message)
    messages.success(request, _("La demande est envoyée. Rien n’est donné avant sa confirmation."))
    return redirect("grant", found.pk)


@require_POST
@member
def grant_challenge(request: Request, grant: int) -> HttpResponse:
    """Ask the reader's passkey to sign the hash of what is asked."""
    found = pending.grant_for(request.user, grant)
    purpose = _purpose(request, found)
    if not purpose and found.state in PENDING and not found.has_expired:
        raise Http404
    sha256 = found.fingerprint(purpose) if purpose else ""
    if not sha256 or request.POST.get("document_sha256") != sha256:
        return JsonResponse({"error": _changed()}, status=409)
    options = passkeys.ask(request.user, document_sha256=sha256)
    return JsonResponse({"request_options": options}, headers={"Cache-Control": "no-store"})


@require_POST
@member
def grant_confirm(request: Request, grant: int) -> HttpResponse:
    """Give what was asked, as a second person."""
    found = pending.grant_for(request.user, grant)
    if _purpose(request, found) != acts.CONFIRM:
        return _not_theirs(request, found)
    form = ConfirmForm(request.POST)
    if not form.is_valid():
        return _page(request, found, 422, confirm=form)
    try:
        acts.confirm_grant(request.user, found.pk, **form.cleaned_data)
    except ActRefused as error:
        found.refresh_from_db()
        if field := getattr(error, "field", None):
            form.add_error(field, error.message)
            return _page(request, found, error.status, confirm=form)
        return _page(request, found, error.status, notice=error.message)
    messages.success(request, _("C’est confirmé. Les personnes concernées sont averties."))
    return redirect("grant", found.pk)


@require_POST
@member
def grant_refuse(request: Request, grant: int) -> HttpResponse:
    """Refuse what was asked, and say why."""
    found = pending.grant_for(request.user, grant)
    if not _may_refuse(request, found):
        return _not_theirs(request, found)
    form = RefusalForm(request.POST)
    if not form.is_valid():
        return _page(request, found, 422, refusal=form)
    reason = form.cleaned_data["reason"]
    return _ended(
        request,
        found,
        lambda: acts.refuse_grant(request.user, found.pk, reason=reason),
        _("La demande est refusée : rien n’est donné."),
    )


@require_POST
@member
def grant_withdraw(request: Request, grant: int) -> HttpResponse:
    """Take back what one asked for."""
    found = pending.grant_for(request.user, grant)
    if found.asked_by_id != request.user.pk:
        raise Http404
    return _ended(
        request,
        found,
        lambda: acts.withdraw_grant(request.user, found.pk),
        _("La demande est retirée : rien n’est donné."),
    )


@require_safe
@member
def grant_document(request: Request, grant: int) -> HttpResponse:
    """The act's PDF, as it was attached; downloaded, never opened in the page."""
    found = pending.grant_for(request.user, grant)
    if not found.document_sha256:
        raise Http404
    document = _("l’acte joint à la demande n° %(number)d") % {"number": found.pk}
    return stored_pdf(found.document_sha256, f"acte-{found.pk}", document=document, attachment=True)


def _ended(request: Request, found: Grant, act: Callable[[], object], told: str) -> HttpResponse:
    """End what was asked, say so and show what is left; or say on its page why it cannot be ended."""
    try:
        act()
    except ActRefused as error:
        found.refresh_from_db()
        return _page(request, found, error.status, notice=error.message)
    messages.success(request, told)
    return redirect("grants")


def _purpose(request: Request, found: Grant) -> str:
    """Return what the reader would prove who they are for, or nothing."""
    if found.state == GrantState.DRAFTED and found.asked_by_id == request.user.pk:
        return acts.ASK
    return "" if pending.obstacle(request.user, found) else acts.CONFIRM


def _may_refuse(request: Request, found: Grant) -> bool:
    """Whether the reader may refuse it: whoever may confirm, whoever it is for or from."""
    if found.state != GrantState.REQUESTED or found.has_expired:
        return False
    grantor = found.grantor.person_id if found.grantor else None
    return request.user.pk in {found.person_id, grantor} or _purpose(request, found) == acts.CONFIRM


def _not_theirs(request: Request, found: Grant) -> HttpResponse:
    """Answer an act that is not the reader's (404), or came too late: the page then says why."""
    if found.state in PENDING and not found.has_expired:
        raise Http404
    return _page(request, found, 409, notice=pending.closed(found))


def _line(found: Grant) -> dict[str, Any]:
    return {"grant": found, "what": pending.described(found), "days": pending.days(found)}


def _page(
    request: Request,
    found: Grant,
    status: int = 200,
    *,
    proofs: dict[Proof, Form] | None = None,
    confirm: ConfirmForm | None = None,
    refusal: RefusalForm | None = None,
    notice: str = "",
) -> HttpResponse:
    purpose = _purpose(request, found)
    is_open = found.state in PENDING and not found.has_expired
    ways = (
        ways_of(request.user, found.organisation, found.fingerprint(purpose), proofs or {}) if purpose else {}
    )
    context: dict[str, Any] = {
        "grant": found,
        "what": pending.described(found),
        "allowed": pending.allowed(found),
        "days": pending.days(found),
        "basis": pending.basis(found),
        "holders": pending.holders(found),
        "confirmers": pending.confirmers(found) if found.state == GrantState.REQUESTED else [],
        "purpose": purpose,
        "is_mine": found.asked_by_id == request.user.pk and is_open,
        "may_refuse": _may_refuse(request, found),
        "why_not": "" if purpose or notice else pending.obstacle(request.user, found),
        "confirm_form": confirm,
        "refusal_form": refusal or RefusalForm(),
        "notice": notice,
        **ways,
    }
    return render(request, "powers/power.html", context, status=status)


def _changed() -> str:
    return _("Cette demande a changé : relisez-la.")
