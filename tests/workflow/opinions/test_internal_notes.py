"""Internal notes: a landlord's own people read them; another landlord, the pilots and the journal never."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from contracts.models import Contract
from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.invited import code_for, named
from tests.workflow.sockets import watching
from workflow.guests import acts as guests_acts
from workflow.opinions import note_acts as opinions_note_acts
from workflow.opinions.note_models import InternalNote
from workflow.record.models import Event, JournalEntry
from workflow.record.refusals import NotAllowed

SECRET = "Le budget réel est de 180 000 euros"


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


@pytest.fixture
def clairval(cast: Cast) -> Contract:
    """Bring Clairval's contract, which three landlords review, to its reviews, with a guest of the first."""
    contract = plot.opened(cast.contract)
    named(cast, contract)
    plot.draft_and_freeze(contract)
    return contract


def review(cast: Cast, contract: Contract, organisation: str, name: str = "task") -> str:
    task = plot.task(contract, "review", cast.organisation(organisation))
    return reverse(name, args=[contract.pk, task.pk])


def test_a_note_is_read_by_the_organisation_s_people_guests_included(cast: Cast, clairval: Contract) -> None:
    answer = browser(cast.bailleur_oh).post(
        review(cast, clairval, "org-oh", "note_add"), {"text": f"{SECRET} <b>!"}, follow=True
    )
    assert f"{SECRET} &lt;b&gt;!" in answer.content.decode()
    note = InternalNote.objects.get()
    assert (note.author, note.organisation) == (cast.bailleur_oh, cast.organisation("org-oh"))
    link = clairval.contacts.get().links.get()
    guest = guests_acts.enter(link.identifier, code_for(link)).person
    assert guest is not None
    assert SECRET in browser(guest).get(review(cast, clairval, "org-oh")).content.decode()


def test_landlord_a_never_sees_landlord_b_s_notes(cast: Cast, clairval: Contract, live_url: str) -> None:
    waiting = plot.task(clairval, "review", cast.organisation("org-oh"))
    with (
        watching(live_url, cast.bailleur_cl, clairval) as contract_page,
        watching(live_url, cast.pilote_ville) as inbox,
    ):
        opinions_note_acts.write_note(cast.bailleur_oh, waiting.pk, text=SECRET)
        for told in (contract_page, inbox):
            assert told.hear_all() == [], "not even that there is a note"
    addresses = [
        reverse("inbox"),
        reverse("contract", args=[clairval.pk]),
        reverse("version", args=[clairval.pk, 1]),
        reverse("journal", args=[clairval.pk]),
        reverse("contract_live", args=[clairval.pk]),
    ]
    others = {
        cast.bailleur_cl: [review(cast, clairval, "org-cl")],
        cast.bailleur_fv: [review(cast, clairval, "org-fv")],
        cast.pilote_ville: [reverse("contacts", args=[clairval.pk])],
        cast.pilote_prefecture: [],
        cast.prefete: [],
    }
    for person, own in others.items():
        for address in [*addresses, *own]:
            answer = browser(person).get(address)
            assert answer.status_code == 200, (person, address)
            assert SECRET not in answer.content.decode(), (person, address)
    assert SECRET in browser(cast.bailleur_oh).get(review(cast, clairval, "org-oh")).content.decode()
    written = [*JournalEntry.objects.values_list("payload"), *Event.objects.values_list("payload")]
    assert SECRET not in str(written)


def test_nobody_writes_among_another_organisation_s_notes(cast: Cast, clairval: Contract) -> None:
    address = review(cast, clairval, "org-oh", "note_add")
    for person in (cast.bailleur_cl, cast.pilote_ville, cast.prefete, cast.outsider):
        assert browser(person).post(address, {"text": "Intrus"}).status_code == 404
    waiting = plot.task(clairval, "review", cast.organisation("org-oh"))
    with pytest.raises(NotAllowed):
        opinions_note_acts.write_note(cast.bailleur_cl, waiting.pk, text="Intrus")
    assert not InternalNote.objects.exists()


def test_an_empty_note_is_refused_where_it_was_written(cast: Cast, clairval: Contract) -> None:
    address = review(cast, clairval, "org-oh", "note_add")
    answer = browser(cast.bailleur_oh).post(address, {"text": "  "}, headers={"HX-Request": "true"})
    assert answer.status_code == 422
    said = answer.content.decode()
    assert "Écrivez la note" in said
    assert "<html" not in said, "the fragment alone"
    plain = browser(cast.bailleur_oh).post(address, {"text": ""})
    assert plain.status_code == 422
    assert "Écrivez la note" in plain.content.decode()


def test_a_note_refused_without_script_is_given_back(cast: Cast, clairval: Contract) -> None:
    person, address = browser(cast.bailleur_oh), review(cast, clairval, "org-oh", "note_add")
    for typed, why in ((f"{SECRET}. " * 100, "2000"), (f"{SECRET}\x07", "caractère")):
        answer = person.post(address, {"text": typed})
        page = answer.content.decode()
        assert answer.status_code == 422
        assert SECRET in page
        assert why in answer.context["note_form"].errors["text"][0]
        assert 'name="value"' in page, "on the task’s own page, with the opinion to give"
    plot.opine(clairval, plot.task(clairval, "review", cast.organisation("org-oh")))
    late = person.post(address, {"text": f"{SECRET}. " * 100})
    assert late.status_code == 422
    assert SECRET in late.content.decode()
    assert not InternalNote.objects.exists()
