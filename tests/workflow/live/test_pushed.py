"""What open pages are pushed: what each reader is shown of a contract, made once, and nobody else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.models import Contract
from stakeholders.actions import withdraw_mandate
from stakeholders.models import User
from stakeholders.permissions import audience
from tests import plot
from tests.cast import Cast, small_contract
from tests.snapshots import forget_caches
from tests.workflow.live_parts import live_parts
from tests.workflow.outages import not_printed
from tests.workflow.sockets import Page, logged_in, watching
from workflow.board import pushed
from workflow.drafting import acts as drafting_acts
from workflow.live.pushing import Reader

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w{64})"')


def browser(person: User, language: str = "fr") -> Client:
    """Return a browser that has shown a page with a form, as each that opens a socket has."""
    client = logged_in(person)
    client.cookies[settings.CSRF_COOKIE_NAME] = "b" * 32
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def finish_drafting(contract: Contract, person: User) -> None:
    waiting = next(task for task in plot.tasks(contract, "draft") if plot.entitled(task) == person)
    drafting_acts.submit_draft(person, waiting.pk)


def pushed_to(page: Page, contract: Contract | None = None) -> dict[str, Any]:
    """Return the next push: of that contract's parts, or of a tray alone."""
    while (found := page.hear_until("pushed")).get("contract") != (contract and contract.pk):
        pass
    return found


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return plot.opened(small_contract(cast))


def test_a_page_is_pushed_what_it_would_have_fetched_then_what_changed_only(
    cast: Cast, contract: Contract, live_url: str
) -> None:
    author, reader = browser(cast.pilote_ville), browser(cast.rtac, "en")
    with (
        watching(live_url, author, contract, since=0) as writing,
        watching(live_url, reader, contract, since=0) as reading,
    ):
        finish_drafting(contract, cast.pilote_ville)
        for page, client in ((writing, author), (reading, reader)):
            shown = pushed_to(page, contract)
            tag, drawn = (
                client.get(reverse(name, args=[contract.pk]))
                for name in ("contract_live", "contract_process")
            )
            fetched = live_parts(client, contract)
            assert {name: part.strip() for name, part in shown["parts"].items()} == {
                name: part.strip().removesuffix("</div>").strip() for name, part in fetched.items()
            }
            assert shown["tag"] == tag.headers["ETag"]
            assert shown["steps"] == drawn.json()["steps"]
            assert 'id="tray-count"' in pushed_to(page)["tray"]
        finish_drafting(contract, cast.pilote_prefecture)
        again = pushed_to(reading, contract)
        assert {"historique", "acteurs"} <= set(again["parts"])
        assert "resume" not in again["parts"], "it says what it said"


def test_a_form_that_is_pushed_can_be_sent(cast: Cast, contract: Contract, live_url: str) -> None:
    forgers = Client(enforce_csrf_checks=True)
    forgers.cookies = browser(cast.pilote_ville).cookies
    with (
        watching(live_url, forgers, contract, since=0) as one,
        watching(live_url, browser(cast.pilote_ville), contract, since=0) as other,
    ):
        not_printed(contract)
        heads: list[str] = []
        for page in (one, other):
            while not TOKEN.search(head := pushed_to(page, contract)["parts"].get("entete", "")):
                pass
            heads.append(head)
    tokens = [TOKEN.findall(head) for head in heads]
    assert tokens[0] != tokens[1], "each page has its own: what two pages send is not one form sent twice"
    address = reverse("job_retry", args=[contract.pk, plot.task(contract, "render").pk])
    assert address in heads[0]
    assert forgers.post(address).status_code == 403
    assert forgers.post(address, {"csrfmiddlewaretoken": tokens[0][0]}).status_code == 302


def test_who_lost_their_access_in_the_very_act_is_pushed_nothing(
    cast: Cast, contract: Contract, live_url: str
) -> None:
    with (
        watching(live_url, browser(cast.bailleur_oh), contract, since=0) as landlord,
        watching(live_url, browser(cast.rtac), contract, since=0) as operator,
        watching(live_url, browser(cast.outsider), since=0) as outsider,
    ):
        withdraw_mandate(cast.bailleur_oh.mandates.get(), actor=cast.admin)
        finish_drafting(contract, cast.pilote_ville)
        assert pushed_to(operator, contract)["parts"]
        assert landlord.close_code() == 4403
        assert [message for message in landlord.told if message["kind"] == "pushed"] == []
        assert outsider.hear_all() == []


def test_who_loses_their_access_while_it_is_made_is_not_among_the_allowed(
    cast: Cast, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The question is asked last: what was read before the withdrawal is sent to nobody it concerns."""
    page = pushed._page

    def withdrawn_meanwhile(*arguments: Any) -> Any:
        if (mandate := cast.bailleur_oh.mandates.filter(withdrawn_at=None).first()) is not None:
            withdraw_mandate(mandate, actor=cast.admin)
        return page(*arguments)

    readers = frozenset(Reader(person.pk, "fr", contract.pk) for person in (cast.bailleur_oh, cast.rtac))
    monkeypatch.setattr(pushed, "_page", withdrawn_meanwhile)
    made = pushed.OfThePages().parts(contract.pk, readers)
    assert cast.bailleur_oh.pk not in made.allowed
    assert cast.rtac.pk in made.allowed


def test_the_tray_of_any_page_is_pushed_and_a_page_without_a_form_fetches(
    cast: Cast, contract: Contract, live_url: str
) -> None:
    with (
        watching(live_url, browser(cast.pilote_ville)) as anywhere,
        watching(live_url, cast.pilote_ville) as formless,
    ):
        assert [page.told[-1]["pushed"] for page in (anywhere, formless)] == [True, False]
        finish_drafting(contract, cast.pilote_ville)
        shown = pushed_to(anywhere)
        page_now = browser(cast.pilote_ville).get(reverse("guide")).content.decode()
        counters = re.findall(r"<span.*?</span>", shown["tray"], re.DOTALL)
        assert len(counters) == 2
        assert all(counter in page_now for counter in counters)
        assert "pushed" not in [message["kind"] for message in formless.hear_all()]


def test_thirty_readers_are_asked_about_as_one(cast: Cast) -> None:
    contract = plot.opened(cast.contract)
    people = sorted(audience(contract))
    assert len(people) >= 12

    def asked(number: int) -> int:
        forget_caches()
        readers = frozenset(Reader(person, "fr", contract.pk) for person in people[:number])
        with CaptureQueriesContext(connection) as queries:
            parts = pushed.OfThePages().parts(contract.pk, readers)
            trays = pushed.OfThePages().trays(frozenset(reader.own for reader in readers))
        assert len(parts.shown) == len(trays.trays) == number
        return len(queries)

    asked(1)
    assert asked(len(people)) <= asked(3) + 6
