"""What every page shows around its content."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """Tell the templates what this installation is, where its source is, who may vouch for people."""
    identity = settings.SOCIALACCOUNT_PROVIDERS.get("proconnect")
    return {
        "demonstration": settings.DEMONSTRATION,
        "source_url": settings.SOURCE_URL,
        "identity_provider": identity["APPS"][0]["name"] if identity else "",
    }
