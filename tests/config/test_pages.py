"""The pages that a public service owes, and the way to them from everywhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from config.pages import TITLES, as_html
from tests.administrators import with_second_factor
from tests.cast import Cast
from tests.workflow.sockets import logged_in


@pytest.mark.parametrize("page", TITLES)
def test_each_page_is_open_to_all_and_linked_from_the_footer(client: Client, db: None, page: str) -> None:
    address = reverse("information", args=[page])
    assert client.get(address).status_code == 200
    footer = client.get(reverse("account_login")).content.decode().partition("<footer")[2]
    assert address in footer
    assert client.get(reverse("information", args=["autre"])).status_code == 404


def test_accessibility_is_said_as_it_is(client: Client, db: None) -> None:
    page = client.get(reverse("information", args=["accessibilite"])).content.decode()
    assert "<b>non conforme</b>" in page
    assert "Défenseur des droits" in page


def test_the_installation_completes_its_pages(
    client: Client, db: None, settings: Any, tmp_path: Path
) -> None:
    address = reverse("information", args=["mentions-legales"])
    assert "n’a pas encore complété" in client.get(address).content.decode()
    settings.PAGES_DIR = str(tmp_path)
    (tmp_path / "mentions-legales.md").write_text(
        "Éditeur\u00a0: **préfecture** <script>x</script>", encoding="utf-8"
    )
    page = client.get(address).content.decode()
    assert "<strong>préfecture</strong>" in page
    assert "<script>x" not in page
    assert "n’a pas encore complété" not in page


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("<img src=x onerror=y>", "<img"),
        ("[ici](javascript:alert(1))", "<a"),
        ("[ici](data:text/html,x)", "<a"),
        ("<a href='x'>y</a>", "<a"),
    ],
)
def test_a_page_of_the_installation_runs_nothing(text: str, never: str) -> None:
    assert never not in as_html(text)


def test_the_guide_is_one_touch_away(client: Client, players: Cast) -> None:
    page = client.get(reverse("guide"))
    assert page.status_code == 200
    assert '<h1 lang="fr">Guide' in page.content.decode()
    header = logged_in(players.maire).get(reverse("inbox")).content.decode().partition("</header>")[0]
    for name in ("guide", "contract_list", "inbox"):
        way = f'href="{reverse(name)}' + ("#" if name == "guide" else '"')  # to the section of the page
        assert header.count(way) == 1 + (name == "inbox"), "the brand leads to the inbox too"


def test_only_who_administers_the_platform_is_shown_the_way_to_it(players: Cast) -> None:
    way = f'href="{reverse("admin:index")}"'
    assert way in with_second_factor(players.admin).get(reverse("inbox")).content.decode()
    assert way not in logged_in(players.dgs).get(reverse("inbox")).content.decode()


def test_the_address_has_one_name_and_the_way_out_comes_after_the_field(
    client: Client, players: Cast
) -> None:
    for name in ("account_login", "account_reset_password", "account_request_login_code"):
        page = client.get(reverse(name)).content.decode()
        assert "Adresse électronique" in page, name
        assert "e-mail" not in page.lower(), name
    login = client.get(reverse("account_login")).content.decode()
    assert login.index('name="password"') < login.index("Mot de passe oublié")


def test_the_mail_that_resets_a_password_speaks_our_words(client: Client, players: Cast) -> None:
    client.post(reverse("account_reset_password"), {"email": players.maire.email})
    (message,) = mail.outbox
    assert message.subject == "[Contreseing] Choisir un nouveau mot de passe"
    assert "votre mot de passe reste le même" in message.body
    assert "/compte/password/reset/" in message.body
