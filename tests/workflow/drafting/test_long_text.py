"""A long text is shown with its structure wherever it is read, escaped; older versions as lines."""

from __future__ import annotations

import copy

import pytest
from bs4 import BeautifulSoup, Tag
from django.test import Client
from django.urls import reverse

from contracts.canonical import content_of
from contracts.models import Commitment, Contract, ContractVersion, Volet
from contracts.soundness import faults
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner, untied
from tests.workflow.drafting.test_draft_form import filled
from tests.workflow.sockets import logged_in

PAYLOAD = "<script>alert(1)</script>"
LINES = "\n\uf0b7\tun **gras**\n•\tdeux\n  1) dessous\n\n## Titre\n| A | B |\n|---|--:|\n"
TEXT = f"Nous {PAYLOAD} :{LINES}| {PAYLOAD} | 2 |"


def written(cast: Cast) -> Contract:
    contract = plot.opened(small_contract(cast))
    row = Commitment.objects.filter(volet__contract=contract, volet__order=1).order_by("order")[0]
    row.description, contract.preamble = TEXT, TEXT
    row.save()
    contract.save()
    Volet.objects.filter(pk=row.volet_id).update(text=TEXT)
    return contract


def structured(page: str) -> list[Tag]:
    """Return the long texts of a page, each as it should be."""
    whole = BeautifulSoup(page, "html.parser")
    found = [text for text in whole.select(".long") if text.find("table")]
    for text in found:
        assert [item.get_text() for item in text.select(":scope > ul > li > ol > li")] == ["1) dessous"]
        assert [tag.get_text() for tag in text.find_all("strong")] == ["gras"]
        assert text.find("td") and text.find("td").get_text() == PAYLOAD  # type: ignore[union-attr]
        assert text.find(["h2", "h3", "h4", "h5"])
    assert PAYLOAD not in page
    return found


def test_the_draft_and_the_contract_show_the_structure(cast: Cast) -> None:
    contract = written(cast)
    pilot = logged_in(cast.pilote_ville)
    assert len(structured(pilot.get(reverse("draft_editor", args=[contract.pk])).content.decode())) == 3
    assert len(structured(pilot.get(reverse("contract", args=[contract.pk])).content.decode())) == 2


def test_the_review_shows_it(cast: Cast) -> None:
    contract = written(cast)
    plot.draft_and_freeze(contract)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    address = reverse("task", args=[contract.pk, task.pk])
    page = logged_in(cast.bailleur_oh).get(address).content.decode()
    assert len(structured(page)) == 3, "the preamble, the volet, the commitment"


def test_a_version_of_before_is_shown_in_lines(cast: Cast) -> None:
    contract = written(cast)
    plot.draft_and_freeze(contract)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    version = contract.versions.get()
    content = {**copy.deepcopy(version.content), "schema": 3}
    with as_owner(), untied():
        ContractVersion.objects.filter(pk=version.pk).update(content=content)
    page = logged_in(cast.bailleur_oh).get(reverse("task", args=[contract.pk, task.pk])).content.decode()
    whole = BeautifulSoup(page, "html.parser")
    assert not whole.select(".long")
    shown = [text.get_text() for text in whole.select(".prose") if "## Titre" in text.get_text()]
    assert len(shown) == 3 and all("|---|--:|" in text for text in shown)


def test_what_is_saved_is_what_was_typed(cast: Cast) -> None:
    contract = written(cast)
    row = Commitment.objects.filter(volet__contract=contract)[0]
    browser, address = logged_in(cast.pilote_ville), reverse("commitment_edit", args=[contract.pk, row.pk])
    typed = "## Titre\r\n- un\r\n  - deux\r\n\r\n| a | b |\r\n|---|---|\r\n| 1 | 2 |"
    assert browser.post(address, filled(browser, address, description=typed)).status_code == 302
    row.refresh_from_db()
    assert row.description == typed.replace("\r\n", "\n")
    assert not faults(content_of(contract))


@pytest.mark.parametrize("as_fragment", [True, False])
def test_a_text_is_previewed_as_it_will_be_laid_out_and_nothing_is_kept(
    cast: Cast, as_fragment: bool
) -> None:
    contract = written(cast)
    browser = logged_in(cast.pilote_ville)
    address = f"{reverse('text_preview', args=[contract.pk])}?champ=description"
    headers = {"HX-Request": "true"} if as_fragment else {}

    def previewed(text: str, who: Client = browser) -> str:
        answer = who.post(address, {"description": text, "csrfmiddlewaretoken": "x" * 64}, headers=headers)
        assert answer.status_code == 200
        return answer.content.decode()

    assert len(structured(previewed(TEXT))) == 1
    assert ("<html" in previewed(TEXT)) is not as_fragment
    assert "autre" in previewed("autre"), "asked again from the same form, it answers anew"
    assert "Le texte est vide" in previewed("  ")
    assert "8 colonnes au plus" in previewed("| c " * 12 + "|\n" + "| - " * 12 + "|")
    assert previewed("\0\u202e" + "*" * 30_000)
    assert logged_in(cast.outsider).post(address, {"description": "x"}).status_code == 404
    assert browser.post(reverse("text_preview", args=[contract.pk])).status_code == 200


def test_every_form_of_a_long_text_has_its_tools_and_a_clause_of_visas_none(cast: Cast) -> None:
    contract = written(cast)
    row = Commitment.objects.filter(volet__contract=contract)[0]
    browser = logged_in(cast.pilote_ville)
    here = contract.pk
    for address, name in (
        (reverse("contract_edit", args=[here]), "preamble"),
        (reverse("volet_edit", args=[here, row.volet_id]), "text"),
        (reverse("commitment_edit", args=[here, row.pk]), "description"),
        (reverse("clause_edit", args=[here, "object"]), "text"),
        (reverse("commitment_suggest", args=[here, row.pk]), "description"),
    ):
        page = BeautifulSoup(browser.get(address).content.decode(), "html.parser")
        (tools,) = page.select("[data-tools]")
        assert tools["aria-controls"] == f"id_{name}"
        assert [button.get_text(strip=True) for button in tools.select("button")] == [
            "Titre",
            "Gras",
            "Italique",
            "Liste",
            "Liste numérotée",
            "Tableau",
        ]
        first = page.select_one("main form [type=submit]")
        assert first is not None and not first.get("formaction"), "Enter saves, it does not preview"
    visas = browser.get(reverse("clause_edit", args=[here, "visas"])).content.decode()
    assert "data-tools" not in visas
