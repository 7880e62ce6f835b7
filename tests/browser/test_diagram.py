"""The diagram of the circuit: who acts stays in view, it follows the contract, a narrow window has a list."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from tests import plot
from tests.browser.actor import PATIENCE, Actor
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_the_diagram_follows_the_contract_and_names_who_acts(
    browser: Browser, cast: Cast, live_url: str
) -> None:
    contract = plot.at_review(cast)
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page = actor.page
    page.goto(live_url + reverse("contract", args=[contract.pk]))
    drawing = page.locator(".diagram")
    expect(drawing).to_have_attribute("data-state", "ready")
    expect(page.locator(".circuit-list")).to_be_hidden()
    approve = page.locator("[data-element-id=approve]")

    def is_shown(step: str) -> bool:
        """Whether a step is in the part of the circuit that is shown, right of the names."""
        return bool(
            drawing.evaluate(
                """(root, step) => {
                const place = (element) => element.getBoundingClientRect();
                const frame = place(root), names = place(root.querySelector(".actors"));
                const box = place(root.querySelector(`[data-element-id="${step}"]`));
                return box.left >= names.right && box.right <= frame.right
                    && box.top >= frame.top && box.bottom <= frame.bottom;
                }""",
                step,
            )
        )

    drawing.scroll_into_view_if_needed()
    assert is_shown("review")
    for words in ("Pilotes (préfecture et commune)", "Organisations consultées"):
        expect(page.locator(".actors").get_by_text(words)).to_be_in_viewport()
    tag = page.locator(".tag", has_text="0 sur 2")
    expect(tag).to_be_visible()
    for waiting in plot.tasks(contract, "review"):
        plot.opine(contract, waiting)
    expect(approve).to_have_class("djs-element djs-shape at-now", timeout=PATIENCE)
    assert is_shown("approve"), "the view moves with the contract"
    page.get_by_role("button", name="Tout le circuit").click()
    assert is_shown("draft")
    assert is_shown("signed")
    expect(page.locator(".circuit-list")).to_be_visible()  # its words, at a size that is read
    expect(page.locator('[data-row="stop-approve"]')).to_contain_text("en cours")
    said = page.locator('[data-row="stop-approve"] .number').inner_text()
    # at once: what is told meanwhile has the numbers drawn anew
    sizes = drawing.evaluate(
        """(root, said) => [...root.querySelectorAll(".number")]
            .filter((one) => one.textContent === said)
            .map((one) => [getComputedStyle(one).fontSize, one.getBoundingClientRect().height])""",
        said.strip("."),
    )
    [(letters, height)] = sizes
    assert float(letters.removesuffix("px")) >= 16
    assert height >= 16, "whatever the size of the drawing"
    page.get_by_role("button", name="L’étape en cours").click()
    expect(page.locator(".circuit-list")).to_be_hidden()
    assert is_shown("approve")
    with page.expect_download() as found:
        page.get_by_role("button", name="Télécharger (SVG)").click()
    assert found.value.suggested_filename.endswith(".svg")
    with page.expect_download() as found:
        page.get_by_role("link", name="Télécharger (BPMN)").click()
    assert found.value.suggested_filename.endswith(".bpmn")
    page.get_by_role("button", name="Plein écran").click()
    expect(page.locator("[data-diagram]:fullscreen")).to_have_count(1)
    actor.close()


def test_a_phone_reads_the_circuit_as_a_list(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.at_review(cast)
    actor = Actor(browser, live_url, cast.pilote_ville, phone=True, typing=False)
    actor.page.goto(live_url + reverse("contract", args=[contract.pk]))
    expect(actor.page.locator(".diagram")).to_be_hidden()
    row = actor.page.locator('[data-row="stop-review"]')
    expect(row).to_contain_text("en cours")
    for waiting in plot.tasks(contract, "review"):
        plot.opine(contract, waiting)
    expect(row).to_contain_text("fait", timeout=PATIENCE)
    actor.close()


def test_without_its_script_the_circuit_is_a_list(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.at_review(cast)
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    context = browser.new_context(java_script_enabled=False, storage_state=actor.context.storage_state())
    page = context.new_page()
    page.goto(live_url + reverse("contract", args=[contract.pk]))
    expect(page.locator('[data-row="stop-review"]')).to_be_visible()
    expect(page.locator(".diagram")).to_be_hidden()
    expect(page.get_by_text("faites-le glisser")).to_be_hidden()
    context.close()
    actor.close()


def test_a_commitment_offers_the_people_of_the_organisation_that_leads_it(
    browser: Browser, cast: Cast, live_url: str
) -> None:
    contract = plot.at_review(cast)
    plot.opine(contract, plot.tasks(contract, "review")[0], "unfavourable", "Trop court.")
    for waiting in plot.tasks(contract, "review"):
        plot.opine(contract, waiting)
    commitment = contract.volets.all()[0].commitments.all()[0]
    actor = Actor(browser, live_url, cast.pilote_ville, typing=False)
    page = actor.page
    page.goto(live_url + reverse("commitment_edit", args=[contract.pk, commitment.pk]))
    landlord, city = cast.organisation("org-oh"), cast.organisation("org-ville")
    page.get_by_label("Organisation responsable").select_option(str(landlord.pk))
    groups = page.locator("select[data-follows] optgroup:not([disabled])")
    assert groups.evaluate_all("all => all.map((group) => group.label)") == [str(landlord)]
    page.get_by_label("Organisation responsable").select_option(str(city.pk))
    assert groups.evaluate_all("all => all.map((group) => group.label)") == [str(city)]
    page.get_by_label("Engagement", exact=True).fill("")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.locator("[data-summary]")).to_be_focused()
    page.locator("[data-summary] a").click()
    expect(page.get_by_label("Engagement", exact=True)).to_be_focused()
    page.get_by_label("Engagement", exact=True).fill("Un gardien par hall")
    page.get_by_role("button", name="Enregistrer").click()
    expect(page.get_by_text("Enregistré.")).to_be_in_viewport()
    actor.errors = [error for error in actor.errors if "422" not in error]  # the refused form
    actor.close()
