"""Logging in by an identity provider: a real OpenID Connect server, ProConnect's claims, no account made."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.core.exceptions import ImproperlyConfigured
from django.test import Client, override_settings
from django.urls import reverse
from oidc_provider_mock import User as Identity
from oidc_provider_mock import run_server_in_thread
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from config import oidc
from stakeholders.models import User

pytestmark = pytest.mark.django_db
CLAIMS = {
    "email": "Claire.Martin@ville.example",
    "uid": "claire.martin",
    "siret": "21130001600017",
    "given_name": "Claire",
    "usual_name": "Martin",
}
SCOPES = "openid profile email uid siret"
IDENTITIES = [
    Identity(sub="claire", claims=CLAIMS),
    Identity(sub="says-not", claims={**CLAIMS, "email_verified": False}),
    Identity(sub="says-so", claims={**CLAIMS, "email_verified": True}),
    Identity(sub="stranger", claims={**CLAIMS, "email": "personne@ailleurs.example"}),
    Identity(sub="nameless", claims={"uid": "x"}),
]


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """Run the provider; return its address."""
    with run_server_in_thread(require_nonce=True, user_claims=IDENTITIES) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture(autouse=True)
def configured(issuer: str) -> Iterator[None]:
    with override_settings(SOCIALACCOUNT_PROVIDERS=configuration(issuer, trust_email=True)):
        yield


def configuration(issuer: str, *, trust_email: bool) -> dict[str, object]:
    return oidc.providers(
        issuer, client_id="contreseing", secret="un secret", trust_email=trust_email, scopes=SCOPES
    )


@pytest.fixture
def person() -> User:
    return User.objects.create_user("claire.martin@ville.example", first_name="Claire", last_name="M.")


def asked(client: Client) -> str:
    """Press the button of the login page; return where the browser is sent."""
    answer = client.post(reverse("proconnect_login"))
    assert answer.status_code == 302, answer.content
    return answer.headers["Location"]


def answered(address: str, sub: str) -> str:
    """Say who one is at the provider; return where it sends the browser back, on our site."""
    answer = httpx.post(address, data={"sub": sub}, trust_env=False)
    back = urlsplit(answer.headers["Location"])
    assert back.path == reverse("proconnect_callback")
    return f"{back.path}?{back.query}"


def enter(client: Client, sub: str) -> str:
    """Log in as an identity; return where that leads."""
    answer = client.get(answered(asked(client), sub))
    return answer.headers.get("Location", "")


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_verified_address_enters_its_account(client: Client, person: User) -> None:
    page = client.get(reverse("account_login")).content.decode()
    assert "S’identifier avec ProConnect" in page
    assert enter(client, "claire") == reverse("inbox")
    assert client.session["_auth_user_id"] == str(person.pk)
    joined = SocialAccount.objects.get()
    assert (joined.user, joined.provider, joined.uid) == (person, "proconnect", "claire")
    assert joined.extra_data == {**CLAIMS, "sub": "claire"}
    person.refresh_from_db()
    assert person.last_name == "M.", "what the administration wrote stays"
    person.email = "autre@ville.example"
    person.save()
    again = Client()
    enter(again, "claire")
    assert again.session["_auth_user_id"] == str(person.pk), "then found by the subject, not the address"


def test_the_request_asks_what_proconnect_asks_for(client: Client) -> None:
    asking = parse_qs(urlsplit(asked(client)).query)
    assert sorted(asking["scope"][0].split()) == sorted(SCOPES.split())
    assert asking["acr_values"] == ["eidas1"]
    assert asking["code_challenge_method"] == ["S256"]
    assert len(asking["nonce"][0]) >= 32
    assert len(asking["state"][0]) >= 8
    assert oidc.SCOPES.split() == ["openid", "given_name", "usual_name", "email", "uid", "siret"]


@pytest.mark.parametrize("sub", ["stranger", "nameless", "says-not"])
def test_nobody_gets_an_account_by_an_identity_alone(client: Client, person: User, sub: str) -> None:
    assert enter(client, sub) == reverse("account_login")
    assert not is_in(client)
    assert "Aucun compte ouvert" in client.get(reverse("account_login")).content.decode()
    assert User.objects.count() == 1
    assert not SocialAccount.objects.exists()


def test_an_address_counts_only_if_somebody_vouches_for_it(client: Client, person: User, issuer: str) -> None:
    with override_settings(SOCIALACCOUNT_PROVIDERS=configuration(issuer, trust_email=False)):
        enter(client, "claire")
        assert not is_in(client), "the provider does not say that it is verified"
        enter(client, "says-so")
        assert is_in(client)


def test_a_closed_account_stays_closed(client: Client, person: User) -> None:
    enter(client, "claire")
    User.objects.update(is_active=False)
    for sub in ("claire", "says-so"):
        other = Client()
        enter(other, sub)
        assert not is_in(other)


def test_an_answer_to_another_request_is_refused(client: Client, person: User) -> None:
    mine, theirs = asked(client), asked(Client())
    stolen = answered(theirs, "claire")
    assert not is_in(client)
    refused = client.get(stolen)
    assert "Identification impossible" in refused.content.decode()
    # the right state, with a code that was given for another nonce
    state = parse_qs(urlsplit(mine).query)["state"][0]
    code = parse_qs(urlsplit(answered(asked(Client()), "claire")).query)["code"][0]
    mixed = client.get(reverse("proconnect_callback"), {"state": state, "code": code})
    assert "Identification impossible" in mixed.content.decode()
    assert not is_in(client)


def test_whoever_gives_up_is_told_how_to_go_on(client: Client) -> None:
    state = parse_qs(urlsplit(asked(client)).query)["state"][0]
    answer = client.get(
        reverse("proconnect_callback"), {"state": state, "error": "access_denied"}, follow=True
    )
    assert "Connexion abandonnée" in answer.content.decode()


def test_without_a_configuration_there_is_no_such_door(client: Client) -> None:
    nothing = oidc.providers(None, client_id=None, secret=None, trust_email=False)
    with override_settings(SOCIALACCOUNT_PROVIDERS=nothing):
        assert client.post(reverse("proconnect_login")).status_code == 404
        assert client.get(reverse("proconnect_callback")).status_code == 404
        assert "S’identifier avec" not in client.get(reverse("account_login")).content.decode()
    with pytest.raises(ImproperlyConfigured):
        oidc.providers("https://idp.example", client_id="x", secret=None, trust_email=True)


class SignedClaims:
    """The provider's claims, handed on as ProConnect does: a signed JWT, with the key to check it."""

    def __init__(self, issuer: str) -> None:
        self.issuer, self.audience = issuer, "contreseing"
        self.key = self.published = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Serve ``/jwks`` and ``/userinfo`` (WSGI)."""
        request = Request(environ)
        if request.path == "/jwks":
            jwk = jwt.algorithms.RSAAlgorithm.to_jwk(self.published.public_key(), as_dict=True)
            answer = Response(json.dumps({"keys": [{**jwk, "kid": "k1", "alg": "RS256"}]}))
        else:
            headers = {"Authorization": request.headers["Authorization"]}
            claims = httpx.get(f"{self.issuer}/userinfo", headers=headers, trust_env=False).json()
            signed = {**claims, "iss": self.issuer, "aud": self.audience}
            token = jwt.encode(signed, self.key, "RS256", {"kid": "k1"})
            answer = Response(token, content_type="application/jwt")
        return answer(environ, start_response)


@pytest.fixture
def signing(issuer: str) -> Iterator[SignedClaims]:
    """Have the claims come as a signed JWT, all else being the provider's own."""
    claims = SignedClaims(issuer)
    server = make_server("localhost", 0, claims, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    here = f"http://localhost:{server.server_port}"
    configured = oidc.providers(
        issuer, client_id="contreseing", secret="un secret", trust_email=True, scopes=SCOPES
    )
    configured["proconnect"]["APPS"][0]["settings"]["openid_configuration_overrides"] = {
        "userinfo_endpoint": f"{here}/userinfo",
        "jwks_uri": f"{here}/jwks",
    }
    with override_settings(SOCIALACCOUNT_PROVIDERS=configured):
        yield claims
    server.shutdown()
    thread.join(5)


def test_claims_signed_as_proconnect_signs_them_are_read(
    client: Client, person: User, signing: SignedClaims
) -> None:
    assert enter(client, "claire") == reverse("inbox")
    assert SocialAccount.objects.get().extra_data["siret"] == CLAIMS["siret"]


@pytest.mark.parametrize("broken", ["key", "audience"])
def test_claims_signed_by_another_or_for_another_are_refused(
    client: Client, person: User, signing: SignedClaims, broken: str
) -> None:
    if broken == "key":
        signing.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    else:
        signing.audience = "un-autre-service"
    enter(client, "claire")
    assert not is_in(client)
    assert not SocialAccount.objects.exists()
