"""The certificates that wait for the platform: nobody else administers the organisation of their owner."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from signatures.models import EnrolledKey
from workflow.keys import acts
from workflow.keys.forms import ConfirmKeyForm
from workflow.platform.door import for_platform
from workflow.record.refusals import ActRefused
from workflow.tasks.answers import Request


@require_http_methods(["GET", "HEAD", "POST"])
@for_platform
def platform_keys(request: Request) -> HttpResponse:
    """Read them; accept one, and say why."""
    waiting = list(acts.waiting_for_platform(request.user))
    forms = {key: ConfirmKeyForm(prefix=str(key.pk)) for key in waiting}
    if request.method != "POST":
        return _page(request, forms)
    sent = next((key for key in waiting if str(key.pk) == request.POST.get("key")), None)
    if sent is None:
        messages.warning(request, acts.NO_LONGER_WAITS)
        return redirect("platform_keys")
    form = forms[sent] = ConfirmKeyForm(request.POST, prefix=str(sent.pk))
    if form.is_valid():
        try:
            acts.confirm(request.user, sent, form.cleaned_data["reason"], mandate=None)
        except ActRefused as error:
            form.add_error("reason", error.message)
        else:
            messages.success(request, acts.ACCEPTED)
            return redirect("platform_keys")
    return _page(request, forms, 422)


def _page(request: Request, forms: dict[EnrolledKey, ConfirmKeyForm], status: int = 200) -> HttpResponse:
    context = {"waiting": list(forms.items())}
    return render(request, "platform/keys.html", context, status=status)
