"""A page asks as much of the database for a large contract as for a small one, and little.

Small: two organisations consulted, three commitments, two versions. Large: Clairval's eleven organisations
and their commitments, four versions, and what is told of them. Both when what a process keeps of a page is
there, and when nothing is.
"""

from __future__ import annotations

from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.models import Contract
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.snapshots import forget_caches
from tests.workflow.sockets import logged_in

MOST = 15  # queries a page, whoever reads it
MOST_COLD = 31  # of a contract's page, when nothing of it is kept
Pages = dict[str, tuple[User, str]]


def test_a_page_asks_no_more_for_more_actors_commitments_versions_and_events(cast: Cast) -> None:
    small, large = small_contract(cast), cast.contract
    asked = [in_each_state(cast, contract, rounds) for contract, rounds in ((small, 1), (large, 3))]
    assert large.participations.count() >= 2 * small.participations.count()
    assert large.events.count() >= 2 * small.events.count()
    assert [contract.versions.count() for contract in (small, large)] == [2, 4]
    assert asked[0] == asked[1]
    for page, (warm, cold) in asked[1].items():
        assert warm <= MOST, page
        assert cold <= MOST_COLD, page


def in_each_state(cast: Cast, contract: Contract, rounds: int) -> dict[str, tuple[int, int]]:
    """Bring a contract to its signature after so many rounds; return what its pages ask on the way."""
    plot.opened(contract)
    plot.draft_and_freeze(contract)
    for _round in range(rounds):
        for waiting in plot.tasks(contract, "review"):
            plot.opine(contract, waiting, value="changes_requested", reason="Une date manque.")
        plot.draft_and_freeze(contract)
    found = counts(in_review(cast, contract))
    plot.review_all(contract)
    plot.approve_all(contract)
    return found | counts(in_signing(cast, contract))


def in_review(cast: Cast, contract: Contract) -> Pages:
    landlord = plot.task(contract, "review", cast.organisation("org-oh"))
    return {
        "relecture": (cast.pilote_ville, reverse("contract", args=[contract.pk])),
        "relecture, ce qui bouge": (cast.pilote_ville, reverse("contract_live", args=[contract.pk])),
        "relecture, pour une organisation": (cast.rtac, reverse("contract", args=[contract.pk])),
        "tâches": (cast.pilote_ville, reverse("inbox")),
        "tâches d’une organisation": (cast.bailleur_oh, reverse("inbox")),
        "lignes": (cast.bailleur_oh, reverse("basket_list", args=["a-traiter"])),
        "compteurs": (cast.bailleur_oh, reverse("basket_counters")),
        "avis": (cast.bailleur_oh, reverse("task", args=[contract.pk, landlord.pk])),
    }


def in_signing(cast: Cast, contract: Contract) -> Pages:
    sign, council = (plot.task(contract, step) for step in ("sign", "council_resolution"))
    return {
        "signature": (cast.pilote_ville, reverse("contract", args=[contract.pk])),
        "signature, ce qui bouge": (cast.pilote_ville, reverse("contract_live", args=[contract.pk])),
        "signature, pour le maire": (cast.maire, reverse("contract", args=[contract.pk])),
        "à signer": (cast.prefete, reverse("basket", args=["a-signer"])),
        "à signer bientôt": (cast.maire, reverse("inbox")),
        "signer": (cast.prefete, reverse("task", args=[contract.pk, sign.pk])),
        "délibération": (cast.greffe, reverse("task", args=[contract.pk, council.pk])),
    }


def counts(pages: Pages) -> dict[str, tuple[int, int]]:
    """Return how many queries each page takes: with what the process keeps, and without."""
    found = {}
    for title, (person, address) in pages.items():
        browser = logged_in(person)
        browser.get(address)  # what a process keeps for ever: its content types
        asked = []
        for cold in (False, True):
            if cold:
                forget_caches()
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(address).status_code == 200, title
            asked.append(len(queries))
        found[title] = (asked[0], asked[1])
    return found
