"""Who edits what of a draft; the others propose, and see what became of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from contracts.models import Commitment, Contract
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.drafting.test_independence import form_of
from tests.workflow.sockets import logged_in
from workflow.drafting.models import Suggestion
from workflow.record.models import JournalEntry

PROPOSED = "Porter la police municipale à 40 agents"


class Draft:
    """A draft in which the landlord leads the second commitment and nothing else."""

    def __init__(self, cast: Cast) -> None:
        self.contract: Contract = plot.opened(small_contract(cast))
        self.police, self.halls, self.evening = Commitment.objects.filter(volet__contract=self.contract)
        self.landlord, self.city = logged_in(cast.bailleur_oh), logged_in(cast.pilote_ville)
        self.editor = reverse("draft_editor", args=[self.contract.pk])

    def edit(self, row: Commitment) -> str:
        return reverse("commitment_edit", args=[self.contract.pk, row.pk])

    def propose(self, **changes: Any) -> Any:
        address = reverse("commitment_suggest", args=[self.contract.pk, self.police.pk])
        facts = form_of(self.landlord, address) | {"title": PROPOSED, "why": "Les nuits."} | changes
        return self.landlord.post(address, facts)

    def one(self) -> tuple[Suggestion, str]:
        row = Suggestion.objects.get(contract=self.contract)
        return row, reverse("suggestion", args=[self.contract.pk, row.pk])

    def shown(self, browser: Client, address: str) -> str:
        return " ".join(browser.get(address).content.decode().split())


@pytest.fixture
def draft(players: Cast) -> Draft:
    return Draft(players)


def verbs(contract: Contract) -> list[str]:
    return list(
        JournalEntry.objects.filter(contract=contract).order_by("number").values_list("verb", flat=True)
    )


def test_a_lead_edits_what_is_its_own_and_hands_nothing_over(draft: Draft, players: Cast) -> None:
    address = draft.edit(draft.halls)
    facts = form_of(draft.landlord, address) | {"title": "Sécuriser 40 halls"}
    facts |= {"lead": players.organisation("org-ville").pk, "contributors": []}
    assert draft.landlord.post(address, facts).status_code == 302
    draft.halls.refresh_from_db()
    assert (draft.halls.title, draft.halls.lead) == ("Sécuriser 40 halls", players.organisation("org-oh"))
    page = draft.shown(draft.landlord, draft.editor)
    assert address in page
    assert f'{draft.edit(draft.police)}"' not in page
    for name, row in (("commitment_edit", draft.police), ("commitment_delete", draft.evening)):
        there = reverse(name, args=[draft.contract.pk, row.pk])
        assert draft.landlord.get(there).status_code == 404
        assert draft.landlord.post(there).status_code == 404
    assert draft.landlord.get(reverse("contract_edit", args=[draft.contract.pk])).status_code == 404


def test_a_contributor_edits_and_neither_moves_nor_deletes(draft: Draft, players: Cast) -> None:
    draft.police.contributors.add(players.organisation("org-oh"))
    address = draft.edit(draft.police)
    facts = form_of(draft.landlord, address) | {
        "description": "Écrit à deux.",
        "contributors": [players.organisation("org-oh").pk],
    }
    assert draft.landlord.post(address, facts).status_code == 302
    draft.police.refresh_from_db()
    assert draft.police.description == "Écrit à deux."
    for name in ("commitment_delete", "commitment_move"):
        there = reverse(name, args=[draft.contract.pk, draft.police.pk])
        assert draft.landlord.post(there, {"direction": "down"}).status_code == 403


def test_a_lead_of_a_volet_writes_its_text(draft: Draft, players: Cast) -> None:
    volet = draft.contract.volets.get(order=2)
    address = reverse("volet_edit", args=[draft.contract.pk, volet.pk])
    assert draft.landlord.get(address).status_code == 404
    volet.lead = players.organisation("org-oh")
    volet.save()
    assert (
        draft.landlord.post(address, form_of(draft.landlord, address) | {"text": "Du lead."}).status_code
        == 302
    )
    volet.refresh_from_db()
    assert volet.text == "Du lead."


def test_a_proposal_changes_nothing_until_it_is_taken_up_and_its_author_sees_it(draft: Draft) -> None:
    assert draft.propose().status_code == 302
    draft.police.refresh_from_db()
    assert draft.police.title != PROPOSED
    row, address = draft.one()
    assert address in draft.shown(draft.city, draft.editor)
    assert "Votre décision" not in draft.shown(draft.landlord, address), "its author decides nothing"
    assert draft.landlord.post(address, {"decision": "decline", "word": "Moi."}).status_code == 404
    page = draft.shown(draft.city, address)
    assert "<ins>40</ins>" in page
    assert "Les nuits." in page
    facts = form_of(draft.city, address) | {"decision": "take", "word": "Merci."}
    assert draft.city.post(address, facts).status_code == 302
    draft.police.refresh_from_db()
    row.refresh_from_db()
    assert (draft.police.title, row.state, row.word) == (PROPOSED, "accepted", "Merci.")
    seen = draft.shown(draft.landlord, draft.editor)
    assert "reprise" in seen and "Merci." in seen
    assert verbs(draft.contract)[-2:] == ["suggestion_made", "suggestion_accepted"]
    assert draft.city.post(address, facts).status_code == 409, "decided once"


def test_a_proposal_is_taken_up_otherwise(draft: Draft) -> None:
    draft.propose()
    row, address = draft.one()
    facts = form_of(draft.city, address) | {"decision": "take", "title": "Porter la police à 36 agents"}
    assert draft.city.post(address, facts).status_code == 302
    row.refresh_from_db()
    assert row.state == "changed"
    assert verbs(draft.contract)[-1] == "suggestion_changed"


def test_a_proposal_is_declined_with_a_word(draft: Draft) -> None:
    draft.propose()
    row, address = draft.one()
    answer = draft.city.post(address, form_of(draft.city, address) | {"decision": "decline", "word": " "})
    assert answer.status_code == 422
    assert "pourquoi elle est écartée" in answer.content.decode()
    facts = form_of(draft.city, address) | {"decision": "decline", "word": "Le budget est voté."}
    assert draft.city.post(address, facts).status_code == 302
    row.refresh_from_db()
    assert row.state == "declined"
    assert "Le budget est voté." in draft.shown(draft.landlord, address)


def test_what_changed_since_is_not_undone_by_a_proposal(draft: Draft) -> None:
    draft.propose()
    Commitment.objects.filter(pk=draft.police.pk).update(
        title="Porter la police municipale à 34 agents et deux chiens"
    )
    row, address = draft.one()
    draft.city.post(address, form_of(draft.city, address) | {"decision": "take"})
    draft.police.refresh_from_db()
    assert draft.police.title == f"{PROPOSED} et deux chiens"


def test_what_is_proposed_is_refused_with_a_sentence_and_kept(draft: Draft) -> None:
    for changes, words in (({"why": ""}, "obligatoire"), ({"title": draft.police.title}, "rien changé")):
        answer = draft.propose(**changes)
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert "Les nuits." in answer.content.decode()
    own = reverse("commitment_suggest", args=[draft.contract.pk, draft.halls.pk])
    facts = form_of(draft.landlord, own) | {"title": "Autre", "why": "Pour rien."}
    assert draft.landlord.post(own, facts).status_code == 403
    assert not Suggestion.objects.exists()


def test_a_deleted_part_leaves_its_proposal_to_be_answered(draft: Draft) -> None:
    draft.propose()
    _row, address = draft.one()
    draft.city.post(reverse("commitment_delete", args=[draft.contract.pk, draft.police.pk]))
    page = draft.shown(draft.city, address)
    assert "Écarter la proposition" in page and "Enregistrer ce texte" not in page
    assert draft.city.post(address, {"decision": "decline", "word": "Supprimé."}).status_code == 302


def test_who_takes_no_part_sees_nothing(draft: Draft, players: Cast) -> None:
    draft.propose()
    _row, address = draft.one()
    others = (players.maire, players.dgs, players.prefete, players.dircab)  # of the pilots, and draft nothing
    for person in (players.outsider, players.ddpn, players.bailleur_cl, *others):
        for there in (address, draft.editor):
            assert logged_in(person).get(there).status_code == 404


def test_the_guidance_of_a_volet_is_shown_and_not_printed(draft: Draft) -> None:
    page = draft.shown(draft.city, draft.editor)
    assert "Ce que la circulaire attend de ce volet" in page
    assert "Effectifs et présence de la police" in page
