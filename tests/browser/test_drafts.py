"""What is typed comes back: after a session that ended, an error, another language; to its author alone."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.urls import resolve, reverse
from playwright.sync_api import Browser, Locator, Page, expect

from contracts.models import Volet
from stakeholders.models import User
from stakeholders.sessions import SessionsAdapter
from tests import plot
from tests.browser.actor import Actor
from tests.cast import PASSWORD, Cast, small_contract

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

UNPRINTABLE = "À voir avec Luc 😀"  # no font of ours has it
TEXT = "Porter à 38 agents, dont 4 la nuit."
FOUND = re.compile(r"Votre texte du \d+\s\w+ \d{4}, \d+\sh\s\d\d a été retrouvé")


def stored(page: Page) -> str:
    """Return all that the browser keeps for the site, as somebody who sits down there can read it."""
    return str(page.evaluate("() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"))


def settled(page: Page) -> None:
    """Wait until what was typed is kept."""
    page.wait_for_function(
        "() => Object.keys(localStorage).some((name) => name.startsWith('contreseing:draft'))"
    )


def log_in(page: Page, person: User) -> None:
    page.fill("[name=login]", person.email)
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Se connecter").click()


def log_out(page: Page) -> None:
    page.locator("details.menu summary").click()
    page.get_by_role("button", name="Se déconnecter").click()
    expect(page.get_by_role("heading", name="Se connecter")).to_be_visible()


def field(page: Page) -> Locator:
    return page.locator("[name=text]")


@pytest.fixture
def address(cast: Cast) -> str:
    """Return the address of a form that both pilots may open."""
    contract = plot.opened(small_contract(cast))
    return reverse("volet_edit", args=[contract.pk, contract.volets.order_by("order")[0].pk])


def test_a_session_that_ends_loses_nothing(browser: Browser, cast: Cast, live_url: str, address: str) -> None:
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page = actor.page
    page.goto(live_url + address)
    expect(page.locator("html")).to_have_attribute("data-live", "on")  # a page that asks later would leave
    field(page).fill(TEXT)
    settled(page)
    assert "38 agents" not in stored(page), "sealed"
    Session.objects.all().delete()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_role("heading", name="Se connecter")).to_be_visible()
    assert urlsplit(page.url).query == urlencode({"next": address}, safe="/")
    log_in(page, cast.pilote_prefecture)  # somebody else, on the same machine, may open the same form
    expect(field(page)).to_have_value("")
    expect(page.get_by_text(FOUND)).to_have_count(0)
    log_out(page)
    page.goto(f"{live_url}{reverse('account_login')}?next={address}")
    log_in(page, cast.pilote_ville)
    expect(field(page)).to_have_value(TEXT)
    expect(page.get_by_text(FOUND)).to_be_visible()
    actor.is_accessible()
    page.get_by_role("button", name="Effacer").click()
    expect(field(page)).to_have_value("")
    expect(page.get_by_text(FOUND)).to_have_count(0)
    page.reload()
    expect(field(page)).to_have_value("")
    actor.context.close()


def test_a_session_ended_from_elsewhere_loses_nothing(
    browser: Browser, cast: Cast, live_url: str, address: str
) -> None:
    """The page empties itself and leads to the log-in, which leads back, the query too."""
    actor = Actor(browser, live_url, cast.pilote_ville)
    page = actor.page
    page.goto(f"{live_url}{address}?de=la-une")
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    field(page).press_sequentially("Trente-huit agents")
    SessionsAdapter().end_sessions(list(UserSession.objects.filter(user=cast.pilote_ville)))
    expect(page.get_by_role("heading", name="Se connecter")).to_be_visible()
    log_in(page, cast.pilote_ville)
    expect(field(page)).to_have_value("Trente-huit agents")
    expect(page.get_by_text(FOUND)).to_be_visible()
    assert page.url == f"{live_url}{address}?de=la-une"
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Enregistré.")).to_be_visible()
    assert "draft" not in stored(page), "accepted: nothing is kept"
    actor.context.close()


def test_logging_out_forgets_and_what_was_saved_is_not_given_back(
    browser: Browser, cast: Cast, live_url: str, address: str
) -> None:
    actor = Actor(browser, live_url, cast.pilote_ville)
    page = actor.page
    page.goto(live_url + address)
    field(page).fill(TEXT)
    settled(page)
    log_out(page)
    assert "draft" not in stored(page)
    log_in(page, cast.pilote_ville)
    page.goto(live_url + address)
    page.locator("[name=title]").fill("")
    field(page).fill(TEXT)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator(".errorlist").first).to_be_visible()
    expect(field(page)).to_have_value(TEXT)
    expect(page.get_by_text(FOUND)).to_have_count(0)
    page.goto(live_url + address)  # left with its errors, opened again
    expect(field(page)).to_have_value(TEXT)
    expect(page.get_by_text(FOUND)).to_be_visible()
    page.locator("[name=title]").fill("Sécurité")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Enregistré.")).to_be_visible()
    page.goto(live_url + address)
    expect(page.get_by_text(FOUND)).to_have_count(0)
    actor.context.close()


def test_somebody_else_s_change_meanwhile_is_not_overwritten_unseen(
    browser: Browser, cast: Cast, live_url: str, address: str
) -> None:
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page = actor.page
    page.goto(live_url + address)
    field(page).fill(TEXT)
    settled(page)
    Volet.objects.filter(pk=resolve(address).kwargs["volet"]).update(text="Écrit par l’autre pilote.")
    page.goto(live_url + address)
    expect(field(page)).to_have_value(TEXT)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Modifié entre-temps").first).to_be_visible()
    expect(page.get_by_text("Écrit par l’autre pilote.").first).to_be_visible()
    actor.context.close()


def test_another_language_keeps_the_search_the_way_back_and_the_text(
    browser: Browser, cast: Cast, live_url: str, address: str
) -> None:
    stranger = browser.new_context().new_page()
    stranger.goto(f"{live_url}{reverse('account_login')}?next=/contrats/%3Fq%3Dcsi")
    stranger.fill("[name=login]", cast.pilote_ville.email)
    stranger.fill("[name=password]", PASSWORD)
    stranger.get_by_role("button", name="English").click()
    expect(stranger.get_by_role("heading", name="Log in")).to_be_visible()
    expect(stranger.locator("[name=login]")).to_have_value(cast.pilote_ville.email)
    expect(stranger.locator("[name=password]")).to_have_value("")
    assert "contreseing:" not in stored(stranger)
    stranger.fill("[name=password]", "not this one")
    stranger.locator("main form").first.get_by_role("button").click()
    expect(stranger.locator(".errorlist")).to_be_visible()
    stranger.get_by_role("button", name="Français").click()
    log_in(stranger, cast.pilote_ville)
    expect(stranger.get_by_label("Chercher un contrat")).to_have_value("csi")
    stranger.get_by_role("button", name="English").click()
    expect(stranger.locator("[name=q]")).to_have_value("csi")
    stranger.goto(live_url + address)
    field(stranger).fill(TEXT)
    stranger.get_by_role("button", name="Français").click()
    expect(stranger.get_by_role("button", name="Enregistrer")).to_be_visible()
    expect(field(stranger)).to_have_value(TEXT)
    stranger.context.close()


def test_no_secret_is_kept(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.at_signing(cast)
    actor = Actor(browser, live_url, cast.prefete, typing=False)
    page = actor.page
    task = plot.task(contract, "sign")
    for address in (reverse("task", args=[contract.pk, task.pk]), reverse("account_change_password")):
        page.goto(live_url + address)
        for secret in page.locator("main input[type=password]").all():
            secret.press_sequentially("phrase secrète")
        page.evaluate("() => new Promise((later) => setTimeout(later, 400))")  # more than the pause
        assert "contreseing:" not in stored(page), address
        assert "secrète" not in stored(page)
    actor.context.close()


def test_what_the_server_kept_is_kept_once(browser: Browser, cast: Cast, live_url: str) -> None:
    """The draft of an opinion and a note are with the server: the browser gives them up."""
    contract = plot.at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    actor = Actor(browser, live_url, cast.bailleur_oh, typing=False)
    page = actor.page
    page.goto(live_url + reverse("task", args=[contract.pk, task.pk]))
    page.get_by_label("Favorable", exact=True).check()
    page.get_by_label("Motif").fill(TEXT)
    page.get_by_label("Ajouter une note").fill("À voir avec la comptabilité.")
    settled(page)
    page.get_by_role("button", name="Garder la note").click()
    expect(page.locator("#notes li")).to_be_visible()
    expect(page.get_by_text("Brouillon enregistré")).to_be_visible()
    page.wait_for_function("() => !Object.keys(localStorage).some((name) => name.includes(':draft:'))")
    page.reload()
    expect(page.get_by_label("Motif")).to_have_value(TEXT)
    expect(page.get_by_text(FOUND)).to_have_count(0)
    actor.context.close()


def test_what_the_server_refused_stays_with_the_browser(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    actor = Actor(browser, live_url, cast.bailleur_oh, typing=False)
    page = actor.page
    page.goto(live_url + reverse("task", args=[contract.pk, task.pk]))
    note = page.get_by_label("Ajouter une note")
    note.fill(UNPRINTABLE)
    settled(page)
    with page.expect_response(lambda answer: answer.status == 422):
        page.get_by_role("button", name="Garder la note").click()
    expect(page.locator(".errorlist").first).to_be_visible()
    page.reload()
    expect(note).to_have_value(UNPRINTABLE)
    expect(page.get_by_text(FOUND)).to_be_visible()
    actor.context.close()


def test_without_a_script_the_server_keeps_what_was_sent_too_late(
    browser: Browser, cast: Cast, live_url: str, address: str
) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(f"{live_url}{reverse('account_login')}?next={address}")
    log_in(page, cast.pilote_ville)
    long = f"{TEXT}\n" * 500  # more than a stranger may send
    field(page).fill(long)
    Session.objects.all().delete()
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("le formulaire vous sera rendu")).to_be_visible()
    log_in(page, cast.pilote_ville)
    expect(page.get_by_text(FOUND)).to_be_visible()
    expect(field(page)).to_have_value(long)
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Enregistré.")).to_be_visible()
    page.goto(live_url + address)
    expect(page.get_by_text(FOUND)).to_have_count(0)
    page.context.close()
