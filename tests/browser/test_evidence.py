"""The evidence of a signed contract, by a browser: asked for, shown as soon as it is made, taken away."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests.browser.actor import Actor
from tests.cast import Cast
from tests.stage import run_jobs
from tests.workflow.evidence.checking import scene

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_a_pilot_asks_for_the_evidence_and_takes_it(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = scene(cast)
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page, shots = actor.page, os.environ.get("SHOTS")

    def look(name: str) -> None:
        for width in (1280, 390):
            page.set_viewport_size({"width": width, "height": 900})
            actor.is_accessible()
            if shots:
                page.locator("#preuve").screenshot(path=str(Path(shots) / f"{name}-{width}.png"))

    page.goto(live_url + reverse("result", args=[contract.pk]))
    look("evidence-none")
    page.get_by_role("button", name="Préparer le dossier de preuve").click()
    page.get_by_role("button", name="Préparer le versement SEDA").click()
    expect(page.get_by_text("Le dossier de preuve est en préparation")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("data-live", "on")
    run_jobs()
    expect(page.get_by_role("link", name="Dossier de preuve (ZIP)")).to_be_visible()  # nobody reloads
    expect(page.get_by_role("link", name="Versement SEDA (ZIP)")).to_be_visible()
    look("evidence-ready")
    with page.expect_download() as download:
        page.get_by_role("link", name="Dossier de preuve (ZIP)").click()
    taken = zipfile.ZipFile(download.value.path())
    assert taken.testzip() is None and "CHECK.txt" in taken.namelist()
    assert download.value.suggested_filename == f"{contract.reference.lower()}-preuves.zip"
    actor.close()
