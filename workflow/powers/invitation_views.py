"""The link of an invitation: nothing happens until the invited person says yes."""

from __future__ import annotations

from allauth.core.internal import ratelimit
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from stakeholders.invitations import Invitation
from stakeholders.mailed_secrets import MailedSecretForm, secret_page
from workflow.powers import appointments
from workflow.powers.forms import NewAccountForm
from workflow.record.refusals import ActRefused

LIMITS = {"open": "300/m/ip", "accept": "60/m/ip"}
OPENED = "invitation"  # in the session: the number of the invitation whose link was opened


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def invitation(request: HttpRequest) -> HttpResponse:
    """Take the token of a mailed link by a POST, once, and go on at an address that holds none."""
    if refused := _too_many(request):
        return refused
    form = MailedSecretForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        offered = Invitation.objects.by_token(form.cleaned_data["code"]).first()
        if offered is not None:
            request.session[OPENED] = offered.pk
            return redirect("invitation_opened")
        form.add_error("code", _("Ce code n’ouvre aucune invitation : vérifiez qu’il est complet."))
    return secret_page(
        request,
        form,
        title=_("Invitation"),
        what=_("Le lien du courriel vous amène ici ; rien n’est accepté avant que vous ne le disiez."),
        button=_("Lire l’invitation"),
    )


def _too_many(request: HttpRequest) -> HttpResponse | None:
    action = "accept" if request.method == "POST" else "open"
    refused: HttpResponse | None = ratelimit.consume_or_429(
        request, app="invitation", action=action, config=LIMITS, limit_get=True
    )
    return refused


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def invitation_opened(request: HttpRequest) -> HttpResponse:
    """Say who invites whom to what; accepted by a POST alone."""
    if refused := _too_many(request):
        return refused
    offered = (
        Invitation.objects.filter(pk=request.session.get(OPENED, 0))
        .select_related("office__organisation", "invited_by")
        .first()
    )
    if offered is None:
        return redirect("invitation")
    form = NewAccountForm(request.POST if request.method == "POST" else None, person=offered.newcomer)
    has_account = appointments.account_of(offered) is not None
    if request.method != "POST" or not (has_account or form.is_valid()):
        return _page(request, offered, form, 422 if request.method == "POST" else 200)
    try:
        appointments.accept_invitation(
            offered.pk,
            person=None if isinstance(request.user, AnonymousUser) else request.user,
            password="" if has_account else form.cleaned_data["password1"],
        )
    except ActRefused as error:
        offered.refresh_from_db()
        return _page(request, offered, form, error.status, notice=error.message)
    if has_account:
        messages.success(request, _("La fonction est à vous."))
        return redirect("inbox")
    messages.success(
        request, _("Votre compte est ouvert : connectez-vous avec votre adresse et ce mot de passe.")
    )
    return redirect("account_login")


def _page(
    request: HttpRequest, offered: Invitation, form: NewAccountForm, status: int, notice: str = ""
) -> HttpResponse:
    account, closed = appointments.account_of(offered), offered.why_closed()
    context = {
        "invitation": offered,
        "organisation": offered.office.organisation,
        "form": form,
        "account": account,
        "closed": closed,
        "is_mine": account is not None and account == request.user,
        "notice": "" if closed else notice,
    }
    return render(request, "powers/invitation.html", context, status=409 if closed else status)
