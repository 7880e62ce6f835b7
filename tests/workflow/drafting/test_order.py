"""The order of volets and commitments: numbers follow it, identities stay, two are never equal."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from contracts import order
from contracts.canonical import commitments, content_of
from contracts.differences import differences
from contracts.models import Commitment, Contract, Volet
from tests import plot
from tests.cast import Cast, assemble_cast, small_contract

MOVES = st.lists(
    st.tuples(
        st.sampled_from(["up", "down", "put", "volet", "volet up", "delete", "add"]),
        st.integers(0, 30),
        st.integers(0, 30),
        st.integers(1, 6),
    ),
    max_size=15,
)


def rows_of(contract: Contract) -> list[Commitment]:
    return list(Commitment.objects.filter(volet__contract=contract).select_related("volet"))


class TestAnyMoves(TestCase):
    """A class, so that each example of Hypothesis is undone before the next."""

    @classmethod
    def setUpTestData(cls) -> None:
        """Draft one contract."""
        cls.contract = small_contract(assemble_cast())  # type: ignore[attr-defined]

    @settings(max_examples=40, deadline=None)
    @given(MOVES)
    def test_numbers_follow_and_identities_stay(self, moves: list[tuple[str, int, int, int]]) -> None:
        contract: Contract = self.contract  # type: ignore[attr-defined]
        known = {row.pk: row.title for row in rows_of(contract)}
        for what, one, other, place in moves:
            rows, volets = rows_of(contract), list(contract.volets.all())
            volet = volets[other % len(volets)]
            if what == "add":
                new = Commitment.objects.create(
                    volet=volet,
                    order=order.next_place(volet.commitments.all()),
                    title=f"Ajouté {one}",
                    party="city",
                    lead=contract.participations.all()[0].organisation,
                )
                known[new.pk] = new.title
            elif what == "volet":
                order.put_volet(volet, place)
            elif what == "volet up":
                order.step(volet, "up")
            elif rows:
                row = rows[one % len(rows)]
                if what == "put":
                    order.put_commitment(row, volet, place)
                elif what == "delete":
                    del known[row.pk]
                    order.delete(row)
                else:
                    order.step(row, what)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        content = content_of(contract)
        assert {row["id"]: row["title"] for row in commitments(content)} == known
        assert [volet["order"] for volet in content["volets"]] == list(range(1, len(content["volets"]) + 1))
        for volet in content["volets"]:
            assert [row["number"] for row in volet["commitments"]] == [
                f"{volet['order']}.{place}" for place, _row in enumerate(volet["commitments"], start=1)
            ]


def drafted(cast: Cast) -> Contract:
    return plot.opened(small_contract(cast))


def numbers(contract: Contract) -> dict[str, str]:
    return {row.title.split()[0]: row.number for row in rows_of(contract)}


def test_two_commitments_never_have_one_place(players: Cast) -> None:
    contract = drafted(players)
    with pytest.raises(IntegrityError), transaction.atomic():
        Commitment.objects.filter(volet__contract=contract).update(order=1)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_button_moves_by_one_place_into_the_next_volet_too(players: Cast, client: Client) -> None:
    contract = drafted(players)
    client.force_login(players.pilote_ville)
    assert numbers(contract) == {"Porter": "1.1", "Sécuriser": "1.2", "Renforcer": "2.1"}
    row = rows_of(contract)[0]

    def moved(direction: str) -> tuple[dict[str, str], str]:
        address = reverse("commitment_move", args=[contract.pk, row.pk])
        page = client.post(address, {"direction": direction}, follow=True).content.decode()
        return numbers(contract), page

    assert moved("up")[0]["Porter"] == "1.1", "the first of the first stays"
    found, page = moved("down")
    assert found == {"Porter": "1.2", "Sécuriser": "1.1", "Renforcer": "2.1"}
    assert "porte désormais le numéro 1.2" in page
    assert moved("down")[0] == {"Porter": "2.1", "Sécuriser": "1.1", "Renforcer": "2.2"}
    assert moved("up")[0] == {"Porter": "1.2", "Sécuriser": "1.1", "Renforcer": "2.1"}


def test_what_is_dropped_goes_to_its_place(players: Cast, client: Client) -> None:
    contract = drafted(players)
    client.force_login(players.pilote_ville)
    first, second = contract.volets.all()
    row = rows_of(contract)[0]
    address = reverse("commitment_move", args=[contract.pk, row.pk])
    client.post(address, {"volet": second.pk, "place": "2"})
    assert numbers(contract) == {"Sécuriser": "1.1", "Renforcer": "2.1", "Porter": "2.2"}
    client.post(reverse("volet_move", args=[contract.pk, second.pk]), {"place": "1"})
    assert numbers(contract) == {"Renforcer": "1.1", "Porter": "1.2", "Sécuriser": "2.1"}
    foreign = Volet.objects.exclude(contract=contract)[0]
    for typed in ({}, {"place": "0"}, {"place": "x"}, {"place": "1", "volet": str(foreign.pk)}):
        page = client.post(address, typed, follow=True).content.decode()
        assert "Dites où déplacer" in page, typed
    assert numbers(contract) == {"Renforcer": "1.1", "Porter": "1.2", "Sécuriser": "2.1"}
    assert first.contract_id == contract.pk


def test_what_follows_a_deletion_comes_up(players: Cast, client: Client) -> None:
    contract = drafted(players)
    client.force_login(players.pilote_ville)
    row = rows_of(contract)[0]
    client.post(reverse("commitment_delete", args=[contract.pk, row.pk]))
    assert numbers(contract) == {"Sécuriser": "1.1", "Renforcer": "2.1"}
    client.post(reverse("volet_delete", args=[contract.pk, contract.volets.all()[0].pk]))
    assert numbers(contract) == {"Renforcer": "1.1"}
    gone = client.post(reverse("commitment_move", args=[contract.pk, row.pk]), {"direction": "up"})
    assert gone.status_code == 404


def test_no_number_is_typed(players: Cast, client: Client) -> None:
    contract = drafted(players)
    client.force_login(players.pilote_ville)
    page = client.get(reverse("commitment_edit", args=[contract.pk, rows_of(contract)[0].pk]))
    assert "number" not in page.context["form"].fields


def said(before: Any, contract: Contract) -> list[tuple[str, str, str]]:
    found = differences(before, content_of(contract))
    return [(one.kind, one.title.split()[0], one.formerly) for one in found]


def test_a_version_says_what_moved_and_what_only_follows(players: Cast) -> None:
    contract = drafted(players)
    before = content_of(contract)
    police, halls, _evening = rows_of(contract)
    order.put_commitment(police, police.volet, 2)
    assert said(before, contract) == [("moved", "1.2", "1.1"), ("renumbered", "Numéros", "")] or said(
        before, contract
    ) == [("moved", "1.1", "1.2"), ("renumbered", "Numéros", "")]
    order.put_commitment(police, police.volet, 1)
    assert said(before, contract) == []
    order.put_commitment(halls, contract.volets.get(order=2), 1)
    kinds = said(before, contract)
    assert ("changed", "2.1", "1.2") in kinds, "another volet: the reader is told which"
    assert ("renumbered", "Numéros", "") in kinds, "2.1 has become 2.2"


def test_the_page_of_an_opinion_says_what_a_moved_commitment_was(cast: Cast, client: Client) -> None:
    contract = plot.at_review(cast)
    landlord = plot.task(contract, "review", cast.organisation("org-oh"))
    plot.opine(contract, landlord, "changes_requested", "Le 1.2 est trop long.")
    plot.opine(contract, plot.tasks(contract, "review")[0])
    _police, halls, _evening = rows_of(contract)
    order.put_commitment(halls, halls.volet, 1)
    plot.draft_and_freeze(contract)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    client.force_login(plot.entitled(waiting))
    page = " ".join(client.get(reverse("task", args=[contract.pk, waiting.pk])).content.decode().split())
    assert re.search(r"Déplacé, anciennement 1\.\d\.", page)
