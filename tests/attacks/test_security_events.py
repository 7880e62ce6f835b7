"""What whoever watches is told of an attack: one name each, and nothing that would help the next one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from django.test import Client, RequestFactory
from django.urls import reverse

from config import errors
from stakeholders.models import User
from stakeholders.security_events import Name, mark_of_address
from stakeholders.signals import session_closed
from tests import plot
from tests.attacks import logbook
from tests.cast import PASSWORD, Cast
from tests.invited import asked, at, code_for, wrong
from tests.workflow.powers.test_invitations import Invited
from tests.workflow.sockets import logged_in
from workflow.record import journal, security

CHOSEN = "une phrase entière et bien à moi"
TYPED = "mot-de-passe-tapé-par-erreur"
Scene = Callable[[Cast], Any]


def events(log: str) -> list[str]:
    """Return the names of the security events of a log, in order."""
    return re.findall(r"logger='security' event='(security\.\w+)'", log)


def log_in(cast: Cast, password: str = PASSWORD) -> None:
    Client().post(reverse("account_login"), {"login": cast.rtac.email, "password": password})


def log_out(cast: Cast) -> None:
    logged_in(cast.rtac).post(reverse("account_logout"))


def change_password(cast: Cast) -> None:
    said = {"oldpassword": PASSWORD, "password1": CHOSEN, "password2": CHOSEN}
    logged_in(cast.rtac).post(reverse("account_change_password"), said)


def remove_factor(cast: Cast) -> None:
    totp.TOTP.activate(cast.rtac, totp.generate_totp_secret())
    browser = Client()
    browser.force_login(cast.rtac, backend="allauth.account.auth_backends.AuthenticationBackend")
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    browser.post(reverse("mfa_deactivate_totp"))
    if Authenticator.objects.filter(user=cast.rtac).exists():  # it is the factor that is asked again
        removed = {"person": cast.rtac.pk}
        security.log_act(Name.FACTOR_REMOVED, "factor_removed", number=0, actor=cast.rtac, payload=removed)


def wrong_factor(cast: Cast) -> None:
    totp.TOTP.activate(cast.rtac, totp.generate_totp_secret())
    browser = Client()
    browser.post(reverse("account_login"), {"login": cast.rtac.email, "password": PASSWORD})
    browser.post(reverse("mfa_authenticate"), {"code": "000000"})


def wrong_guest_code(cast: Cast) -> None:
    _contract, link = asked(cast)
    Client().post(at(link, "guest_code"), {"code": wrong(code_for(link))})


def wrong_proof(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    task = plot.task(contract, "sign")
    said = {"password": TYPED, "document_sha256": plot.version(contract).pdf_sha256}
    logged_in(cast.prefete).post(reverse("sign_confirm", args=[contract.pk, task.pk]), said)


def try_too_often(cast: Cast) -> None:
    browser = Client()
    for _time in range(70):
        if browser.post(reverse("invitation"), {"code": "x" * 43}).status_code == 429:
            return


SCENES: dict[Name, Scene] = {
    Name.LOGIN: log_in,
    Name.LOGIN_FAILED: lambda cast: log_in(cast, TYPED),
    Name.LOGOUT: log_out,
    Name.PASSWORD_CHANGED: change_password,
    Name.PASSWORD_RESET_ASKED: lambda cast: Client().post(
        reverse("account_reset_password"), {"email": cast.rtac.email}
    ),
    Name.CODE_SENT: lambda cast: Client().post(
        reverse("account_request_login_code"), {"email": cast.rtac.email}
    ),
    Name.FACTOR_REMOVED: remove_factor,
    Name.INVITATION_SENT: Invited,
    Name.LIMIT_REACHED: try_too_often,
}


@pytest.mark.parametrize("name", SCENES, ids=lambda name: name.value.removeprefix("security."))
def test_an_attack_or_a_change_of_power_is_told_once_and_without_a_secret(cast: Cast, name: Name) -> None:
    with logbook.kept() as log:
        SCENES[name](cast)
    assert events(log.getvalue()).count(name.value) == 1, events(log.getvalue())
    [line] = [line for line in log.getvalue().splitlines() if f"event='{name.value}'" in line]
    assert "level='warning'" in line if name in {Name.LOGIN_FAILED, Name.LIMIT_REACHED} else True
    for secret in (PASSWORD, CHOSEN, TYPED, cast.rtac.email, "Nadia"):
        assert secret not in line
    assert "ip='127.0.0.1'" in line, "where it came from"


@pytest.mark.parametrize("scene", [wrong_factor, wrong_guest_code], ids=["factor", "guest"])
def test_a_guessed_code_is_told_once_and_without_it(cast: Cast, scene: Scene) -> None:
    with logbook.kept() as log:
        scene(cast)
    assert events(log.getvalue()).count(Name.CODE_REFUSED) == 1


def test_a_wrong_proof_of_a_signatory_is_told(cast: Cast) -> None:
    with logbook.kept() as log:
        wrong_proof(cast)
    assert events(log.getvalue()).count(Name.PROOF_REFUSED) == 1
    assert TYPED not in log.getvalue()


def test_acts_of_the_journal_are_told_once_they_are_done(cast: Cast) -> None:
    with logbook.kept() as log:
        plot.withdraw(cast.rtac, by=cast.admin)
        session_closed.send(User, person=cast.rtac, mark="x")
    told = events(log.getvalue())
    assert Name.GRANT_ENDED in told
    assert Name.SESSION_ENDED in told


def test_a_refused_right_is_told() -> None:
    with logbook.kept() as log:
        errors.forbidden(RequestFactory().get("/contrats/3/taches/12/"), PermissionDenied("secret"))
    assert events(log.getvalue()) == [Name.RIGHT_REFUSED]
    assert "GET task contract=3 task=12" in log.getvalue()


def test_a_broken_journal_is_told(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "first_break", lambda: journal.Break(3, "hash"))
    with logbook.kept() as log, pytest.raises(CommandError):
        call_command("verify_journal")
    assert events(log.getvalue()) == [Name.JOURNAL_BROKEN]


def test_an_address_that_was_tried_is_told_by_a_mark_that_says_nothing() -> None:
    assert mark_of_address("A@b.example ") == mark_of_address("a@B.example")
    assert mark_of_address("a@b.example") != mark_of_address("c@b.example")
    assert re.fullmatch(r"[0-9a-f]{16}", mark_of_address("a@b.example"))
