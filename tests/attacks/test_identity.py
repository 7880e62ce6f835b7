"""Somebody who wants to become somebody else, by the administration or by a mailbox."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.hashers import make_password
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse

from stakeholders import account_actions
from stakeholders.models import User
from tests.administrators import with_second_factor
from tests.cast import PASSWORD, Cast
from tests.codes import in_time
from tests.workflow.sockets import logged_in
from workflow.record.models import JournalEntry

MINE = "attaquant@ailleurs.example"
RESET = re.compile(r"/compte/\S+#\w+-\S+")  # the link by which a password is chosen


def change_page(person: User) -> str:
    return reverse("admin:stakeholders_user_change", args=[person.pk])


def sent(browser: Client, person: User, **facts: Any) -> Any:
    """Fill in the administration's form about somebody as it stands, changed by ``facts``."""
    page = browser.get(change_page(person))
    form = page.context["adminform"].form
    kept = {name: form.initial.get(name) for name in form.fields}
    values = {**{n: v for n, v in kept.items() if v not in {None, False}}, **facts}
    return browser.post(change_page(person), {n: v for n, v in values.items() if v is not False})


def log_in(person: User, password: str = PASSWORD) -> Client:
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": password})
    return client


def entry(verb: str) -> JournalEntry:
    return JournalEntry.objects.filter(verb=verb).latest("number")


def mailed(address: str) -> list[str]:
    return [str(m.body) for m in mail.outbox if m.to == [address]]


# --- the platform's administrator who wants somebody's password -----------------------------


@pytest.mark.parametrize("name", ["auth_user_password_change", "stakeholders_user_password_change"])
def test_an_administrator_finds_no_page_that_sets_somebody_s_password(cast: Cast, name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(f"admin:{name}", args=[cast.procureure.pk])
    browser = with_second_factor(cast.admin)
    before = User.objects.get(pk=cast.procureure.pk).password
    for path in (
        f"/administration/stakeholders/user/{cast.procureure.pk}/password/",
        change_page(cast.procureure),
    ):
        browser.post(path, {"password1": "un autre de mon choix", "password2": "un autre de mon choix"})
    assert User.objects.get(pk=cast.procureure.pk).password == before


def test_an_administrator_slips_no_password_into_the_forms_of_an_account(cast: Cast) -> None:
    browser = with_second_factor(cast.admin)
    chosen = {
        "password": make_password("choisi par moi"),
        "password1": "choisi par moi",
        "password2": "choisi par moi",
    }
    before = User.objects.get(pk=cast.procureure.pk).password
    assert sent(browser, cast.procureure, **chosen).status_code == 302
    assert User.objects.get(pk=cast.procureure.pk).password == before
    page = browser.get(reverse("admin:stakeholders_user_add")).content.decode()
    assert "password" not in page.replace("password_change", "")
    facts = {"email": "nouvelle@ville.example", "first_name": "N", "last_name": "N", **chosen}
    assert browser.post(reverse("admin:stakeholders_user_add"), facts).status_code == 302
    made = User.objects.get(email="nouvelle@ville.example")
    assert not made.has_usable_password()
    assert entry("account_opened").actor == cast.admin
    [letter] = run_mails("nouvelle@ville.example")
    assert RESET.search(letter), "its owner chooses one, by the mail"


def run_mails(address: str) -> list[str]:
    from tests.stage import run_jobs

    run_jobs()
    return mailed(address)


# --- the administrator who wants somebody's mailbox ----------------------------------------


def test_an_administrator_who_gives_a_director_their_own_address_gets_no_code(cast: Cast) -> None:
    browser, victim = with_second_factor(cast.admin), cast.bailleur_oh
    former = victim.email
    assert sent(browser, victim, email=MINE).status_code == 302
    victim.refresh_from_db()
    assert victim.email == MINE
    told = entry("address_changed")
    assert (told.actor, told.payload["person"]) == (cast.admin, victim.pk)
    assert MINE not in str(told.payload), "the journal keeps no address whole"
    [warning] = run_mails(former)
    assert MINE in warning
    assert cast.admin.email not in warning.partition("écrivez à")[2], "who did it is not who helps"
    mail.outbox.clear()
    thief = Client()
    thief.post(reverse("account_request_login_code"), {"email": MINE})
    thief.post(reverse("account_reset_password"), {"email": MINE})
    letters = run_mails(MINE)
    assert len(letters) == 2
    for letter in letters:
        assert not RESET.search(letter)
        assert not re.search(r"^[A-Z0-9]{3,}(?:-[A-Z0-9]+)?$", letter, re.MULTILINE)
    assert mailed(former) == [], "and the former one opens nothing"
    assert log_in(victim).session["_auth_user_id"] == str(victim.pk), "the person goes on with their password"


def test_a_code_asked_before_the_address_changed_opens_nothing(cast: Cast) -> None:
    browser = Client()
    browser.post(reverse("account_request_login_code"), {"email": cast.bailleur_oh.email})
    [letter] = run_mails(cast.bailleur_oh.email)
    [code] = re.findall(r"^[A-Z0-9]{3,}(?:-[A-Z0-9]+)?$", letter, re.MULTILINE)
    account_actions.change_address(cast.bailleur_oh, "neuve@orme-habitat.example", actor=cast.admin)
    browser.post(reverse("account_confirm_login_code"), {"code": code})
    assert "_auth_user_id" not in browser.session


def test_the_administrator_who_gave_an_address_does_not_confirm_it_alone(cast: Cast) -> None:
    first = with_second_factor(cast.admin)
    other = User.objects.create_superuser("autre@contreseing.example", PASSWORD, last_name="Autre")
    account_actions.change_address(cast.bailleur_oh, MINE, actor=cast.admin)
    chosen = {"action": "confirm_addresses", "_selected_action": [cast.bailleur_oh.pk]}
    first.post(reverse("admin:stakeholders_user_changelist"), chosen)
    assert User.objects.get(pk=cast.bailleur_oh.pk).mailbox_is_held
    with_second_factor(other).post(reverse("admin:stakeholders_user_changelist"), chosen)
    assert not User.objects.get(pk=cast.bailleur_oh.pk).mailbox_is_held
    assert entry("address_confirmed").actor == other
    Client().post(reverse("account_reset_password"), {"email": MINE})
    assert any(RESET.search(letter) for letter in run_mails(MINE))


def test_a_name_that_an_administrator_changes_is_journaled_and_told(cast: Cast) -> None:
    browser = with_second_factor(cast.admin)
    assert sent(browser, cast.prefete, last_name="Faussaire").status_code == 302
    assert entry("person_renamed").payload["person"] == cast.prefete.pk
    [letter] = run_mails(cast.prefete.email)
    assert "Faussaire" in letter


# --- who wants the administration ------------------------------------------------------------


def test_a_stolen_password_does_not_open_the_administration(cast: Cast) -> None:
    thief = log_in(cast.admin)
    assert thief.session["_auth_user_id"] == str(cast.admin.pk)
    for path in (
        reverse("admin:index"),
        reverse("admin:stakeholders_user_changelist"),
        change_page(cast.maire),
    ):
        answer = thief.get(path)
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith(reverse("admin:login"))
    led = thief.get(reverse("admin:index"), follow=True)
    assert led.redirect_chain[-1][0] == reverse("mfa_index")
    assert "demande un second facteur" in led.content.decode()
    chosen = {"action": "forget_factors", "_selected_action": [cast.prefete.pk]}
    thief.post(reverse("admin:stakeholders_user_changelist"), chosen)
    assert not JournalEntry.objects.filter(verb="factors_forgotten").exists()


def test_an_administrator_enrols_an_application_then_enters(cast: Cast) -> None:
    browser = log_in(cast.admin)
    browser.get(reverse("mfa_activate_totp"))
    browser.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    secret = browser.get(reverse("mfa_activate_totp")).context["form"].secret
    in_time(
        secret,
        lambda code: browser.post(reverse("mfa_activate_totp"), {"code": code}),
        accepted=lambda given: given.status_code == 302,
    )
    assert browser.get(reverse("admin:index")).status_code == 200
    assert entry("factor_added").actor == cast.admin


def test_a_recovery_code_does_not_stand_for_the_factor(cast: Cast) -> None:
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes

    TOTP.activate(cast.admin, str(generate_totp_secret()))
    [code, *_others] = RecoveryCodes.activate(cast.admin).get_unused_codes()
    browser = log_in(cast.admin)
    browser.post(reverse("mfa_authenticate"), {"code": code})
    assert browser.session["_auth_user_id"] == str(cast.admin.pk)
    answer = browser.get(reverse("admin:index"), follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("mfa_reauthenticate"))


def test_an_old_proof_changes_nobody(cast: Cast) -> None:
    browser = with_second_factor(cast.admin)
    session = browser.session
    for record in session["account_authentication_methods"]:
        record["at"] -= 3600
    session.save()
    answer = sent(browser, cast.prefete, email=MINE)
    assert answer.status_code == 200
    assert "Prouvez d’abord de nouveau qui vous êtes" in answer.content.decode()
    assert MINE in answer.content.decode(), "what was typed is kept"
    assert User.objects.get(pk=cast.prefete.pk).email != MINE


def test_an_administrator_makes_nobody_a_superuser_in_silence_nor_themselves(cast: Cast) -> None:
    staff = User.objects.create_user(MINE, PASSWORD, last_name="Agent", is_staff=True)
    other = User.objects.create_superuser("autre@contreseing.example", PASSWORD, last_name="Autre")
    open_before = log_in(staff)
    browser = with_second_factor(cast.admin)
    assert sent(browser, staff, is_superuser="on").status_code == 302
    staff.refresh_from_db()
    assert staff.is_superuser
    assert entry("platform_rights_changed").payload["is_superuser"] is True
    run_mails("")
    for address in (MINE, other.email, cast.admin.email):
        assert any("superutilisateur" in letter for letter in mailed(address)), address
    assert open_before.get(reverse("inbox")).status_code == 302, "their sessions ended"
    sent(browser, cast.admin, is_superuser=False, is_staff=False)
    cast.admin.refresh_from_db()
    assert cast.admin.is_superuser, "nobody changes their own rights"


def test_who_is_no_superuser_gives_no_right_on_the_platform(cast: Cast) -> None:
    from django.contrib.auth.models import Permission

    staff = User.objects.create_user(MINE, PASSWORD, last_name="Agent", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(content_type__app_label="stakeholders"))
    browser = with_second_factor(staff)
    sent(browser, cast.dgs, is_staff="on", is_superuser="on")
    cast.dgs.refresh_from_db()
    assert not (cast.dgs.is_staff or cast.dgs.is_superuser)


# --- what ends the thief's session -----------------------------------------------------------


def test_forgotten_factors_end_the_sessions_that_they_opened(cast: Cast) -> None:
    thief = logged_in(cast.prefete)
    account_actions.forget_factors(cast.prefete, actor=cast.admin)
    assert thief.get(reverse("inbox")).status_code == 302
    assert not Authenticator.objects.filter(user=cast.prefete).exists()
    assert len(run_mails(cast.prefete.email)) == 1


def test_a_stolen_password_appoints_nobody_for_the_platform(cast: Cast) -> None:
    town = cast.organisation("org-ville").pk
    thief, owner = log_in(cast.admin), with_second_factor(cast.admin)
    for name in ("invitation_add", "mandate_add"):
        assert thief.get(reverse(name, args=[town])).status_code == 404, name
        assert owner.get(reverse(name, args=[town])).status_code == 200, name
