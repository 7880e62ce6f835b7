"""Every form that asks who one is closes after a few tries, and stays closed even to the right answer.

The counters are those of the shared cache, as in production.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from stakeholders.models import User
from tests.codes import code_of
from tests.signatures.device import Device

pytestmark = pytest.mark.django_db
PASSWORD, WRONG = "un mot de passe de test", "ce n’est pas lui du tout"
SECRET = generate_totp_secret()


@pytest.fixture
def person() -> User:
    return User.objects.create_user("claire@ville.example", PASSWORD, first_name="Claire", last_name="B.")


def entered(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def halfway(person: User) -> Client:
    """Give the password of an account that asks for a code too."""
    TOTP.activate(person, SECRET)
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    return client


def with_codes(person: User) -> Client:
    TOTP.activate(person, SECRET)
    return entered(person)


@dataclass(frozen=True)
class Form:
    """A form: who is at it, wrong answers, how many are let through, the right one (if it has one)."""

    name: str
    start: Callable[[User], Client]
    wrong: Callable[[User], dict[str, Any]]
    tries: int
    right: Callable[[User], dict[str, Any]] | None = None


FORMS = [
    Form(
        "account_login",
        lambda _person: Client(),
        lambda person: {"login": person.email, "password": WRONG},
        5,
        lambda person: {"login": person.email, "password": PASSWORD},
    ),
    Form("mfa_authenticate", halfway, lambda _p: {"code": "000001"}, 5, lambda _p: {"code": code_of(SECRET)}),
    Form(
        "account_reauthenticate",
        entered,
        lambda _p: {"password": WRONG},
        5,
        lambda _p: {"password": PASSWORD},
    ),
    Form(
        "mfa_reauthenticate",
        with_codes,
        lambda _p: {"code": "000001"},
        5,
        lambda _p: {"code": code_of(SECRET)},
    ),
    Form(
        "account_change_password",
        entered,
        lambda _p: {"oldpassword": WRONG, "password1": "x" * 14, "password2": "x" * 14},
        5,
        lambda _p: {"oldpassword": PASSWORD, "password1": "x" * 14, "password2": "x" * 14},
    ),
    Form("mfa_login_webauthn", lambda _p: Client(), lambda _p: {"credential": "{}"}, 10),
]


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_form_closes_after_its_tries(person: User, form: Form) -> None:
    client, address = form.start(person), reverse(form.name)
    for turn in range(form.tries):
        answer = client.post(address, form.wrong(person))
        assert not closed(answer), f"closed after {turn} tries"
    asked = form.right(person) if form.right else form.wrong(person)
    answer = client.post(address, asked)
    assert closed(answer), answer.content.decode()[:300]
    if form.right and form.name in {"account_login", "mfa_authenticate"}:
        assert "_auth_user_id" not in client.session


def closed(answer: Any) -> bool:
    """Whether the answer says that there were too many tries: a page of its own, or the form's error."""
    if answer.status_code == 429:
        assert "Trop d’essais" in answer.content.decode()
        return True
    page = answer.content.decode()
    return answer.status_code == 200 and ("Trop de tentatives" in page or "Trop d’essais" in page)


def again(person: User) -> Client:
    """Return the browser of somebody who has just said again who they are."""
    client = entered(person)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


def test_a_first_password_is_tried_five_times(person: User) -> None:
    person.set_unusable_password()
    person.save()
    client, address = entered(person), reverse("account_set_password")
    for _time in range(5):
        assert client.post(address, {"password1": "x" * 14, "password2": "y" * 14}).status_code == 200
    assert closed(client.post(address, {"password1": "x" * 14, "password2": "x" * 14}))
    person.refresh_from_db()
    assert not person.has_usable_password()


def test_the_first_code_of_an_application_is_tried_five_times(person: User) -> None:
    client, address = again(person), reverse("mfa_activate_totp")
    client.get(address)
    for _time in range(5):
        assert not closed(client.post(address, {"code": "000001"}))
    assert closed(client.post(address, {"code": code_of(client.session["mfa.totp.secret"])}))
    assert not Authenticator.objects.filter(user=person).exists()


def test_a_passkey_is_tried_five_times(person: User) -> None:
    """With a key that is not the account's, then with the right one."""
    device, stranger = Device(person), Device(User.objects.create_user("autre@ville.example"))
    client, address = entered(person), reverse("mfa_reauthenticate_webauthn")

    def give(key: Device) -> str:
        asked = client.get(reverse("mfa_reauthenticate_webauthn"))
        answer = key.answer(json.loads(json.dumps(asked.context["js_data"]["request_options"])))
        return client.post(address, {"credential": json.dumps(answer)}).headers["Location"]

    for _time in range(4):
        assert give(stranger) == reverse("account_login")
    assert give(device) == reverse("inbox"), "the fifth try is let through"
    cache.clear()
    for _time in range(5):
        assert give(stranger) == reverse("account_login")
    assert give(device) == reverse("account_login"), "the right key comes too late"
    cache.clear()
    assert give(device) == reverse("inbox"), "the account's own key is right"


def test_codes_are_mailed_three_times_a_minute_to_one_address(client: Client, person: User) -> None:
    for _time in range(3):
        Client().post(reverse("account_request_login_code"), {"email": person.email})
    refused = client.post(reverse("account_request_login_code"), {"email": person.email.upper()})
    assert closed(refused)
    assert len(mail.outbox) == 3


def test_passwords_are_reset_a_few_times_a_minute(client: Client, person: User) -> None:
    for _time in range(8):
        answer = Client().post(reverse("account_reset_password"), {"email": person.email})
    assert answer.status_code in {200, 429}
    assert len(mail.outbox) == 5


def test_the_keys_of_a_reset_are_not_guessed(client: Client, person: User) -> None:
    uid, address = user_pk_to_url_str(person), reverse("account_reset_open")
    for guess in range(20):
        assert client.post(address, {"code": f"{uid}-{guess:06d}-{guess:032x}"}).status_code == 302
    right = client.post(address, {"code": f"{uid}-{default_token_generator.make_token(person)}"})
    assert right.status_code == 429


def test_recovery_codes_count_with_the_other_codes(person: User) -> None:
    client = halfway(person)
    codes = RecoveryCodes.activate(person).get_unused_codes()
    for _time in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "00000000"})
    client.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert "_auth_user_id" not in client.session


def test_an_invitation_is_answered_sixty_times_a_minute(client: Client) -> None:
    address = reverse("invitation")
    for _time in range(60):
        assert client.post(address, {"code": "x" * 43}).status_code == 422
    assert client.post(address).status_code == 429


def test_another_person_is_not_shut_out(person: User) -> None:
    other = User.objects.create_user("autre@ville.example", PASSWORD)
    for _time in range(6):
        Client().post(reverse("account_login"), {"login": person.email, "password": WRONG})
    client = Client()
    client.post(reverse("account_login"), {"login": other.email, "password": PASSWORD})
    assert client.session["_auth_user_id"] == str(other.pk)


def log_in(person: User, password: str, client: Client | None = None, address: str = "192.0.2.1") -> Client:
    client = client or Client()
    client.post(reverse("account_login"), {"login": person.email, "password": password}, REMOTE_ADDR=address)
    return client


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_hammering_an_account_from_elsewhere_does_not_shut_its_owner_out(person: User) -> None:
    """From one address the owner's is free; from a hundred, the browser that the owner uses still is."""
    usual = log_in(person, PASSWORD)
    assert is_in(usual)
    usual.post(reverse("account_logout"))
    for _time in range(6):
        log_in(person, WRONG, address="198.51.100.7")
    assert not is_in(log_in(person, PASSWORD, address="198.51.100.7")), "closed there"
    assert is_in(log_in(person, PASSWORD, address="192.0.2.2")), "open here"
    for number in range(70):
        log_in(person, WRONG, address=f"203.0.113.{number}")
    assert not is_in(log_in(person, PASSWORD, address="203.0.113.200")), "the guesses of all are bounded"
    assert is_in(log_in(person, PASSWORD, usual, address="203.0.113.201"))


def test_a_known_browser_is_no_key(person: User) -> None:
    """It is counted, belongs to one account, and is not made up."""
    other = User.objects.create_user("autre@ville.example", PASSWORD)
    usual = log_in(other, PASSWORD)
    usual.post(reverse("account_logout"))
    for _time in range(6):
        log_in(other, WRONG, usual)
    assert not is_in(log_in(other, PASSWORD, usual))
    for number in range(70):
        log_in(person, WRONG, usual, address=f"203.0.113.{number}")
    assert not is_in(log_in(person, PASSWORD, usual, address="203.0.113.99")), "another account's mark"


def test_an_invented_address_opens_no_new_tries(person: User) -> None:
    for number in range(6):
        Client(headers={"X-Forwarded-For": f"203.0.113.{number}", "X-Real-IP": "203.0.113.9"}).post(
            reverse("account_login"), {"login": person.email, "password": WRONG}
        )
    assert not is_in(log_in(person, PASSWORD, address="127.0.0.1"))


def test_a_whole_administration_logs_in_behind_one_address() -> None:
    for number in range(40):
        someone = User.objects.create_user(f"agent{number}@ville.example", PASSWORD)
        assert is_in(log_in(someone, PASSWORD))
