"""A word of 240 letters widens no page on the narrowest screen (WCAG 1.4.10); a header cuts no name."""

from __future__ import annotations

import pytest
from django.db.models import Model
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect

from contracts.models import Commitment, Contract, Volet
from stakeholders.models import Office, Organisation, User
from tests import plot
from tests.browser.actor import Actor
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

NARROW = {"width": 320, "height": 640}
WIDE = """() => {
  const wide = [...document.querySelectorAll("body *")].filter((each) => each.checkVisibility()
    && each.getBoundingClientRect().right > innerWidth + 1
    && !each.closest(".pdf, .diagram, .scroll-x, .visually-hidden, [hidden]"));
  return [document.documentElement.scrollWidth, wide.slice(0, 3).map((each) => each.outerHTML.slice(0, 120))];
}"""


def word(model: type[Model], name: str) -> str:
    """Return a word as long as the column takes, 240 letters at most."""
    return "Z" * min(240, getattr(model._meta.get_field(name), "max_length", None) or 240)


def lengthen() -> None:
    """Have everything that people write be one long word."""
    for model, names in (
        (Contract, ("title", "territory", "perimeter_extension", "preamble")),
        (Volet, ("title", "text")),
        (Commitment, ("title", "description", "indicator", "unit")),
        (User, ("first_name", "last_name")),
        (Organisation, ("name", "short_name")),
    ):
        model.objects.update(**{name: word(model, name) for name in names})
    Contract.objects.update(communes=["Z" * 120])
    for office in Office.objects.all():
        Office.objects.filter(pk=office.pk).update(title=f"{word(Office, 'title')[:-4]}{office.pk}")


def is_narrow(page: Page, address: str) -> None:
    page.goto(address)
    width, wide = page.evaluate(WIDE)
    assert width <= 320 and not wide, f"{address}: {width} px, {wide}"


def test_no_page_is_widened_by_a_long_word(browser: Browser, cast: Cast, live_url: str) -> None:
    contract = plot.at_review(cast)
    volet = contract.volets.order_by("order")[0]
    commitment = volet.commitments.order_by("order")[0]
    landlord, operator = plot.tasks(contract, "review")
    plot.opine(contract, operator, "unfavourable", "Z" * 240)
    lengthen()
    here, town = [contract.pk], cast.organisation("org-ville").pk
    visits = {
        cast.pilote_ville: [
            reverse("inbox"),
            reverse("basket", args=["suivis"]),
            reverse("contract_list") + "?q=" + "Z" * 100,
            reverse("contract", args=here),
            reverse("draft_editor", args=here),
            reverse("contract_edit", args=here),
            reverse("volet_edit", args=[contract.pk, volet.pk]),
            reverse("volet_delete", args=[contract.pk, volet.pk]),
            reverse("commitment_edit", args=[contract.pk, commitment.pk]),
            reverse("contacts", args=here),
            reverse("version_recall", args=here),
            reverse("version", args=[contract.pk, 1]),
            reverse("register", args=[town]),
            reverse("absences", args=[town]),
            reverse("grants"),
            reverse("account_means"),
            reverse("mfa_index"),
            "/n-existe-pas/",
        ],
        cast.bailleur_oh: [
            reverse("inbox"),
            reverse("task", args=[contract.pk, landlord.pk]),
            reverse("task_transfer", args=[contract.pk, landlord.pk]),
        ],
        cast.admin: [reverse("inbox"), reverse("account_change_password")],
    }
    for person, addresses in visits.items():
        actor = Actor(browser, live_url, person, typing=False)
        actor.page.set_viewport_size(NARROW)  # type: ignore[arg-type]
        wrong = []
        for address in addresses:
            try:
                is_narrow(actor.page, live_url + address)
            except AssertionError as error:
                wrong.append(str(error))
        assert wrong == [], "\n".join(wrong)
        actor.context.close()


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_s_header_says_the_organisation_whole(
    browser: Browser, cast: Cast, live_url: str, width: int
) -> None:
    actor = Actor(browser, live_url, cast.prefete, typing=False)
    actor.page.set_viewport_size({"width": width, "height": 844})
    menu = actor.page.locator("details.menu summary")
    expect(menu).to_contain_text(cast.organisation("org-pref").short_name)
    assert menu.evaluate("(menu) => menu.scrollWidth - menu.clientWidth") <= 0, "nothing is cut"
    menu.click()
    assert actor.page.evaluate("() => document.documentElement.scrollWidth") <= width
    actor.close()
