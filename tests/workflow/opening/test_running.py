"""The framework of a running contract, changed by its pilots: calendar, participants, signatories."""

from __future__ import annotations

import datetime as dt
import re
from functools import partial
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract, Part, Status
from stakeholders.actions import withdraw_mandate
from stakeholders.models import Organisation
from tests import mailbox, plot
from tests.cast import Cast, small_contract
from tests.snapshots import again, once
from tests.workflow.opening import road
from tests.workflow.procedures.test_races import TIMES, at_once
from workflow.engine.tasks import due_on
from workflow.opening import running
from workflow.opening.running_places import Wanted, change_places
from workflow.record import journal
from workflow.record.models import Event, JournalEntry
from workflow.record.refusals import Invalid, Locked, NotAllowed

NOTHING = "Rien n’a changé : le cadre reste tel quel."


@pytest.fixture
def drafting(cast: Cast) -> Contract:
    return plot.opened(small_contract(cast))


@pytest.fixture
def reviewing(cast: Cast) -> Contract:
    return once("running_review", lambda: _frozen(plot.opened(small_contract(cast))))


def _frozen(contract: Contract) -> Contract:
    plot.draft_and_freeze(contract)
    contract.refresh_from_db()
    return contract


def page(contract: Contract) -> str:
    return reverse("contract_framework", args=[contract.pk])


def calendar(contract: Contract, **changes: Any) -> dict[str, Any]:
    """Return the fields of the calendar, as they are shown."""
    shown = {f"days-{step}": days for step, days in contract.days.items()}
    seen = running.mark(contract, running.CALENDAR)
    return {"do": "calendar", "seen": seen, "zone": "", **shown, **changes}


def chosen(contract: Contract, parts: dict[Organisation, str]) -> dict[str, Any]:
    seen = running.mark(contract, running.PARTICIPANTS)
    return {"do": "participants", "seen": seen, **{f"part-{o.pk}": part for o, part in parts.items()}}


def places(contract: Contract, do: str = "places", **changes: Any) -> dict[str, Any]:
    seen = running.mark(contract, running.PLACES)
    return road.places(contract, **{"do": do, "seen": seen, "about-reason": "Un arrêté.", **changes})


def parts_of(contract: Contract) -> dict[str, str]:
    return {row.organisation.code: row.part for row in contract.participations.select_related("organisation")}


def entry(contract: Contract, verb: str) -> JournalEntry:
    return JournalEntry.objects.get(contract=contract, verb=verb)


def told(client: Client, contract: Contract, facts: dict[str, Any]) -> str:
    """Send something that is refused; return the page."""
    answer = client.post(page(contract), facts)
    assert answer.status_code == 422
    return answer.content.decode()


def test_the_last_day_of_open_tasks_follows_from_when_they_opened(cast: Cast, reviewing: Contract) -> None:
    contract, client = reviewing, road.browser(cast.pilote_ville)
    assert page(contract) in client.get(reverse("contract", args=[contract.pk])).content.decode()
    target = timezone.localdate() + dt.timedelta(days=300)
    sent = calendar(contract, **{"days-review": "40", "target_date": target.isoformat()})
    before = {task.pk: due_on(task) for task in plot.tasks(contract, "review")}
    assert client.post(page(contract), sent).status_code == 302
    contract.refresh_from_db()
    assert (contract.days["review"], contract.target_date) == (40, target)
    expected = contract.calendar.after(timezone.localdate(), 40)
    after = {task.pk: due_on(task) for task in plot.tasks(contract, "review")}
    assert set(after.values()) == {expected} != set(before.values())
    kept = entry(contract, "calendar_changed").payload
    assert kept["before"]["days"].get("review") != 40 == kept["after"]["days"]["review"]
    assert {row["after"] for row in kept["due"]} == {expected.isoformat()}
    assert Event.objects.filter(contract=contract, kind="calendar_changed").count() == 1
    again = client.post(page(contract), calendar(contract, target_date=target.isoformat()), follow=True)
    assert NOTHING in again.content.decode()
    assert entry(contract, "calendar_changed"), "the one of before alone"
    assert journal.first_break() is None


def test_a_shorter_term_makes_nobody_late_at_once(cast: Cast, reviewing: Contract) -> None:
    client, task = road.browser(cast.pilote_ville), plot.tasks(reviewing, "review")[0]
    type(task).objects.filter(pk=task.pk).update(created=timezone.now() - dt.timedelta(days=30))
    shown = told(client, reviewing, calendar(reviewing, **{"days-review": "2"}))
    assert "elle serait déjà échue" in shown
    assert 'value="2"' in shown
    reviewing.refresh_from_db()
    assert reviewing.days.get("review") != 2
    assert told(client, reviewing, calendar(reviewing, **{"days-review": "0"}))


def test_who_comes_sees_the_contract_and_is_asked_from_the_next_version(
    cast: Cast, reviewing: Contract
) -> None:
    contract, client = reviewing, road.browser(cast.pilote_prefecture)
    pjj, visitor = cast.organisation("org-pjj"), road.browser(cast.pjj)
    asked = len(plot.tasks(contract, "review"))
    assert visitor.get(reverse("contract", args=[contract.pk])).status_code == 404
    shown = client.post(page(contract), {"do": "search", "q": pjj.name}).content.decode()
    assert f'name="part-{pjj.pk}"' in shown
    assert "à partir de la prochaine" in shown
    sent = chosen(contract, {pjj: "reviewer"}) | {"q": pjj.name}
    assert client.post(page(contract), sent).status_code == 302
    assert parts_of(contract)["org-pjj"] == "reviewer"
    assert visitor.get(reverse("contract", args=[contract.pk])).status_code == 200
    assert len(plot.tasks(contract, "review")) == asked  # not on the version under way
    kept = entry(contract, "participants_changed").payload
    assert (str(pjj.pk) in kept["before"], kept["after"][str(pjj.pk)]) == (False, "reviewer")
    for part in ("observer", "reviewer", ""):
        assert client.post(page(contract), chosen(contract, {pjj: part})).status_code == 302
        assert parts_of(contract).get("org-pjj", "") == part
    assert visitor.get(reverse("contract", args=[contract.pk])).status_code == 404
    client.post(page(contract), chosen(contract, {pjj: "reviewer"}) | {"q": pjj.name})
    first = plot.tasks(contract, "review")[0]
    plot.opine(contract, first, "changes_requested", "Trop court.")
    plot.review_all(contract)
    _frozen(contract)
    assert plot.task(contract, "review", pjj)


def test_the_key_enter_seeks_and_only_what_changed_is_said_to_be_saved(
    cast: Cast, drafting: Contract
) -> None:
    client, pjj = road.browser(cast.pilote_ville), cast.organisation("org-pjj")
    form = re.findall(r"<form\b.*?</form>", client.get(page(drafting)).content.decode(), re.DOTALL)
    (seeking,) = [one for one in form if 'name="q"' in one]
    first = re.findall(r"<button\b[^>]*>", seeking)[0]
    assert 'value="search"' in first, "the first button of a form answers to the key Enter"
    for same in (chosen(drafting, {}), places(drafting), places(drafting, **{"about-reason": ""})):
        told = client.post(page(drafting), same, follow=True).content.decode()
        assert NOTHING in told
        assert "est enregistré" not in told
    told = client.post(page(drafting), chosen(drafting, {pjj: "observer"}), follow=True).content.decode()
    assert "Le cadre du contrat est enregistré" in told
    assert NOTHING not in told


def test_who_owes_or_has_given_something_stays(cast: Cast, reviewing: Contract) -> None:
    contract, client = reviewing, road.browser(cast.pilote_ville)
    landlord, railway = cast.organisation("org-oh"), cast.organisation("org-rtac")
    for part in ("", "observer"):
        assert "a une tâche en cours" in told(client, contract, chosen(contract, {landlord: part}))
    plot.opine(contract, plot.task(contract, "review", landlord))
    assert "a déjà pris part" in told(client, contract, chosen(contract, {landlord: ""}))
    plot.opine(contract, plot.task(contract, "review", railway), "changes_requested", "Trop court.")
    assert "a demandé des modifications" in told(client, contract, chosen(contract, {railway: "observer"}))
    assert parts_of(contract)["org-oh"] == parts_of(contract)["org-rtac"] == "reviewer"
    assert not JournalEntry.objects.filter(verb="participants_changed").exists()


def test_a_pilot_touches_neither_the_other_side_nor_oneself(cast: Cast, drafting: Contract) -> None:
    city, prefecture = cast.organisation("org-ville"), cast.organisation("org-pref")
    change = partial(
        running.change_participants,
        cast.pilote_ville,
        drafting.pk,
        seen=running.mark(drafting, running.PARTICIPANTS),
    )
    for organisation, part, why in (
        (prefecture, "", "l’autre partie"),
        (prefecture, "observer", "l’autre partie"),
        (city, "observer", "en votre personne"),
        (cast.organisation("org-oh"), "state_pilot", "ne peut pas avoir ce rôle"),
    ):
        with pytest.raises(Invalid, match=why):
            change({organisation: part})
    shown = road.browser(cast.pilote_ville).get(page(drafting)).content.decode()
    assert f'name="part-{prefecture.pk}"' not in shown
    assert prefecture.name in shown


def test_a_commune_that_joins_brings_its_mayor(cast: Cast, drafting: Contract) -> None:
    from tests.workflow.opening.test_several_communes import second_commune

    bourg, client = second_commune(cast), road.browser(cast.pilote_ville)
    sent = chosen(drafting, {bourg: "city_pilot"}) | {"q": "Bourg-sur"}
    assert road.browser(cast.pilote_prefecture).post(page(drafting), sent).status_code == 422
    assert client.post(page(drafting), sent).status_code == 302
    drafting.refresh_from_db()
    assert parts_of(drafting)[bourg.code] == Part.CITY_PILOT
    assert "Bourg-sur-Orme" in drafting.communes
    assert drafting.signatories.filter(office__organisation=bourg).exists()
    assert client.post(page(drafting), chosen(drafting, {bourg: ""})).status_code == 302
    drafting.refresh_from_db()
    assert "Bourg-sur-Orme" not in drafting.communes
    assert not drafting.signatories.filter(office__organisation=bourg).exists()


def test_signatories_change_until_a_version_is_under_way(cast: Cast, drafting: Contract) -> None:
    client = road.browser(cast.pilote_ville)
    first, second = drafting.signatories.order_by("order")[:2]
    sent = places(drafting, f"up-{second.pk}", **{f"place-{first.pk}-capacity": "Préfète de Valmont"})
    assert client.post(page(drafting), sent).status_code == 302
    assert list(drafting.signatories.order_by("order"))[:2] == [second, first]
    first.refresh_from_db()
    assert first.capacity == "Préfète de Valmont"
    kept = entry(drafting, "signatories_changed").payload
    assert [row[0] for row in kept["before"]][:2] == [row[0] for row in kept["after"]][1::-1]
    assert told(client, drafting, places(drafting, **{f"place-{first.pk}-capacity": " "}))
    plot.draft_and_freeze(drafting)
    assert "retirez d’abord la version" in client.get(page(drafting)).content.decode()
    answer = client.post(page(drafting), places(drafting, f"up-{first.pk}"))
    assert answer.status_code == 409
    assert list(drafting.signatories.order_by("order"))[:2] == [second, first]


def test_a_place_is_added_and_taken_out_for_a_reason_that_is_told(cast: Cast, drafting: Contract) -> None:
    client, railway = road.browser(cast.pilote_ville), cast.organisation("org-rtac")
    shown = client.get(page(drafting)).content.decode()
    assert "Qui pourrait signer aujourd’hui" in shown, "as the register says"
    assert str(cast.prefete) in shown
    office = railway.offices.create(title="Présidente", role="head")
    added = places(drafting, "add", **{"about-office": office.pk})
    assert "Dites pourquoi" in told(client, drafting, added | {"about-reason": " "})
    assert "Choisissez d’abord une fonction" in told(client, drafting, places(drafting, "add"))
    assert not drafting.signatories.filter(office=office).exists()
    assert client.post(page(drafting), added | {"about-reason": "Elle s’engage."}).status_code == 302
    place = drafting.signatories.get(office=office)
    assert place.order == drafting.signatories.count()
    kept = entry(drafting, "signatories_changed").payload
    assert (kept["reason"], kept["after"][-1][1]) == ("Elle s’engage.", "Présidente")
    history = client.get(reverse("contract", args=[drafting.pk])).content.decode()
    assert "Elle s’engage." in history
    letters = {m["to"]: m["body"] for m in mailbox.queued() if "signataires modifiés" in m["subject"]}
    assert {cast.prefete.email, cast.maire.email, cast.pilote_prefecture.email} <= set(letters)
    assert cast.pilote_ville.email not in letters
    assert "Elle s’engage." in letters[cast.maire.email]
    assert client.post(page(drafting), places(drafting, f"remove-{place.pk}")).status_code == 302
    assert not drafting.signatories.filter(office=office).exists()
    mayor = drafting.signatories.get(office=cast.maire.mandates.get().office)
    refused = told(client, drafting, places(drafting, f"remove-{mayor.pk}"))
    assert "n’a pas de place parmi les signataires" in refused
    assert drafting.signatories.filter(pk=mayor.pk).exists(), "who has to sign keeps a place"
    told(
        client, drafting, places(drafting, "add", **{"about-office": cast.outsider.mandates.get().office_id})
    )
    assert journal.first_break() is None


def test_who_is_not_asked_or_cannot_be_reached_is_pointed_out(cast: Cast, drafting: Contract) -> None:
    client, landlord = road.browser(cast.pilote_ville), cast.organisation("org-oh")
    assert "est responsable d’engagements" not in client.get(page(drafting)).content.decode()
    drafting.participations.filter(organisation=landlord).update(part=Part.OBSERVER)
    railway = cast.organisation("org-rtac")
    for mandate in cast.rtac.mandates.all():
        withdraw_mandate(mandate, actor=None)
    shown = client.get(page(drafting)).content.decode()
    assert f"{landlord.name} est responsable d’engagements" in shown
    assert f"{railway.name} n’a personne qui puisse rendre son avis" in shown
    assert reverse("contacts", args=[drafting.pk]) in shown


@pytest.mark.race
def test_a_place_that_two_pilots_add_at_once_is_added_once(cast: Cast, drafting: Contract) -> None:
    office = cast.organisation("org-rtac").offices.create(title="Présidente", role="head")
    seen = running.mark(drafting, running.PLACES)
    both = [
        partial(change_places, pilot, drafting.pk, {}, seen=seen, reason="Oui.", wanted=Wanted(add=office))
        for pilot in (cast.pilote_ville, cast.pilote_prefecture)
    ]
    for _turn in again(6):
        assert sorted(at_once(*both)) == ["Invalid", "done"]
        assert drafting.signatories.filter(office=office).count() == 1


def test_an_ended_contract_does_not_change_nor_for_others(cast: Cast, drafting: Contract) -> None:
    for person in (cast.outsider, cast.bailleur_oh, cast.maire):
        assert road.browser(person).get(page(drafting)).status_code == 404
        assert road.browser(person).post(page(drafting), calendar(drafting)).status_code == 404
    seen = running.mark(drafting, running.PLACES)
    with pytest.raises(NotAllowed):
        change_places(cast.outsider, drafting.pk, {}, seen=seen, reason="Non.")
    Contract.objects.filter(pk=drafting.pk).update(status=Status.ABANDONED)
    client = road.browser(cast.pilote_ville)
    assert client.get(page(drafting)).status_code == 409
    assert page(drafting) not in client.get(reverse("contract", args=[drafting.pk])).content.decode()
    with pytest.raises(Locked, match="terminé"):
        change_places(cast.pilote_ville, drafting.pk, {}, seen=seen, reason="Non.")


def test_the_second_of_two_pilots_is_told_and_loses_nothing(cast: Cast, drafting: Contract) -> None:
    city, prefecture = road.browser(cast.pilote_ville), road.browser(cast.pilote_prefecture)
    stale = calendar(drafting, **{"days-review": "33"})
    assert city.post(page(drafting), calendar(drafting, **{"days-review": "21"})).status_code == 302
    shown = told(prefecture, drafting, stale)
    assert "Un autre pilote" in shown
    assert 'value="33"' in shown
    assert "En vigueur : 21" in shown.replace("\xa0", " ")
    looking = {"do": "search", "q": "Orme", "seen": "what was seen first"}
    assert 'value="what was seen first"' in prefecture.post(page(drafting), looking).content.decode()


@pytest.mark.race
def test_two_pilots_at_once(cast: Cast, drafting: Contract) -> None:
    pjj, seen = cast.organisation("org-pjj"), running.mark(drafting, running.PARTICIPANTS)
    both = [
        partial(running.change_participants, person, drafting.pk, {pjj: part}, seen=seen)
        for person, part in ((cast.pilote_ville, "observer"), (cast.pilote_prefecture, "reviewer"))
    ]
    for _turn in again(TIMES):
        assert sorted(at_once(*both)) == ["Invalid", "done"]
        assert JournalEntry.objects.filter(contract=drafting, verb="participants_changed").count() == 1
