"""A remote signing service in trouble: told from one that refuses, bounded, left alone, and never quoted."""

from __future__ import annotations

import base64
import json
import logging
import time
from typing import Any

import pytest

from signatures import breakers
from signatures.csc import calling, client, credentials, faults
from signatures.csc.providers import Service
from signatures.errors import SignatureError, TransientError
from tests.csc.scene import VERSIONS, account, attributes_of
from tests.csc.server import StrictService

pytestmark = pytest.mark.django_db


@VERSIONS
@pytest.mark.parametrize(
    ("trouble", "kind"),
    [
        ("500", faults.ServiceUnavailable),
        ("503", faults.ServiceUnavailable),
        ("429", faults.ServiceUnavailable),
        ("501", faults.NotOffered),
        ("404", faults.NotOffered),
        ("401", faults.AccountClosed),
        ("plain", faults.RemoteRefusal),
        ("garbage", faults.ServiceGarbled),
        ("nested", faults.ServiceGarbled),
        ("elsewhere", faults.ServiceGarbled),
        ("endless", faults.ServiceUnavailable),
    ],
)
def test_a_service_in_trouble_is_told_from_one_that_refuses(
    strict: StrictService, remote: Service, trouble: str, kind: type[SignatureError]
) -> None:
    strict.trouble = lambda path: trouble
    with pytest.raises(kind, match="Signature d’essai") as met:
        client.info(remote)
    assert type(met.value) is kind
    assert isinstance(met.value, TransientError) == issubclass(kind, TransientError)


TOKEN = {"access_token": "un-jeton", "token_type": "Bearer", "expires_in": 300}
KEY = {"key": {"algo": []}, "cert": {"certificates": []}, "auth": {"mode": "oauth2code"}}


@pytest.mark.parametrize("strict", ["2"], indirect=True)
@pytest.mark.parametrize(
    "odd",
    [
        {"expires_in": float("inf")},
        {"expires_in": "demain"},
        {"access_token": "deux mots"},
        {"authorization_details": [{"documentDigests": "x"}]},
        {"authorization_details": [{"documentDigests": ["x"]}]},
        {"authorization_details": [{"documentDigests": 1}]},
    ],
)
def test_a_token_with_odd_words_is_garbled(
    strict: StrictService, remote: Service, odd: dict[str, Any]
) -> None:
    strict.trouble = lambda path: json.dumps({**TOKEN, **odd})
    with pytest.raises(faults.ServiceGarbled, match="ne peut être comprise"):
        client.redeem(remote, "code", state="état", back="retour", bound=("P", [b"1" * 32]))


@pytest.mark.parametrize("strict", ["2"], indirect=True)
def test_a_key_with_odd_words_is_garbled(strict: StrictService, remote: Service) -> None:
    chain = [base64.b64encode(one).decode() for one in strict.keys["P"].chain]
    whole = {**KEY, "cert": {"certificates": chain}}
    each: list[dict[str, Any]] = [
        {"multisign": float("inf")},
        {"multisign": []},
        {"auth": "oauth2code"},
        {"key": None},
        {"SCAL": "\0"},
        {"SCAL": "\ud800"},
    ]
    for odd in each:
        said = json.dumps({**whole, **odd})
        strict.trouble = lambda path, said=said: said  # type: ignore[misc]
        with pytest.raises(faults.ServiceGarbled):
            client.credential(remote, client.Access("un-jeton", 60), "P")
        calling.forget_failures()


def test_an_expression_of_any_depth_asks_for_everything() -> None:
    asked = (credentials.Asked("PIN", "", True, True, False), credentials.Asked("OTP", "", True, True, False))
    assert not credentials.is_enough("(" * 50_000 + "PIN", asked, {"PIN"})
    assert credentials.is_enough("(" * 50_000 + "PIN", asked, {"PIN", "OTP"})


@pytest.mark.parametrize("strict", ["1"], indirect=True)
def test_a_service_that_never_answers_is_left_alone(
    strict: StrictService, remote: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calling, "TOTAL_SECONDS", 0.2)
    strict.trouble = lambda path: "mute"
    started = time.monotonic()
    for _time in range(breakers.BREAK_AFTER):
        with pytest.raises(faults.ServiceUnavailable):
            client.info(remote)
    assert time.monotonic() - started < 5
    strict.trouble = lambda path: ""
    with pytest.raises(faults.ServiceUnavailable) as met:
        client.info(remote)
    assert "left alone" in met.value.reasons["csc"]
    calling.forget_failures()
    assert client.info(remote)["name"] == "Essai"


@VERSIONS
def test_nothing_secret_is_shown_or_logged(
    strict: StrictService, remote: Service, caplog: pytest.LogCaptureFixture
) -> None:
    key = strict.keys["P"]
    key.mode = "explicit"
    caplog.set_level(logging.DEBUG)
    access = account(strict, remote, key.owner)
    mine = client.credential(remote, access, "P")
    sad = client.activate(remote, access, mine, [attributes_of(key)[1]], {"PIN": key.pin}, "essai")
    key.wrong_pins = 2
    with pytest.raises(SignatureError) as met:
        client.activate(remote, access, mine, [attributes_of(key)[1]], {"PIN": "13579"}, "essai")
    shown = f"{caplog.text} {access!r} {remote!r} {mine!r} {met.value!r} {met.value} {vars(met.value)}"
    for secret in (access.token, sad, "13579", remote.client_secret):
        assert secret not in shown
