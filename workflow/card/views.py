"""The pages of whoever signs with a card: another code, the enrolment of a certificate."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from signatures import card
from signatures.backends.card import CardBackend
from workflow.signing.models import SigningAct
from workflow.tasks.access import contract_for
from workflow.tasks.answers import Request, member

ENOUGH = 286  # the status by which htmx asks no more


@require_POST
@member
def card_code(request: Request, contract: int, task: int) -> HttpResponse:
    """Another code for one's own signature that waits for a card; the former serves no more."""
    found = contract_for(request.user, contract)
    rows = SigningAct.objects.select_related("request")
    act = get_object_or_404(rows, task_id=task, author=request.user, version__contract=found)
    if act.request.is_awaited and act.request.backend == CardBackend.code:
        card.ask(request.user, act.request)
    else:
        messages.info(request, _("Cette signature n’attend plus votre carte."))
    return redirect("task_done", contract, task)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member
def card_enrol(request: Request) -> HttpResponse:
    """Enrol the certificate of a card: give a code, then show how far the program is."""
    if request.method == "POST":
        card.ask(request.user)
        return redirect("card_enrol")
    session = card.last_of(request.user)
    context = {"session": session}
    if request.htmx:
        asks_again = session is not None and not session.is_over
        return render(request, "card/_partials/enrolment.html", context, status=200 if asks_again else ENOUGH)
    return render(request, "card/enrol.html", context)
