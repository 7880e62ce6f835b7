"""What every page shows around its content."""

from __future__ import annotations

import base64
from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import salted_hmac

from config import routes
from config.guide import section_of


def installation() -> dict[str, Any]:
    """Tell the templates what this installation is, where its source is, who may vouch for people."""
    identity = settings.SOCIALACCOUNT_PROVIDERS.get("proconnect")
    return {
        "demonstration": settings.DEMONSTRATION,
        "training": settings.TRAINING,
        "mails_shown": settings.MAILS_SHOWN is not None,
        "source_url": settings.SOURCE_URL,
        "identity_provider": identity["APPS"][0]["name"] if identity else "",
    }


def page(request: HttpRequest) -> dict[str, Any]:
    """Add where its reader comes back to, and what seals the text that they type (drafts.js)."""
    return {
        **installation(),
        "help_section": section_of(request.resolver_match.url_name if request.resolver_match else None),
        "come_back": routes.come_back(request),
        "drafts_key": lambda: _drafts_key(request.user),
    }


def _drafts_key(user: AbstractBaseUser | AnonymousUser) -> str:
    """Return whose the text is (16 hexadecimal digits), and the key of its seal (256 bits, base64)."""
    whose = salted_hmac("config.drafts.owner", str(user.pk), algorithm="sha256").hexdigest()[:16]
    key = salted_hmac("config.drafts.key", str(user.pk), algorithm="sha256").digest()
    return f"{whose}.{base64.b64encode(key).decode()}"
