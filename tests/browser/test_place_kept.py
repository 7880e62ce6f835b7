"""Somebody else acts while one is in the page by the keyboard: one stays where one was."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from stakeholders.models import User
from tests import plot
from tests.browser.actor import PATIENCE, Actor
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

SELECT = """(place) => {
  const range = document.createRange();
  range.selectNodeContents(document.querySelector(place));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
}"""
FOCUSED = """() => {
  const { id, tagName, parentElement } = document.activeElement;
  return id || `${tagName} in ${parentElement?.closest("[id]")?.id}`;
}"""


def at(browser: Browser, url: str, person: User, address: str) -> Actor:
    """Open a page and wait until it is told what happens."""
    actor = Actor(browser, url, person, typing=False)
    actor.page.goto(url + address)
    expect(actor.page.locator("html")).to_have_attribute("data-live", "on")
    return actor


def meanwhile(page: Page, act: Callable[[], object], *parts: str) -> None:
    """Have somebody act, and wait until each of these parts of the page has come again and is settled."""
    page.evaluate(
        """(parts) => {
          const wanted = new Set(parts);
          const settled = (done) => ({ target }) => wanted.delete(target.id) && !wanted.size && done();
          const { body } = document;
          window.settled = new Promise((done) => body.addEventListener("contreseing:changed", settled(done)));
        }""",
        list(parts),
    )
    act()
    page.evaluate("() => window.settled")


def test_on_the_contract_s_page(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.at_review(cast)
    actor = at(browser, live_url, cast.pilote_ville, reverse("contract", args=[contract.pk]))
    page = actor.page
    page.set_viewport_size({"width": 1280, "height": 500})
    expect(page.locator(".diagram")).to_have_attribute("data-state", "ready", timeout=PATIENCE)
    places = {"#to-recall": "#etapes li:first-child b", "#historique .journal": "#entry-1 div, #acteurs th"}
    moving = [("entete", "etapes", "acteurs", "signatures", "historique"), ("acteurs", "historique")]
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for (place, chosen), waiting, parts in zip(
        places.items(), plot.tasks(contract, "review"), moving, strict=True
    ):
        page.locator(place).focus()
        page.evaluate(SELECT, chosen)
        page.evaluate("() => scrollTo(0, 120)")
        before = page.evaluate("() => [getSelection().toString(), scrollY]")
        held, where = page.evaluate_handle("() => document.activeElement"), page.evaluate(FOCUSED)
        meanwhile(
            page,
            lambda waiting=waiting: plot.opine(contract, waiting),  # type: ignore[misc]
            *parts,  # all of them first, then what changed since
        )
        expect(page.locator("#historique li").first).to_contain_text("Avis rendu")
        assert page.evaluate(FOCUSED) == where, place
        assert page.evaluate("(held) => held === document.activeElement", held), "the very element"
        assert page.evaluate("() => [getSelection().toString(), scrollY]") == before
        assert before[0] and before[1]
    assert asked == [], "all came by the socket"
    actor.close()


def test_how_far_a_list_is_scrolled_and_what_is_unfolded(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.at_review(cast)
    actor = at(browser, live_url, cast.pilote_ville, reverse("contract", args=[contract.pk]))
    page = actor.page
    page.evaluate(
        """() => {
          const sheet = new CSSStyleSheet();
          sheet.replaceSync(".journal { max-height: 8rem !important; }");
          document.adoptedStyleSheets = [sheet];
        }"""
    )
    lines = page.locator("#historique .journal")
    lines.evaluate("(list) => list.scrollTo(0, 90)")
    read = lines.evaluate(
        "(list) => [...list.children].find((row) => row.getBoundingClientRect().bottom > "
        "list.getBoundingClientRect().top + 5).id"
    )
    top = "getBoundingClientRect().top"
    height = f"(list) => document.getElementById('{read}').{top} - list.{top}"
    before = lines.evaluate(height)
    meanwhile(page, lambda: plot.opine(contract, plot.tasks(contract, "review")[0]), "historique")
    page.evaluate("() => new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    assert abs(lines.evaluate(height) - before) < 2, "the line that was read is where it was"
    opened = page.evaluate(
        """async () => {
          const contextElement = document.getElementById("etapes");
          const swap = (text) => new Promise((afterSettleCallback) => window.htmx.swap(contextElement,
            `<details id="more"><summary>${text}</summary>…</details>`,
            { swapStyle: "morph:innerHTML" }, { afterSettleCallback, contextElement }));
          await swap("before");
          document.getElementById("more").open = true;
          await swap("after");
          return [document.getElementById("more").open, document.getElementById("more").innerText];
        }"""
    )
    assert opened[0] and opened[1].startswith("after"), opened
    actor.close()


def test_in_the_inbox_the_row_goes_and_the_keyboard_stays_near(
    browser: Browser, cast: Cast, live_url: str
) -> None:
    """A colleague does the task of the row: no other row's button takes its place under the finger."""
    contract = plot.at_signing(cast)
    actor = at(browser, live_url, cast.prefete, reverse("basket", args=["a-signer"]))
    page = actor.page
    row = page.locator(f"#task-{plot.task(contract, 'sign').pk}")
    basket = page.locator("#baskets [aria-current]")
    basket.focus()
    meanwhile(page, lambda: plot.record_resolution(contract), "basket")
    expect(basket).to_be_focused()
    row.get_by_role("link").focus()
    meanwhile(page, lambda: plot.sign_next(contract), "basket")
    expect(row).to_have_count(0, timeout=PATIENCE)
    where = "() => document.activeElement.matches('#basket :not(a, button), #basket')"
    assert page.evaluate(where), page.evaluate(FOCUSED)
    actor.close()


@pytest.mark.parametrize("step", ["review", "sign"])
def test_in_a_form_what_is_typed_and_selected_stays(
    browser: Browser, cast: Cast, live_url: str, step: str
) -> None:
    contract = plot.at_review(cast) if step == "review" else plot.at_signing(cast)
    person = cast.bailleur_oh if step == "review" else cast.prefete
    mine = plot.task(contract, step, cast.organisation("org-oh") if step == "review" else None)
    actor = at(browser, live_url, person, reverse("task", args=[contract.pk, mine.pk]))
    page = actor.page
    field = page.get_by_label("Motif" if step == "review" else "Votre mot de passe")
    field.fill("Le calendrier est trop court.")
    field.evaluate("(field) => field.setSelectionRange(3, 13)")
    others = [waiting for waiting in plot.tasks(contract, "review") if waiting.pk != mine.pk]

    def act() -> None:
        if step == "review":
            plot.opine(contract, others[0])
        else:
            plot.record_resolution(contract)

    meanwhile(page, act, "tray-count")
    expect(page.locator("#live-announcer")).not_to_be_empty()
    expect(field).to_be_focused()
    expect(field).to_have_value("Le calendrier est trop court.")
    assert field.evaluate("(field) => [field.selectionStart, field.selectionEnd]") == [3, 13]
    actor.close()
