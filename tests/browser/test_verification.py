"""« Vérifier un document »: by a stranger without a script, on a desk and on a phone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from signatures import blobs
from tests import plot
from tests.browser.actor import AXE, DESK, PHONE
from tests.cast import Cast
from tests.workflow.verification.scene import signed

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
SHOTS = os.environ.get("SHOTS")  # a folder, to look at what was seen


@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_a_stranger_verifies_a_contract_and_keeps_its_report(
    browser: Browser, cast: Cast, live_url: str, tmp_path: Path, *, phone: bool
) -> None:
    contract = signed(cast)
    file = tmp_path / "contrat.pdf"
    file.write_bytes(blobs.get(plot.envelope(contract).sealed_sha256))
    context = browser.new_context(
        java_script_enabled=False, viewport=PHONE if phone else DESK, locale="fr-FR", accept_downloads=True
    )
    page = context.new_page()
    page.goto(f"{live_url}/compte/login/")
    page.get_by_role("link", name="Vérifier un document").click()
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/verify-{phone}.png", full_page=True)
    page.get_by_label("Document PDF à vérifier").set_input_files(file)
    page.get_by_role("button", name="Vérifier ce document").click()
    expect(page.locator("#verdict")).to_contain_text("Valide.")
    expect(page.get_by_text("complet et final")).to_be_visible()
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/result-{phone}.png", full_page=True)
    for name in ("PDF", "JSON", "XML (ETSI TS 119 102-2)"):
        with page.expect_download() as given:
            page.get_by_role("button", name=name, exact=True).click()
        kept = tmp_path / given.value.suggested_filename
        given.value.save_as(kept)
        assert kept.stat().st_size > 1000
        if SHOTS:
            given.value.save_as(f"{SHOTS}/{given.value.suggested_filename}")
    context.close()


def test_its_pages_are_accessible(browser: Browser, cast: Cast, live_url: str, tmp_path: Path) -> None:
    contract = signed(cast)
    good, bad = tmp_path / "contrat.pdf", tmp_path / "faux.pdf"
    good.write_bytes(blobs.get(plot.envelope(contract).sealed_sha256))
    bad.write_bytes(good.read_bytes() + b"\n% faux\n%%EOF\n")
    for size in (DESK, PHONE):
        context = browser.new_context(viewport=size, locale="fr-FR", reduced_motion="reduce")
        page = context.new_page()
        errors: list[str] = []

        def keep(error: object, seen: list[str] = errors) -> None:
            seen.append(str(error))

        page.on("pageerror", keep)
        for file in (None, good, bad):
            page.goto(f"{live_url}/verifier/")
            if file is not None:
                page.get_by_label("Document PDF à vérifier").set_input_files(file)
                page.get_by_role("button", name="Vérifier ce document").click()
                expect(page.locator("#verdict")).to_be_visible()
            is_accessible(page)
            if SHOTS and file == bad:
                page.screenshot(path=f"{SHOTS}/bad-{size['width']}.png", full_page=True)
        page.goto(f"{live_url}/v/{plot.version(contract).content_sha256[:16]}")
        expect(page.get_by_role("heading", name="Ce que doit dire votre papier")).to_be_visible()
        is_accessible(page)
        if SHOTS:
            page.screenshot(path=f"{SHOTS}/paper-{size['width']}.png", full_page=True)
        assert errors == []
        context.close()


def is_accessible(page: Page) -> None:
    found = AXE.run(page, options={"resultTypes": ["violations"]})
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
