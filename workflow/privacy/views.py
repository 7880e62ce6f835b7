"""« Données personnelles »: what is kept and for how long, and one's own to take away."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from workflow.privacy import export, retention
from workflow.tasks.answers import Request, member


@require_safe
def personal_data(request: HttpRequest) -> HttpResponse:
    """The table of durations, open to all."""
    return render(request, "privacy/personal_data.html", {"rules": retention.RULES})


@never_cache
@require_safe
@member
def own_data(request: Request) -> HttpResponse:
    """All that is known of the reader, as a file."""
    name = f"donnees-personnelles-{timezone.localdate().isoformat()}.json"
    return JsonResponse(
        export.of(request.user),
        json_dumps_params={"ensure_ascii": False, "indent": 1},
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
