"""The pages of the means of signing: one's own; those whose name an administrator looks at."""

from __future__ import annotations

import datetime as dt

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from signatures import keys
from signatures.backends import backend
from signatures.models import EnrolledKey
from stakeholders.permissions import administration_of
from workflow.keys import acts, ways
from workflow.keys.forms import ConfirmKeyForm
from workflow.record.refusals import ActRefused
from workflow.tasks.administration import administered_by
from workflow.tasks.answers import Request, member

ENDS_SOON = dt.timedelta(days=60)


@require_safe
@never_cache
@member
def signing_keys(request: Request) -> HttpResponse:
    """One's own means of signing, and how to enrol another."""
    now, rows = timezone.now(), keys.all_of(request.user)
    waits = any(not key.is_confirmed for key in rows)
    theirs = set(acts.without_another(EnrolledKey.objects.filter(owner=request.user))) if waits else set()
    held = [
        {
            "key": key,
            "label": backend(key.means).label,
            "has_ended": key.not_after < now,
            "ends_soon": now <= key.not_after < now + ENDS_SOON,
            "for_platform": key in theirs,
        }
        for key in rows
    ]
    return render(request, "keys/own.html", {"held": held, "ways": ways.offered()})


@require_POST
@member
def key_withdraw(request: Request, key: int) -> HttpResponse:
    """Have one of one's own means of signing serve no more."""
    acts.withdraw(request.user, get_object_or_404(EnrolledKey, pk=key, owner=request.user))
    messages.success(request, _("Ce moyen de signature est retiré : il ne signera plus."))
    return redirect("signing_keys")


@require_safe
@member
def waiting_keys(request: Request, organisation: int) -> HttpResponse:
    """The certificates that bear another name than the account of whoever enrolled them."""
    found = administered_by(request.user, organisation)
    waiting = [(key, ConfirmKeyForm(prefix=str(key.pk))) for key in acts.waiting_in(found, request.user)]
    return render(request, "keys/waiting.html", {"organisation": found, "waiting": waiting})


@require_http_methods(["GET", "HEAD", "POST"])
@member
def key_confirm(request: Request, organisation: int, key: int) -> HttpResponse:
    """Accept a certificate whose name differs, and say why."""
    found = administered_by(request.user, organisation)
    if request.method != "POST":
        return redirect("waiting_keys", organisation)
    waiting = get_object_or_404(acts.waiting_in(found, request.user), pk=key)
    form = ConfirmKeyForm(request.POST, prefix=str(key))
    mandate = administration_of(request.user, found)
    if form.is_valid() and mandate is not None:
        try:
            acts.confirm(request.user, waiting, form.cleaned_data["reason"], mandate=mandate)
        except ActRefused as error:
            form.add_error("reason", error.message)
        else:
            messages.success(request, acts.ACCEPTED)
            return redirect("waiting_keys", organisation)
    rows = [
        (one, form if one.pk == key else ConfirmKeyForm(prefix=str(one.pk)))
        for one in acts.waiting_in(found, request.user)
    ]
    return render(request, "keys/waiting.html", {"organisation": found, "waiting": rows}, status=422)
