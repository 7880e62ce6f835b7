"""Attacks by whoever sits down at the computer next: what a browser kept of somebody's pages."""

from __future__ import annotations

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path, reverse

from config import urls
from tests import plot
from tests.cast import Cast, small_contract
from tests.invited import at, confirmed, kept_asked
from tests.workflow.sockets import logged_in


def fail(request: HttpRequest) -> HttpResponse:
    """Fail as a fault does."""
    raise RuntimeError


urlpatterns = [path("panne/", fail), *urls.urlpatterns]
handler403, handler404, handler500 = urls.handler403, urls.handler404, urls.handler500


@override_settings(ROOT_URLCONF=__name__)
def test_nothing_that_somebody_was_shown_is_kept_by_the_browser(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast, "CSI-00-2026-901"))
    plot.draft_and_freeze(contract)
    browser = logged_in(cast.pilote_ville)
    browser.raise_request_exception = False
    page = reverse("contract", args=[contract.pk])
    found = {}
    for address in (
        "/",
        page,
        f"{page}journal.json",
        f"{page}processus.json",
        f"{page}processus.bpmn",
        reverse("version", args=[contract.pk, 1]),
        reverse("version_pdf", args=[contract.pk, 1]),
        reverse("mfa_index"),
        reverse("usersessions_list"),
        reverse("account_logout"),
        reverse("basket_counters"),
        "/contrats/999999/",
        "/nulle-part/",
        "/administration/",
        "/panne/",
        reverse("version_recall", args=[contract.pk]),
        reverse("register", args=[cast.organisation("org-pref").pk]),
    ):
        answer = browser.get(address)
        found[address] = answer.status_code
        assert "no-store" in answer.headers["Cache-Control"], address
    assert {200, 302, 404, 500} <= set(found.values()), found
    assert found[reverse("version_pdf", args=[contract.pk, 1])] == 200
    refused = Client(enforce_csrf_checks=True).post(reverse("account_login"))
    assert refused.status_code == 403
    assert "no-store" in refused.headers["Cache-Control"]


def test_nothing_that_a_guest_was_shown_is_kept_by_the_browser(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    browser = confirmed(link)
    for address in (
        at(link),
        at(link, "guest_code"),
        at(link, "guest_report"),
        reverse("contract", args=[contract.pk]),
    ):
        assert "no-store" in browser.get(address).headers["Cache-Control"], address


def test_a_static_file_is_kept_by_the_browser() -> None:
    answer = Client().get(f"{settings.STATIC_URL}contreseing/page.js")
    assert answer.status_code == 200
    assert "no-store" not in answer.headers.get("Cache-Control", "")


def test_whoever_logs_in_again_is_not_led_to_log_out(cast: Cast) -> None:
    """A page whose session ends leads back to itself, but for the one where one logs out."""
    client = logged_in(cast.maire)
    for name, back in (("inbox", True), ("account_logout", False)):
        page = client.get(reverse(name)).content.decode()
        [login] = re.findall(r'data-login="([^"]*)"', page)
        assert ("next=" in login) is back, name
