"""What every page shows around its content."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def page(request: HttpRequest) -> dict[str, Any]:
    """Tell the templates whether this is a demonstration, and where the source of what runs is."""
    return {"demonstration": settings.DEMONSTRATION, "source_url": settings.SOURCE_URL}
