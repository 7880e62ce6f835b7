"""The platform's administrators at their browsers: a password, then the code of an application."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from stakeholders.models import User
from tests.cast import PASSWORD
from tests.codes import in_time


def with_second_factor(person: User) -> Client:
    """Log in by the pages, with an application of codes that the person has had for long."""
    secret = str(generate_totp_secret())
    Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).delete()
    TOTP.activate(person, secret)
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": PASSWORD})
    in_time(
        secret,
        lambda code: client.post(reverse("mfa_authenticate"), {"code": code}),
        accepted=lambda answer: answer.status_code == 302,
    )
    assert client.session["_auth_user_id"] == str(person.pk)
    return client
