"""What no passkey answered: sent without its script, or written by hand. Refused in words, whatever it is."""

from __future__ import annotations

import json
from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from fido2.utils import websafe_encode
from fido2.webauthn import AuthenticationResponse, RegistrationResponse
from hypothesis import given
from hypothesis import strategies as st

from stakeholders.models import User
from stakeholders.passkeys import LONGEST, PasskeyField
from tests.signatures.device import Device

PASSWORD = "un mot de passe de test"
SAID = "Aucune clé n’a été donnée. Recommencez, ou choisissez un autre moyen."
HUGE = 40_000_000_000  # bytes, if a number was taken for so many
BY_HAND = [
    *(
        "",
        "null",
        "0",
        "[]",
        "[1]",
        "{}",
        "pas du JSON",
        '{"id": "\\u0000"}',
        "[" * 100_000,
        "x" * (LONGEST + 1),
    ),
    json.dumps({"id": "YQ", "rawId": HUGE, "response": {}}),
    json.dumps({"id": "YQ", "rawId": "YQ", "response": None}),
    json.dumps(
        {"rawId": "YQ", "response": {"clientDataJSON": HUGE, "authenticatorData": "", "signature": ""}}
    ),
]
TEXT = st.text("aZ09_-=+/\0é", max_size=8)
DEEP = [  # bytes that are read within an answer
    *(b"\x81" * 30_000, b"\xa1" * 30_000, b"\x9b" + b"\xff" * 8, b"\x5b" + b"\xff" * 8, b"[" * 30_000),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
OPTIONS = {"publicKey": {"challenge": "YWJj"}}


@pytest.fixture
def person() -> User:
    return User.objects.create_user("claire@ville.example", PASSWORD, first_name="Claire", last_name="B.")


@pytest.mark.django_db
@pytest.mark.parametrize("by_hand", BY_HAND)
def test_it_is_refused_in_words_by_every_form(person: User, by_hand: str) -> None:
    client = Client()
    page = client.post(reverse("mfa_login_webauthn"), {"credential": by_hand}, follow=True)
    assert SAID in page.content.decode(), "alone"
    assert "_auth_user_id" not in client.session
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    assert client.get(reverse("mfa_add_webauthn")).status_code == 200
    form = {"name": "Ma clé", "passwordless": "on", "credential": by_hand}
    page = client.post(reverse("mfa_add_webauthn"), form)
    assert SAID in page.content.decode(), "to be added"
    assert "Ma clé" in page.content.decode(), "what was typed is there"
    assert not Authenticator.objects.filter(user=person).exists()
    Device(person)
    other = Client()
    other.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    page = other.post(reverse("mfa_authenticate"), {"credential": by_hand}, follow=True)
    assert SAID in page.content.decode(), "after a password"
    assert "_auth_user_id" not in other.session


def test_bytes_that_exhaust_are_no_key() -> None:
    """CBOR and JSON within: nested without end, or as long as eight bytes can say."""
    for sent in map(websafe_encode, DEEP):
        made = {"rawId": "YQ", "response": {"clientDataJSON": "e30", "attestationObject": sent}}
        used = {
            "rawId": "YQ",
            "response": {"clientDataJSON": sent, "authenticatorData": sent, "signature": "YQ"},
        }
        for kind, answer in ((RegistrationResponse, made), (AuthenticationResponse, used)):
            with pytest.raises(ValidationError, match="Aucune clé"):
                PasskeyField(kind).clean(json.dumps(answer))


@pytest.mark.django_db
@pytest.mark.parametrize("whose", [b"", b"\0", b"\xff", b"-1", b"9" * 400, "9\u0669".encode(), b"1e3"])
def test_whose_it_says_to_be_may_be_anybody(person: User, whose: bytes) -> None:
    """A device answers with the handle of its owner: one of nobody logs nobody in."""
    client, device = Client(), Device(person)
    asked = client.get(reverse("mfa_login_webauthn"), headers={"X-Requested-With": "XMLHttpRequest"}).json()
    answer = device.answer(asked["request_options"])
    answer["response"]["userHandle"] = websafe_encode(whose)
    page = client.post(reverse("mfa_login_webauthn"), {"credential": json.dumps(answer)}, follow=True)
    assert page.status_code == 200
    assert [str(message) for message in page.context["messages"]]
    assert "_auth_user_id" not in client.session


@pytest.mark.django_db
def test_a_device_s_answer_is_read_and_any_part_of_it_may_be_anything(person: User) -> None:
    """Anything in the place of any part is refused as no key, or read: nothing else is raised."""
    answer = Device(person).answer(OPTIONS)
    registration = Authenticator.objects.get(user=person).data["credential"]
    for kind, whole in ((AuthenticationResponse, answer), (RegistrationResponse, registration)):
        field = PasskeyField(kind)
        assert field.clean(json.dumps(whole))["rawId"] == whole["rawId"]
        places = [(name,) for name in whole] + [("response", name) for name in whole["response"]]

        anything_is_refused_or_read(whole, field, places)


def anything_is_refused_or_read(
    whole: dict[str, Any], field: PasskeyField, places: Sequence[tuple[str, ...]]
) -> None:
    """Put anything in the place of any part of a device's answer."""

    @given(place=st.sampled_from(places), value=JSON)
    def anything(place: tuple[str, ...], value: Any) -> None:
        changed = deepcopy(whole)
        holder = changed if len(place) == 1 else changed[place[0]]
        holder[place[-1]] = value
        try:
            read = field.clean(json.dumps(changed))
        except ValidationError as error:
            assert error.messages == [SAID]
        else:
            assert set(read) == {"id", "rawId", "type", "response", "clientExtensionResults"}

    anything()
