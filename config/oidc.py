"""One OpenID Connect provider, ProConnect or another of its shape; none unless it is configured."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured

SCOPES = "openid given_name usual_name email uid siret"  # ProConnect's


def providers(
    url: str | None,
    *,
    name: str = "ProConnect",
    client_id: str | None,
    secret: str | None,
    trust_email: bool,
    scopes: str = SCOPES,
) -> dict[str, Any]:
    """Return ``SOCIALACCOUNT_PROVIDERS``, empty without an issuer; raises ImproperlyConfigured.

    ``trust_email``: whether the provider vouches for each address although it does not say so
    in ``email_verified`` (ProConnect does not send that claim).
    """
    if not url:
        return {}
    if not (client_id and secret):
        raise ImproperlyConfigured("OIDC_URL demande OIDC_CLIENT_ID et OIDC_CLIENT_SECRET (ou …_FILE).")
    app = {
        "provider_id": "proconnect",
        "name": name,
        "client_id": client_id,
        "secret": secret,
        "settings": {
            "server_url": url.rstrip("/"),
            "scope": scopes.split(),
            "auth_params": {"acr_values": "eidas1"},
            "trust_email": trust_email,
        },
    }
    return {"proconnect": {"APPS": [app]}}


def origin(url: str | None) -> list[str]:
    """Return the origin of the provider, for the policy that says where a form may lead."""
    return ["/".join(url.split("/")[:3])] if url else []
