"""The pages of means of proof: one's own, and those that an administrator has somebody prove by voice."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from signatures import means
from stakeholders.permissions import administration_of
from workflow.proofs import acts
from workflow.proofs.forms import ProofCodeForm
from workflow.record.refusals import ActRefused
from workflow.tasks import administration
from workflow.tasks.answers import Request, member


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member
def own_means(request: Request) -> HttpResponse:
    """What counts when the reader signs, and the code by which the rest comes to count."""
    form = ProofCodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            acts.confirm(request.user, form.cleaned_data["means"], form.cleaned_data["code"])
        except ActRefused as error:
            form.add_error("code", error.message)
        else:
            messages.success(request, _("C’est confirmé : ce moyen compte dès maintenant pour signer."))
            return redirect("account_means")
    waiting = list(means.waiting().filter(user=request.user))
    context = {
        "waiting": [
            (each, form if _is_about(form, each.pk) else ProofCodeForm(initial={"means": each.pk}))
            for each in waiting
        ],
        "counting": [factor for kind in means.TYPES for factor in means.counting(request.user, kind)],
        "password_counts": request.user.has_usable_password() and means.password_counts(request.user),
        "has_factors": Authenticator.objects.filter(user=request.user).exists(),
    }
    return render(request, "proofs/means.html", context, status=422 if form.is_bound else 200)


def _is_about(form: ProofCodeForm, means_id: int) -> bool:
    return form.is_bound and str(form.data.get("means")) == str(means_id)


@require_POST
@never_cache
@member
def means_code(request: Request, organisation: int, means_id: int) -> HttpResponse:
    """Show the code that an administrator says by voice to a colleague who added a means of proof."""
    found = administration.administered_by(request.user, organisation)
    waiting = get_object_or_404(acts.waiting_in(found, request.user), pk=means_id)
    there = reverse("organisation", args=[found.pk])
    if not did_recently_reauthenticate(request):
        messages.warning(request, _("Confirmez d’abord qui vous êtes, puis demandez de nouveau le code."))
        ways = get_adapter().get_reauthentication_methods(request.user)
        return redirect(f"{ways[0]['url']}?{urlencode({'next': there})}")
    mandate = administration_of(request.user, found)
    try:
        code = acts.give_code(request.user, waiting, mandate=mandate)
    except ActRefused as error:
        messages.error(request, error.message)
        return redirect(there)
    context = {"code": code, "means": waiting, "person": waiting.user, "back_url": there}
    return render(request, "proofs/means_code.html", context)
