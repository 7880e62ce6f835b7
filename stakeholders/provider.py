"""ProConnect, the State's OpenID Connect provider, as allauth's registry finds it by this file's name.

Beside plain OpenID Connect it asks for a nonce, answers ``userinfo`` as a signed JWT, and
names people by ``given_name`` and ``usual_name``, their organisation by ``siret``
(ProConnect's technical documentation; OpenID Connect Core 1.0, §3.1.2.1 and §5.3.2).
"""

from __future__ import annotations

import secrets
from typing import Any

from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.internal import jwtkit
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

PROVIDER = "proconnect"
NONCE = "proconnect.nonce"  # in the session, until the answer
KEPT = ("sub", "email", "uid", "siret", "given_name", "usual_name")


class ProConnectAdapter(OpenIDConnectOAuth2Adapter):
    """Fetches the tokens and the claims."""

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any
    ) -> SocialLogin:
        """Check that the identity token answers this very request; return the login it allows."""
        expected = request.session.pop(NONCE, None)
        identity = kwargs["response"].get("id_token")
        if not identity or expected is None:
            raise OAuth2Error("No identity token, or no request that it answers.")
        claims = self._decode_id_token(app, identity)
        if not secrets.compare_digest(str(claims.get("nonce", "")), expected):
            raise OAuth2Error("The identity token answers another request.")
        person = self._fetch_user_info(token.token)
        if person.get("sub") != claims["sub"]:
            raise OAuth2Error("The claims are about somebody else.")
        return self.get_provider().sociallogin_from_response(request, {"userinfo": person})

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        """Return the address that the provider sends the browser back to."""
        return settings.PUBLIC_URL + reverse("proconnect_callback")

    def _fetch_user_info(self, access_token: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {access_token}"}
        with get_adapter().get_requests_session() as session:
            answer = session.get(self.profile_url, headers=headers)
            answer.raise_for_status()
        if "application/jwt" not in answer.headers.get("Content-Type", ""):
            return dict(answer.json())
        claims = jwtkit.verify_and_decode(
            credential=answer.text.strip(),
            keys_url=self.openid_config["jwks_uri"],
            issuer=self.openid_config["issuer"],
            audience=self.get_provider().app.client_id,
            lookup_kid=jwtkit.lookup_kid_jwk,
        )
        return dict(claims)


class ProConnectProvider(OpenIDConnectProvider):
    """What ProConnect's claims mean here."""

    id = PROVIDER
    oauth2_adapter_class = ProConnectAdapter
    pkce_enabled_default = True

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Send the browser to the provider, with a nonce that the identity token must repeat."""
        request.session[NONCE] = secrets.token_urlsafe(24)
        asked = kwargs.pop("auth_params", None) or self.get_auth_params()
        kwargs["auth_params"] = {**asked, "nonce": request.session[NONCE]}
        answer: HttpResponse = super().redirect(request, process, next_url, data, **kwargs)
        return answer

    def get_login_url(self, request: HttpRequest, **kwargs: Any) -> str:
        """Return where the login begins."""
        return reverse("proconnect_login")

    def get_callback_url(self) -> str:
        """Return where the provider sends the browser back to."""
        return reverse("proconnect_callback")

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        """Read the name: ``usual_name`` is the one that the person bears at work."""
        claims = data["userinfo"]
        return {
            "email": claims.get("email"),
            "first_name": claims.get("given_name", ""),
            "last_name": claims.get("usual_name") or claims.get("family_name", ""),
        }

    def extract_email_addresses(self, data: dict[str, Any]) -> list[EmailAddress]:
        """Return the address, verified if the provider says so, or is trusted where it says nothing."""
        claims = data["userinfo"]
        trusted = self.app.settings.get("trust_email", False)
        if not claims.get("email"):
            return []
        verified = claims.get("email_verified", trusted) is True
        return [EmailAddress(email=claims["email"], verified=verified, primary=True)]

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        """Keep the claims that say who this is, and nothing else."""
        return {name: data["userinfo"][name] for name in KEPT if name in data["userinfo"]}


provider_classes = [ProConnectProvider]


def _adapter(request: HttpRequest) -> ProConnectAdapter:
    try:
        adapter = ProConnectAdapter(request, PROVIDER)
        adapter.get_provider()
    except SocialApp.DoesNotExist as error:  # not configured here
        raise Http404 from error
    return adapter


login = OAuth2LoginView.adapter_view(_adapter)
callback = OAuth2CallbackView.adapter_view(_adapter)
