"""Lists whose SQL, or rows, were written before say what they would say written anew."""

from __future__ import annotations

from dataclasses import replace

from django.urls import reverse

from contracts.models import Contract
from stakeholders.actions import withdraw_mandate
from stakeholders.kinds import Power
from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.workflow.organisations.test_absences import away, review_of_the_police
from tests.workflow.sockets import logged_in
from workflow.inbox.baskets import Baskets
from workflow.tasks import keyset


def said(person: User) -> dict[str, tuple[int, list[int]]]:
    """Return what each of somebody's lists counts and holds; the same as where its SQL is written anew."""
    baskets = Baskets(person)
    found = {}
    for slug, basket in baskets.items():
        anew = replace(basket.listing, key=None)
        found[slug] = (basket.count, [row.pk for row in basket.listing.page().rows])
        assert found[slug] == (anew.count(), [row.pk for row in anew.page().rows]), slug
    return found


def test_for_everybody_the_first_time_and_the_next(cast: Cast) -> None:
    plot.at_review(cast)
    people = list(User.objects.order_by("pk"))
    keyset._written.clear()
    first = {person.pk: said(person) for person in people}
    assert len(keyset._written) > len(people)
    assert {person.pk: said(person) for person in people} == first
    assert len({str(lists) for lists in first.values()}) > 3


def test_what_somebody_may_do_changes_their_lists_at_once(cast: Cast) -> None:
    review_of_the_police(cast)
    before = {person: said(person) for person in (cast.commissaire, cast.ddpn)}
    away(cast.ddpn, cast.commissaire, Power.REVIEW)
    assert said(cast.commissaire)["delegues"][0] > before[cast.commissaire]["delegues"][0]
    withdraw_mandate(cast.ddpn.mandates.get(), actor=cast.admin)
    assert before[cast.ddpn]["a-traiter"][0] > 0
    assert {count for count, _rows in said(cast.ddpn).values()} == {0}


def test_what_a_contract_is_called_changes_its_row_at_once_in_each_language(cast: Cast) -> None:
    contract, reader = plot.at_review(cast), logged_in(cast.pilote_ville)

    def row(language: str = "fr") -> str:
        reader.cookies["django_language"] = language
        page = reader.get(reverse("contract_list")).content.decode()
        return page.partition(f'id="contract-{contract.pk}"')[2].partition("</li>")[0]

    assert (">Voir<" in row(), ">Voir<" in row("en")) == (True, False)
    Contract.objects.filter(pk=contract.pk).update(title="Contrat de <la> rive")
    assert "Contrat de &lt;la&gt; rive" in row()
