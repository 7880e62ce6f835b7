"""The devices on which the reader wants alerts."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from workflow.news import push_acts, push_services
from workflow.news.push_models import PushDevice
from workflow.tasks.answers import Request, member


@require_POST
@member
def push_device_add(request: Request) -> HttpResponse:
    """Alert the browser that asks, by the subscription it made."""
    given = {name: request.POST.get(name, "") for name in ("endpoint", "p256dh", "auth")}
    try:
        push_acts.add(request.user, **given)
    except push_services.Refused:
        words = _("Cet appareil ne peut pas être alerté : son navigateur passe par un service inconnu ici.")
        messages.error(request, words)
    except push_acts.TooMany:
        words = _("Vous avez déjà %(most)s appareils alertés : retirez-en un d’abord.")
        messages.error(request, words % {"most": push_acts.DEVICES_AT_MOST})
    else:
        messages.success(request, _("Cet appareil sera alerté de ce qui vous est écrit aussitôt."))
    return redirect("mail_choice")


@require_POST
@member
def push_device_remove(request: Request, device: int) -> HttpResponse:
    """Alert a device of the reader's own no more; to anybody else's, nothing happens."""
    gone, _rows = PushDevice.objects.filter(person=request.user, pk=device).delete()
    if gone:
        messages.success(request, _("Cet appareil n’est plus alerté."))
    return redirect("mail_choice")
