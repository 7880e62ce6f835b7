"""The remote signing services that the environment names: read whole, or refused with why."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import remote_signing
from signatures.csc.providers import Service

GIVEN = {
    "CSC_SERVICES": "essai",
    "CSC_ESSAI_NAME": "Signature d’essai",
    "CSC_ESSAI_URL": "https://api.signature.example/csc/v2/",
    "CSC_ESSAI_CLIENT_ID": "contreseing",
    "CSC_ESSAI_CLIENT_SECRET": "secret",
}


def test_a_service_is_read_and_its_secret_is_not_shown() -> None:
    (found,) = remote_signing.services(lambda name: GIVEN.get(name))
    service = Service(**found)
    assert (service.url, service.oauth_url) == (
        "https://api.signature.example/csc/v2",
        "https://api.signature.example",
    )
    assert (service.version, service.grant, service.details) == ("2", "code", True)
    assert service.client_secret == "secret"
    assert "secret'" not in repr(service)
    assert remote_signing.origins([found]) == ["https://api.signature.example"]
    assert remote_signing.services(lambda name: None) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"CSC_SERVICES": "Essai"}, "minuscules"),
        ({"CSC_ESSAI_URL": ""}, "CSC_ESSAI_URL"),
        ({"CSC_ESSAI_URL": "http://api.signature.example"}, "https"),
        ({"CSC_ESSAI_OAUTH_URL": "https://login.example/?a=b"}, "https"),
        ({"CSC_ESSAI_VERSION": "3"}, "2 ou 1"),
        ({"CSC_ESSAI_GRANT": "client", "CSC_ESSAI_CLIENT_SECRET": ""}, "CLIENT_SECRET"),
    ],
)
def test_what_cannot_be_is_said(changes: dict[str, str], said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=said):
        remote_signing.services(lambda name: {**GIVEN, **changes}.get(name))
