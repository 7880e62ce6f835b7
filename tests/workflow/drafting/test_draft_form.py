"""The forms of the draft: their words, who may be named, what is said after a change."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from contracts.models import Commitment
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.sockets import logged_in


def opened(cast: Cast) -> tuple[Client, Commitment, str]:
    """Return the city's pilot at the form of a commitment that the landlord leads."""
    contract = plot.opened(small_contract(cast))
    commitment = Commitment.objects.filter(volet__contract=contract)[0]
    commitment.lead = cast.organisation("org-oh")
    commitment.save()
    return (
        logged_in(cast.pilote_ville),
        commitment,
        reverse("commitment_edit", args=[contract.pk, commitment.pk]),
    )


def filled(browser: Client, address: str, **changes: Any) -> dict[str, Any]:
    form = browser.get(address).context["form"]
    facts = {name: form[name].value() for name in form.fields}
    facts["contributors"] = [row.pk for row in facts["contributors"] or []]
    return {name: value for name, value in {**facts, **changes}.items() if value is not None}


def test_whoever_is_responsible_serves_the_organisation_that_is(cast: Cast) -> None:
    browser, commitment, address = opened(cast)
    groups = dict(browser.get(address).context["form"].fields["owner"].choices[1:])
    theirs: User = cast.bailleur_oh
    assert theirs.pk in dict(groups[str(cast.organisation("org-oh"))])
    assert cast.outsider.pk not in {key for held in groups.values() for key, _name in held}
    refused = browser.post(address, filled(browser, address, owner=cast.pilote_ville.pk))
    assert refused.status_code == 422
    assert "n’exerce aucune fonction dans l’organisation responsable" in refused.content.decode()
    assert browser.post(address, filled(browser, address, owner=theirs.pk)).status_code == 302
    commitment.refresh_from_db()
    assert commitment.owner == theirs
    moved = browser.post(address, filled(browser, address, lead=cast.organisation("org-ville").pk))
    assert moved.status_code == 422, "the person does not follow the organisation"


def test_an_owner_of_before_does_not_stand_in_the_way(cast: Cast) -> None:
    browser, commitment, address = opened(cast)
    Commitment.objects.filter(pk=commitment.pk).update(owner=cast.pilote_ville)
    assert browser.post(address, filled(browser, address, title="Autre titre")).status_code == 302
    commitment.refresh_from_db()
    assert (commitment.title, commitment.owner) == ("Autre titre", cast.pilote_ville)


def test_what_is_saved_is_said_where_the_reader_is_sent(cast: Cast) -> None:
    browser, commitment, address = opened(cast)
    answer = browser.post(address, filled(browser, address, title="Autre titre"))
    anchor = f"engagement-{commitment.pk}"
    assert answer["Location"].endswith(f"#{anchor}")
    page = browser.get(answer["Location"]).content.decode()
    assert page.count("Enregistré.") == 1
    assert page.index("Enregistré.") > page.index(f'id="volet-{commitment.volet_id}"'), "not on top"
    assert "Enregistré." not in browser.get(answer["Location"]).content.decode()


def test_what_is_deleted_is_said_on_top(cast: Cast) -> None:
    browser, commitment, _address = opened(cast)
    gone = reverse("commitment_delete", args=[commitment.volet.contract_id, commitment.pk])
    assert "btn-remove" in browser.get(gone).content.decode()
    page = browser.post(gone, follow=True).content.decode()
    assert page.index("Supprimé.") < page.index('id="contrat"')


def test_a_new_commitment_is_where_the_reader_is_sent(cast: Cast) -> None:
    browser, commitment, _address = opened(cast)
    address = reverse("commitment_add", args=[commitment.volet.contract_id, commitment.volet_id])
    facts = filled(browser, address, title="Nouveau", party="city", lead=cast.organisation("org-ville").pk)
    answer = browser.post(address, facts)
    new = Commitment.objects.get(title="Nouveau")
    assert answer["Location"].endswith(f"#engagement-{new.pk}")


def test_errors_are_listed_with_the_way_to_each(cast: Cast) -> None:
    browser, _commitment, address = opened(cast)
    page = browser.post(address, filled(browser, address, title="", party="")).content.decode()
    assert "data-focus-error" in page
    for name in ("title", "party"):
        assert f'href="#id_{name}"' in page
    assert "data-summary" not in browser.get(address).content.decode()


def test_the_forms_have_their_words(cast: Cast) -> None:
    browser, commitment, address = opened(cast)
    page = browser.get(address).content.decode()
    for words in ("Évolution attendue", "Communicable au public (CRPA, art. L. 311-5)"):
        assert words in page
    first = browser.get(reverse("contract_edit", args=[commitment.volet.contract_id])).content.decode()
    for words in ("Titre, périmètre et préambule", "Mode de calcul de la durée"):
        assert words in first
