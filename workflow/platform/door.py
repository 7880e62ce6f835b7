"""Who comes in: the platform's administrators, by what their session proved; others find nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from stakeholders import second_factor
from workflow.tasks.answers import Request, member

P = ParamSpec("P")


def for_platform(
    view: Callable[Concatenate[Request, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Open a view to who acts for the platform; an administrator proves a second factor first."""

    @member
    def opened(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.user.acts_for_platform:
            return view(request, *args, **kwargs)
        if not (request.user.is_superuser and request.user.is_active):
            raise Http404
        if second_factor.of(request.user):
            return redirect(second_factor.where_to_prove(request.user, request.come_back))
        messages.warning(
            request,
            _(
                "Les pages de la plateforme demandent un second facteur : ajoutez une clé d’accès, ou "
                "associez une application de codes, puis revenez-y."
            ),
        )
        return redirect("mfa_index")

    return opened
