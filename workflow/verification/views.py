"""What is open to all: the demonstration's trust root."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def trust_root(request: HttpRequest) -> HttpResponse:
    """The certificates under which the signatures are verified (PEM)."""
    found = [path.read_bytes() for path in settings.TRUST_ROOTS if path.exists()]
    if not found:
        raise Http404
    return HttpResponse(
        b"\n".join(found),
        content_type="application/x-pem-file",
        headers={"Content-Disposition": 'attachment; filename="racine.pem"'},
    )
