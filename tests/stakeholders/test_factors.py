"""Logging in by a mailed code, with an application's codes, with a recovery code: real forms and secrets."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client
from django.urls import reverse

from stakeholders.models import User
from tests.codes import code_of, in_time

pytestmark = pytest.mark.django_db
PASSWORD = "un mot de passe de test"


@pytest.fixture
def person() -> User:
    return User.objects.create_user("claire@ville.example", PASSWORD, first_name="Claire", last_name="B.")


def log_in(client: Client, person: User) -> str:
    """Give the address and the password; return where that leads."""
    answer = client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    return answer.headers.get("Location", "")


def associate(client: Client, person: User) -> str:
    """Associate an application to a logged-in person's account; return its secret."""
    assert log_in(client, person) == reverse("inbox")
    page = client.get(reverse("mfa_activate_totp"), follow=True)
    assert page.redirect_chain, "who one is must be said again first"
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret: str = page.context["form"].secret
    assert secret in page.content.decode()
    answer, _code = in_time(
        secret,
        lambda code: client.post(reverse("mfa_activate_totp"), {"code": code}),
        accepted=lambda given: given.status_code == 302,
    )
    assert answer.status_code == 302
    return secret


def test_a_mailed_code_logs_in_once(client: Client, person: User) -> None:
    asked = client.post(reverse("account_request_login_code"), {"email": person.email})
    assert asked.headers["Location"].startswith(reverse("account_confirm_login_code"))
    [message] = mail.outbox
    assert message.to == [person.email]
    assert message.subject == "[Contreseing] Votre code de connexion"
    [code] = re.findall(r"^[A-Z0-9]{3,}(?:-[A-Z0-9]+)?$", str(message.body), re.MULTILINE)
    wrong = client.post(reverse("account_confirm_login_code"), {"code": "ZZZZZZ"})
    assert wrong.status_code == 200
    assert "_auth_user_id" not in client.session
    right = client.post(reverse("account_confirm_login_code"), {"code": code})
    assert right.headers["Location"] == reverse("inbox")
    assert client.session["_auth_user_id"] == str(person.pk)
    other = Client()
    other.post(reverse("account_request_login_code"), {"email": person.email})
    other.post(reverse("account_confirm_login_code"), {"code": code})
    assert "_auth_user_id" not in other.session, "the code of another request"


def test_three_wrong_codes_and_the_right_one_is_worth_nothing(client: Client, person: User) -> None:
    client.post(reverse("account_request_login_code"), {"email": person.email})
    [code] = re.findall(r"^[A-Z0-9]{3,}(?:-[A-Z0-9]+)?$", str(mail.outbox[0].body), re.MULTILINE)
    for _attempt in range(3):
        client.post(reverse("account_confirm_login_code"), {"code": "ZZZZZZ"})
    client.post(reverse("account_confirm_login_code"), {"code": code})
    assert "_auth_user_id" not in client.session


def test_a_stranger_gets_no_code_and_cannot_tell(client: Client, person: User) -> None:
    known = client.post(reverse("account_request_login_code"), {"email": person.email})
    unknown = Client().post(reverse("account_request_login_code"), {"email": "personne@ailleurs.example"})
    assert known.headers["Location"] == unknown.headers["Location"]
    assert [message.to for message in mail.outbox] == [[person.email]]


def test_an_application_is_asked_at_each_login(client: Client, person: User) -> None:
    secret = associate(client, person)
    kept = Authenticator.objects.get(user=person, type=Authenticator.Type.TOTP)
    assert secret not in str(kept.data), "the secret is encrypted where it is kept"
    other = Client()
    assert log_in(other, person) == reverse("mfa_authenticate")
    assert "_auth_user_id" not in other.session, "the password alone is not enough any more"
    wrong = "000000" if code_of(secret) != "000000" else "111111"
    assert other.post(reverse("mfa_authenticate"), {"code": wrong}).status_code == 200
    _answer, code = in_time(
        secret,
        lambda code: other.post(reverse("mfa_authenticate"), {"code": code}),
        accepted=lambda given: given.status_code == 302,
    )
    assert other.session["_auth_user_id"] == str(person.pk)
    replayed = Client()
    log_in(replayed, person)
    replayed.post(reverse("mfa_authenticate"), {"code": code})
    assert "_auth_user_id" not in replayed.session, "a code that was seen serves nobody else"


def test_a_recovery_code_logs_in_once(client: Client, person: User) -> None:
    associate(client, person)
    page = client.get(reverse("mfa_view_recovery_codes"))
    codes = page.context["unused_codes"]
    assert len(codes) == 10
    assert all(code in page.content.decode() for code in codes)
    first = Client()
    log_in(first, person)
    first.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert first.session["_auth_user_id"] == str(person.pk)
    second = Client()
    log_in(second, person)
    second.post(reverse("mfa_authenticate"), {"code": codes[0]})
    assert "_auth_user_id" not in second.session


def test_an_address_is_not_changed_by_its_owner(client: Client, person: User) -> None:
    log_in(client, person)
    client.post(reverse("account_email"), {"action_add": "", "email": "prefete@orme.example"})
    person.refresh_from_db()
    assert person.email == "claire@ville.example"
    assert not EmailAddress.objects.filter(email="prefete@orme.example").exists()
