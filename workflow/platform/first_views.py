"""The first page of an empty installation: the code, then who administers. Gone once somebody does."""

from __future__ import annotations

from typing import Any

from allauth.account import views as account_views
from allauth.core.internal import ratelimit
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from stakeholders import first_code
from stakeholders.first_code import FirstCode
from stakeholders.security_events import Name, tell
from workflow.platform import first
from workflow.platform.forms import FirstAdministratorForm, FirstCodeForm, refuse
from workflow.record.refusals import ActRefused

LIMITS = {"open": "300/m/ip", "try": "30/m/ip"}
OPENED = "first_code"  # in the session: the primary key of the code that was typed


def login(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Log in; nobody can on an installation that waits for its first administrator."""
    if request.method == "GET" and FirstCode.objects.exists() and first_code.is_awaited():
        return redirect("first_installation")
    answer: HttpResponse = account_views.login(request, *args, **kwargs)
    return answer


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def installation(request: HttpRequest) -> HttpResponse:
    """Ask for the code."""
    if refused := _closed_or_too_many(request):
        return refused
    form = FirstCodeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        found = first_code.try_code(form.cleaned_data["code"])
        if found is not None:
            request.session.cycle_key()
            request.session[OPENED] = found
            return redirect("first_administrator")
        tell(Name.CODE_REFUSED, form="FirstCodeForm")
        form.add_error("code", _wrong())
    context = {"form": form, "code": first_code.current()}
    return render(request, "platform/first_code.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def administrator(request: HttpRequest) -> HttpResponse:
    """Ask who administers the platform; the code dies with the answer."""
    if refused := _closed_or_too_many(request):
        return refused
    opened, current = request.session.get(OPENED), first_code.current()
    if opened is None or current is None or current.pk != opened:
        return redirect("first_installation")
    form = FirstAdministratorForm(request.POST if request.method == "POST" else None)
    status = 200
    if form.is_bound:
        status = 422
        if form.is_valid():
            try:
                first.found(opened, **form.facts)
            except ActRefused as error:
                refuse(form, error.message, getattr(error, "field", None))
                status = error.status
            else:
                request.session.flush()
                messages.success(
                    request,
                    _(
                        "Votre compte est ouvert. Connectez-vous, puis ajoutez tout de suite un second "
                        "facteur."
                    ),
                )
                return redirect(f"{reverse('account_login')}?{urlencode({'next': reverse('platform')})}")
    return render(request, "platform/first_administrator.html", {"form": form}, status=status)


def _closed_or_too_many(request: HttpRequest) -> HttpResponse | None:
    if not first_code.is_awaited():
        raise Http404
    refused: HttpResponse | None = ratelimit.consume_or_429(
        request,
        app="first_code",
        action="try" if request.method == "POST" else "open",
        config=LIMITS,
        limit_get=True,
    )
    return refused


def _wrong() -> str:
    if first_code.current() is None:
        return _("Aucun code ne sert plus : demandez-en un autre au serveur, par la commande ci-dessous.")
    return _("Ce n’est pas le code affiché par le serveur : relisez-le, ou demandez-en un autre.")
