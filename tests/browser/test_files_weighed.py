"""A file that cannot be sent is refused before it is, beside what was typed; the others go as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from contracts.models import Annex
from tests import plot
from tests.browser.actor import Actor
from tests.cast import Cast, small_contract
from tests.signatures.test_enclosures import plain
from workflow.tasks.act_files import LARGEST_ACT

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_heavy_file_or_a_folder_costs_nothing_of_what_was_typed(
    browser: Browser, cast: Cast, live_url: str, tmp_path: Path
) -> None:
    contract = plot.opened(small_contract(cast))
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page = actor.page
    page.goto(live_url + reverse("annex_add", args=[contract.pk]))
    page.locator("[name=title]").fill("Plan d’action")
    page.locator("[name=kind]").select_option("table")
    page.locator("[name=publishable][value=True]").check()
    heavy, empty, good = tmp_path / "lourd.pdf", tmp_path / "dossier", tmp_path / "plan.pdf"
    with heavy.open("wb") as file:
        file.truncate(LARGEST_ACT + 1)
    empty.touch()
    good.write_bytes(plain())
    chosen, send = page.locator("[name=file]"), page.get_by_role("button", name="Enregistrer")
    said = page.locator("[data-weighed]")
    for path, words in ((heavy, "choisissez-en un de 10"), (empty, "un dossier ne s’envoie pas")):
        chosen.set_input_files(path)
        expect(said).to_contain_text(words)
        send.click()
        expect(chosen).to_be_focused()
        expect(page.locator("[name=title]")).to_have_value("Plan d’action")
    actor.is_accessible()
    chosen.set_input_files(good)
    expect(said).to_be_empty()
    send.dblclick()
    expect(page.locator(".notice.done").first).to_contain_text("Plan d’action")
    assert Annex.objects.filter(contract=contract).count() == 1, "pressed twice, sent once"
    actor.close()
