"""What comes back to the pilots: seen at once, where they look, with its reason and by whom."""

from __future__ import annotations

import pytest
from django.urls import reverse

from contracts import order
from contracts.models import Contract, Part
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.sockets import logged_in
from workflow.drafting import acts as drafting_acts
from workflow.drafting import remarks
from workflow.inbox.returned import returned_to
from workflow.opinions import acts as opinions_acts
from workflow.opinions import rules
from workflow.record.answers import answers
from workflow.signing import acts as signing_acts

WHY = "Le calendrier de l’engagement 1.1 est trop court."


def seen(person: User, address: str) -> str:
    """Return a page, its spaces made alike."""
    return " ".join(logged_in(person).get(address).content.decode().split())


def everywhere(contract: Contract) -> list[str]:
    return [
        reverse("inbox"),
        reverse("contract", args=[contract.pk]),
        reverse("draft_editor", args=[contract.pk]),
    ]


def test_a_request_for_changes_is_seen_by_both_pilots_before_the_round_is_over(cast: Cast) -> None:
    contract = plot.at_review(cast)
    landlord = plot.task(contract, "review", cast.organisation("org-oh"))
    pilots = (cast.pilote_ville, cast.pilote_prefecture)
    assert not [page for page in everywhere(contract) if WHY in seen(cast.pilote_ville, page)]
    plot.opine(contract, landlord, "changes_requested", WHY)
    author = plot.entitled(landlord)
    for person in pilots:
        for page in everywhere(contract):
            shown = seen(person, page)
            assert WHY in shown, page
            assert str(author) in shown, page
            assert "reviendra en rédaction" in shown, page


def test_the_next_draft_says_which_version_came_back_and_why(cast: Cast) -> None:
    contract = plot.at_review(cast)
    landlord, operator = plot.tasks(contract, "review")
    plot.opine(contract, landlord, "unfavourable", WHY)
    plot.opine(contract, operator, "favourable_with_reservations", "Sous réserve des quais.")
    inbox, _page, editor = (seen(cast.pilote_ville, page) for page in everywhere(contract))
    assert "Reprise après la version 1" in inbox
    assert "défavorable" in inbox
    assert "Sous réserve des quais." in editor
    assert editor.count(WHY) == 2, "on top, and beside the commitment that it names"
    task = plot.task(contract, "draft", cast.organisation("org-ville"))
    finish = seen(cast.pilote_ville, reverse("task", args=[contract.pk, task.pk]))
    assert WHY in finish
    assert "Sous réserve des quais." in finish
    plot.draft_and_freeze(contract)
    assert not [page for page in everywhere(contract) if "data-returned" in seen(cast.pilote_ville, page)]


def test_a_refusal_to_sign_is_on_top_of_each_page(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    signing_acts.refuse_signature(cast.prefete, plot.task(contract, "sign").pk, reason="Une date est fausse.")
    for page in everywhere(contract):
        shown = seen(cast.pilote_ville, page)
        assert "Une date est fausse." in shown, page
        assert f"Signature refusée : {cast.prefete.short_name}, préfète de l’Orme" in shown, page


def test_a_text_sent_back_and_a_rejection_by_the_council_are_told_alike(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(
        contract,
        outcome="rejected",
        votes_for=3,
        votes_against=26,
        reason="Le conseil s’y oppose.",
        published_on=None,
        transmitted_on=None,
        received_on=None,
    )
    found = answers([contract.pk])[contract.pk]
    assert [(one.reason, one.version, one.blocks) for one in found.returns] == [
        ("Le conseil s’y oppose.", 1, True)
    ]
    plot.draft_and_freeze(contract)
    plot.review_all(contract)
    waiting = plot.tasks(contract, "approve")[0]
    opinions_acts.approve(
        plot.entitled(waiting),
        waiting.pk,
        approved=False,
        reason="Une faute.",
        pdf_sha256=plot.version(contract).pdf_sha256,
    )
    assert [one.reason for one in answers([contract.pk])[contract.pk].returns] == ["Une faute."]


def test_who_pilots_for_two_bodies_reads_each_contract_once_the_newest_first(cast: Cast) -> None:
    contracts = [plot.opened(small_contract(cast, f"CSI-00-2026-90{number}")) for number in (1, 2)]
    for contract in contracts:
        plot.draft_and_freeze(contract)
        plot.opine(contract, plot.task(contract, "review", cast.organisation("org-oh")), "unfavourable", WHY)
    held = [person.mandates.get() for person in (cast.pilote_ville, cast.pilote_prefecture)]
    newest_first = [contract.pk for contract in reversed(contracts)]
    assert [contract.pk for contract, _why in returned_to(held, [])] == newest_first
    assert [contract.pk for contract, _why in returned_to(held[:1], [])] == newest_first
    theirs = contracts[0].participations.filter(organisation=cast.organisation("org-ville"))
    theirs.update(part=Part.OBSERVER)
    assert [contract.pk for contract, _why in returned_to(held[:1], [])] == newest_first[:1], (
        "it pilots no more"
    )


def test_an_outsider_sees_nothing_of_it(cast: Cast) -> None:
    contract = plot.at_review(cast)
    plot.opine(contract, plot.tasks(contract, "review")[0], "unfavourable", WHY)
    assert WHY not in seen(cast.outsider, reverse("inbox"))
    assert WHY not in seen(cast.maire, reverse("inbox")), "he drafts nothing"


@pytest.mark.parametrize(
    ("reason", "found"),
    [
        ("Revoir le 1.1, puis 1.10.", ["1.1", "1.10"]),
        ("Le 11.1 n’existe pas.", []),
        ("Version 1.1.2 du logiciel, 1.15 million.", []),
        ("L’engagement 4 est flou.", ["4"]),
        ("Il y a 4 halls.", []),
        ("(1.1) : trop court", ["1.1"]),
        ("Voir A.2.", ["A.2"]),
    ],
)
def test_which_commitments_a_reason_names(reason: str, found: list[str]) -> None:
    assert remarks.named(reason, ["1.1", "1.10", "4", "A.2"]) == found


def test_a_commitment_is_found_by_its_number_in_the_version_that_was_read(cast: Cast) -> None:
    contract = plot.at_review(cast)
    commitment = contract.volets.all()[0].commitments.all()[0]
    for waiting in plot.tasks(contract, "review"):
        plot.opine(contract, waiting, "changes_requested", f"Le {commitment.number} est trop court.")
    order.put_commitment(commitment, contract.volets.all()[1], 1)
    beside = remarks.beside(contract, answers([contract.pk])[contract.pk])
    assert list(beside) == [commitment.pk]
    assert len(beside[commitment.pk]) == 2


def test_before_freezing_the_page_says_who_will_be_asked(cast: Cast) -> None:
    contract = plot.at_review(cast)
    landlord, operator = plot.tasks(contract, "review")
    plot.opine(contract, landlord, "changes_requested", WHY)
    plot.opine(contract, operator)
    for waiting in plot.tasks(contract, "draft"):
        drafting_acts.submit_draft(plot.entitled(waiting), waiting.pk)
    waiting = plot.task(contract, "freeze")
    page = logged_in(cast.pilote_ville).get(reverse("task", args=[contract.pk, waiting.pk]))
    asked = page.context["asked"]
    assert [one.organisation for one in asked] == [landlord.seed]
    assert [one.organisation for one in page.context["spared"]] == [operator.seed]
    plot_version = drafting_acts.freeze_version(cast.pilote_ville, waiting.pk)
    assert [one.organisation for one in asked] == rules.due_reviewers(contract, plot_version)
