"""The parts of a contract's page: fetched in one go, not sent when they are shown already, rendered once."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.template import loader
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.models import Contract
from stakeholders.actions import withdraw_mandate
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.snapshots import forget_caches
from tests.workflow.live_parts import live_parts
from tests.workflow.sockets import logged_in
from workflow.board import parts
from workflow.drafting import acts as drafting_acts


def ask(browser: Client, contract: Contract, tag: str = "") -> Any:
    """Fetch the parts as a page does that has them in the state of that tag."""
    return browser.get(reverse("contract_live", args=[contract.pk]), headers={"If-None-Match": tag})


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return plot.opened(small_contract(cast))


def finish_drafting(contract: Contract, user: User) -> None:
    waiting = next(task for task in plot.tasks(contract, "draft") if plot.entitled(task) == user)
    drafting_acts.submit_draft(user, waiting.pk)


def test_a_page_is_sent_only_what_it_does_not_show_yet(cast: Cast, contract: Contract) -> None:
    reader, other = logged_in(cast.pilote_ville), plot.opened(small_contract(cast, "CSI-00-2026-902"))
    page = reader.get(reverse("contract", args=[contract.pk])).content.decode()
    tag = ask(reader, contract)["ETag"]
    assert f'data-etag="{tag.replace(chr(34), "&quot;")}"' in page
    finish_drafting(other, cast.pilote_ville)
    unmoved = ask(reader, contract, tag)
    assert (unmoved.status_code, unmoved.content, unmoved["ETag"]) == (304, b"", tag)
    finish_drafting(contract, cast.pilote_prefecture)
    moved = ask(reader, contract, tag)
    assert moved.status_code == 200
    assert moved["ETag"] != tag
    assert ask(reader, contract, moved["ETag"]).status_code == 304
    assert ask(logged_in(cast.pilote_prefecture), contract, moved["ETag"]).status_code == 200, "of another"
    reader.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert ask(reader, contract, moved["ETag"]).status_code == 200, "in another language"


def test_where_the_newest_lines_begin_is_a_number_that_the_journal_could_hold(
    cast: Cast, contract: Contract
) -> None:
    """Whatever an address says: the greatest number has no line after it, what is none means all of them."""
    reader, place = logged_in(cast.pilote_ville), reverse("contract_live", args=[contract.pk])
    lines = {}
    for told in ("", "0", "9" * 18, "9" * 19, "-1", "²", "١", "0x1", "1\x00"):
        answer = reader.get(place, {"depuis": told})
        assert answer.status_code == 200, told
        lines[told] = answer.content.decode().count("<time")
    assert lines.pop("9" * 18) < lines[""]
    assert set(lines.values()) == {lines[""]}


def test_what_many_read_is_rendered_once_and_what_one_has_to_do_for_each(
    cast: Cast, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[str] = []

    def counted(template: str, *arguments: Any) -> str:
        rendered.append(template.rpartition("/")[2])
        return loader.render_to_string(template, *arguments)

    monkeypatch.setattr(parts, "render_to_string", counted)
    readers = [cast.pilote_ville, cast.pilote_prefecture, cast.rtac, cast.bailleur_oh, cast.maire]
    shown = [live_parts(logged_in(person), contract) for person in readers]
    assert {
        name: rendered.count(f"{name}.html") for name in ("steps", "history", "signatures", "circuit")
    } == (dict.fromkeys(("steps", "history", "signatures", "circuit"), 1))
    assert rendered.count("head.html") == len(readers)
    assert rendered.count("lanes.html") == 4, "the mayor's organisation is the city's pilot's"
    assert len({one["etapes"] for one in shown}) == 1
    ours = [one["acteurs"].count("votre organisation") for one in shown]
    assert ours == [1] * len(readers), "each is told which row is theirs"
    assert "On vous attend" in shown[0]["entete"]
    assert "On vous attend" not in shown[2]["entete"]


def test_an_act_is_shown_at_once_whatever_is_kept(cast: Cast, contract: Contract) -> None:
    reader = logged_in(cast.rtac)
    before = live_parts(reader, contract)
    finish_drafting(contract, cast.pilote_ville)
    after = live_parts(reader, contract)
    assert before["historique"] != after["historique"]
    assert "rédaction terminée" in after["acteurs"]
    assert "rédaction terminée" not in before["acteurs"]


def test_who_may_no_longer_see_the_contract_is_answered_404_whatever_tag_they_hold(
    cast: Cast, contract: Contract
) -> None:
    reader = logged_in(cast.bailleur_oh)
    tag = ask(reader, contract)["ETag"]
    withdraw_mandate(cast.bailleur_oh.mandates.get(), actor=cast.admin)
    assert ask(reader, contract, tag).status_code == 404
    assert ask(logged_in(cast.outsider), contract).status_code == 404


def test_an_unmoved_page_asks_little_and_no_page_asks_more_for_more_versions(
    cast: Cast, contract: Contract
) -> None:
    reader = logged_in(cast.pilote_ville)
    address = reverse("contract", args=[contract.pk])

    def asked(**headers: str) -> int:
        forget_caches()
        with CaptureQueriesContext(connection) as queries:
            reader.get(address, headers=headers)
        return len(queries)

    plot.draft_and_freeze(contract)
    reader.get(address)
    once = asked()
    for _round in range(2):
        for waiting in plot.tasks(contract, "review"):
            plot.opine(contract, waiting, value="changes_requested", reason="Une date manque.")
        plot.draft_and_freeze(contract)
    assert contract.versions.count() == 3
    assert asked() <= once + 2, "what a second round opens, not what each version costs"
    tag = ask(reader, contract)["ETag"]
    with CaptureQueriesContext(connection) as queries:
        assert ask(reader, contract, tag).status_code == 304
    assert len(queries) <= 8
