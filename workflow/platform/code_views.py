"""The code by which a colleague's means of proof comes to count: said by voice, by another administrator."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from stakeholders.person_admin import is_fresh, stale
from workflow.platform import acts
from workflow.platform.door import for_platform
from workflow.proofs import acts as proofs_acts
from workflow.record.refusals import ActRefused
from workflow.tasks.answers import Request


@require_POST
@never_cache
@for_platform
def proof_code(request: Request, means_id: int) -> HttpResponse:
    """Show the code once, to who proved a second factor just before; never for a means of one's own."""
    waiting = get_object_or_404(proofs_acts.waiting_for_platform(), pk=means_id)
    home = "platform_administrators"
    if not is_fresh(request):
        messages.warning(request, stale())
        return redirect(home)
    try:
        code = acts.give_proof_code(request.user, waiting)
    except ActRefused as error:
        messages.error(request, error.message)
        return redirect(home)
    context = {"code": code, "means": waiting, "person": waiting.user, "back_url": reverse(home)}
    return render(request, "proofs/means_code.html", context)
