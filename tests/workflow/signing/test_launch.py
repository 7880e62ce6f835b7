"""With a warning at a place the signing does not open: it is put right first, or accepted with a reason."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract, Status
from signatures import keys
from signatures.models import EnrolledKey
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner
from tests.snapshots import once
from tests.stage import run_jobs
from tests.workflow.sockets import logged_in
from workflow.procedures import recall
from workflow.record import journal
from workflow.record.models import JournalEntry
from workflow.record.refusals import AlreadyDone, Invalid, Locked, NotAllowed
from workflow.signing import launch, launch_acts, launch_jobs, preflight
from workflow.signing.models import AcceptedWarning, WarningCode

REASON = "La préfète reçoit sa carte lundi."


def without_key(*people: User) -> None:
    """Withdraw every means of signing of these people."""
    for person in people:
        for key in keys.all_of(person):
            keys.end(key, "Carte perdue.")


def at_launch(cast: Cast) -> Contract:
    """Return a contract that both parties approved; for the prefect nobody has a means of signing."""

    def make() -> Contract:
        without_key(cast.prefete, cast.dircab, cast.secretaire_generale)
        return plot.to_signing(small_contract(cast))

    return once("launch", make)


def warnings(contract: Contract) -> list[launch.Standing]:
    return launch.table(plot.version(contract)).warnings


def marks(contract: Contract) -> list[str]:
    return [one.mark for one in warnings(contract)]


def accept(user: User, contract: Contract, reason: str = REASON) -> bool:
    return launch_acts.accept_warnings(user, contract.pk, marks=marks(contract), reason=reason)


def verbs(contract: Contract) -> list[str]:
    return list(
        JournalEntry.objects.filter(contract=contract).order_by("number").values_list("verb", flat=True)
    )


def test_a_place_where_not_everybody_could_sign_says_so(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    page = reverse("launch_table", args=[contract.pk])
    pilot = logged_in(cast.pilote_ville)
    assert "pas toutes" not in pilot.get(page).content.decode()
    without_key(cast.maire)
    assert warnings(contract) == [], "his deputy can sign"
    assert pilot.get(page).content.decode().count("L’une de ces personnes peut signer, pas toutes") == 1


def test_a_contract_whose_signatories_are_ready_asks_nobody_for_more(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    assert contract.status == Status.SIGNING
    assert not warnings(contract) and "launch_held" not in verbs(contract)
    table = launch.table(plot.version(contract))
    assert [
        (place.signatory.order, [one.signer.person for one in place.people][0]) for place in table.places
    ] == [
        (1, cast.prefete),
        (2, cast.maire),
    ]
    assert table.rehearsal is not None and not table.failure
    assert table.rehearsal.kinds == {"Signataire-01": "ecdsa 256", "Signataire-02": "rsa 3072"}


def test_a_missing_means_holds_the_signing_until_a_pilot_accepts_it_and_says_why(cast: Cast) -> None:
    contract = at_launch(cast)
    assert contract.status == Status.FINAL_TEXT and not plot.tasks(contract, "sign")
    assert len(plot.tasks(contract, "clear_launch")) == 2, "each pilot is asked"
    [held] = JournalEntry.objects.filter(contract=contract, verb="launch_held")
    assert [(one["code"], one["field"]) for one in held.payload["warnings"]] == [("no_key", "Signataire-01")]
    assert "Mes moyens de signature" in held.payload["warnings"][0]["sentence"]

    assert accept(cast.pilote_prefecture, contract), "the State's pilot alone is enough"
    contract.refresh_from_db()
    assert contract.status == Status.SIGNING
    assert plot.task(contract, "sign").seed.order == 1
    assert not plot.tasks(contract, "clear_launch")
    row = AcceptedWarning.objects.get()
    assert (row.author, row.code, row.reason) == (cast.pilote_prefecture, WarningCode.NO_KEY, REASON)
    entry = JournalEntry.objects.get(contract=contract, verb="warnings_accepted")
    assert (entry.actor, entry.payload["reason"]) == (cast.pilote_prefecture, REASON)
    assert [(one["code"], one["signatory"]) for one in entry.payload["warnings"]] == [
        ("no_key", row.signatory.capacity)
    ]
    assert journal.first_break() is None


def test_the_signing_opens_of_itself_once_the_means_is_there(cast: Cast) -> None:
    contract = at_launch(cast)
    keys.enrol_specimen(cast.prefete)
    run_jobs()
    contract.refresh_from_db()
    assert contract.status == Status.SIGNING and plot.task(contract, "sign")
    assert verbs(contract).count("launch_cleared") == 1
    assert not AcceptedWarning.objects.exists()


def test_a_place_is_ready_as_soon_as_one_of_those_who_may_sign_there_is(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    without_key(cast.prefete)
    first = launch.table(plot.version(contract)).places[0]
    assert [one.signer.person for one in first.people if one.alone is not None] == [cast.prefete]
    assert any(one.signer.formula and one.keys for one in first.people), "a delegate could sign"
    assert not first.warnings


def test_what_is_accepted_is_what_the_page_showed_and_nothing_that_came_since(cast: Cast) -> None:
    contract = at_launch(cast)
    shown = marks(contract)
    without_key(cast.maire, cast.adjointe)
    assert not launch_acts.accept_warnings(cast.pilote_ville, contract.pk, marks=shown, reason=REASON)
    assert [(one.signatory.order, bool(one.accepted)) for one in warnings(contract)] == [
        (1, True),
        (2, False),
    ]
    with pytest.raises(Locked, match="déjà accepté"):
        launch_acts.accept_warnings(cast.pilote_prefecture, contract.pk, marks=shown, reason=REASON)
    # the mayor's means is back, the prefect's is enrolled and then lost: that is another fact
    keys.enrol_specimen(cast.maire)
    key = keys.enrol_specimen(cast.prefete)
    with as_owner():
        start, end = (timezone.now() - dt.timedelta(days=days) for days in (9, 1))
        EnrolledKey.objects.filter(pk=key.pk).update(not_before=start, not_after=end)
    [left] = launch.table(plot.version(contract)).left
    assert (left.signatory.order, left.warned.code) == (1, WarningCode.KEY_ENDED)
    run_jobs()
    contract.refresh_from_db()
    assert contract.status == Status.FINAL_TEXT
    with pytest.raises(Locked, match="a changé"):
        launch_acts.accept_warnings(
            cast.pilote_prefecture, contract.pk, marks=["1:level_too_low:x"], reason="x"
        )


def test_only_a_pilot_accepts_says_why_and_once(cast: Cast) -> None:
    contract = at_launch(cast)
    for stranger in (cast.prefete, cast.maire, cast.bailleur_oh, cast.outsider, cast.admin):
        with pytest.raises(NotAllowed):
            accept(stranger, contract)
        with pytest.raises(NotAllowed):
            launch_acts.look_again(stranger, contract.pk)
    with pytest.raises(Invalid):
        accept(cast.pilote_ville, contract, " ")
    with pytest.raises(Locked, match="Cochez"):
        launch_acts.accept_warnings(cast.pilote_ville, contract.pk, marks=[], reason=REASON)
    assert not AcceptedWarning.objects.exists() and "warnings_accepted" not in verbs(contract)
    shown = marks(contract)
    assert accept(cast.pilote_ville, contract)
    with pytest.raises(AlreadyDone):
        launch_acts.accept_warnings(cast.pilote_prefecture, contract.pk, marks=shown, reason=REASON)
    with pytest.raises(AlreadyDone):
        launch_acts.look_again(cast.pilote_ville, contract.pk)


def test_a_rehearsal_that_fails_is_accepted_by_nobody(cast: Cast) -> None:
    contract = at_launch(cast)
    version = plot.version(contract)
    version.rehearsals.create(kinds=preflight.kinds_of(contract), failure="Un champ de trop.")
    assert not accept(cast.pilote_ville, contract)
    contract.refresh_from_db()
    assert contract.status == Status.FINAL_TEXT and plot.tasks(contract, "clear_launch")
    assert AcceptedWarning.objects.count() == 1, "the acceptance stands"
    assert not launch_acts.look_again(cast.pilote_ville, contract.pk)
    run_jobs()  # rehearsed again: it was sound
    contract.refresh_from_db()
    assert contract.status == Status.SIGNING
    assert [bool(one.failure) for one in version.rehearsals.order_by("pk")] == [False, True, False]


def test_a_key_of_another_kind_is_rehearsed_before_the_signing_opens(cast: Cast) -> None:
    contract = at_launch(cast)
    version = plot.version(contract)
    last = version.rehearsals.get()
    assert last.kinds["Signataire-02"] == "rsa 3072"
    with as_owner():
        version.rehearsals.update(kinds={**last.kinds, "Signataire-02": "rsa 4096"})
    assert not accept(cast.pilote_ville, contract), "the worker has to rehearse first"
    run_jobs()
    contract.refresh_from_db()
    assert contract.status == Status.SIGNING
    assert version.rehearsals.count() == 2


def test_a_version_whose_signing_is_held_may_be_taken_back(cast: Cast) -> None:
    contract = at_launch(cast)
    recall.recall_version(cast.pilote_prefecture, contract.pk, reason="Autre préfet.")
    contract.refresh_from_db()
    assert contract.status == Status.DRAFTING
    assert not plot.tasks(contract, "clear_launch") and plot.tasks(contract, "draft")
    with pytest.raises(AlreadyDone):
        launch_acts.look_again(cast.pilote_ville, contract.pk)
    assert not launch_jobs.look(contract.pk)


def test_a_signing_that_is_open_stays_open_whatever_comes(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    without_key(cast.maire, cast.adjointe)
    run_jobs()
    plot.sign_next(contract)
    contract.refresh_from_db()
    assert contract.status == Status.SIGNING
    assert [one.warned.code for one in warnings(contract)] == [WarningCode.NO_KEY]
    with pytest.raises(AlreadyDone):
        accept(cast.pilote_ville, contract)


def test_the_page_shows_the_table_and_takes_the_acceptance(cast: Cast, client: Client) -> None:
    contract = at_launch(cast)
    waiting = next(
        one
        for one in plot.tasks(contract, "clear_launch")
        if one.owner_permission_obj_pk == str(cast.organisation("org-ville").pk)
    )
    address = reverse("task", args=[contract.pk, waiting.pk])
    for stranger in (cast.maire, cast.prefete, cast.bailleur_oh, cast.outsider):
        client.force_login(stranger)
        assert client.get(address).status_code == client.post(address, {}).status_code == 404
        assert client.get(reverse("launch_table", args=[contract.pk])).status_code == 404
    client.force_login(cast.pilote_prefecture)
    assert (
        "Mes moyens de signature" in client.get(reverse("launch_table", args=[contract.pk])).content.decode()
    )
    client.force_login(cast.pilote_ville)
    page = client.get(address).content.decode()
    for said in (str(cast.prefete), str(cast.maire), "Valide, selon notre vérification", "Les accepter tous"):
        assert said in page
    assert page.count('type="checkbox"') == 1
    shown = marks(contract)
    assert client.post(address, {"accepted": shown, "reason": ""}).status_code == 422
    assert client.post(address, {"reason": REASON}).status_code == 409
    assert not AcceptedWarning.objects.exists()
    answer = client.post(address, {"do": "all", "shown": shown, "reason": REASON}, follow=True)
    assert answer.redirect_chain[-1][0] == reverse("contract", args=[contract.pk])
    said = answer.content.decode()
    assert "La signature s’ouvre" in said and REASON in said, "the timeline says why"
    assert client.post(address, {"do": "all", "shown": shown, "reason": REASON}).status_code == 409
    assert AcceptedWarning.objects.count() == 1
    assert client.post(address, {"do": "again"}).status_code == 409


def test_whatever_a_pilot_types_is_answered_in_french_and_kept(cast: Cast, client: Client) -> None:
    contract = at_launch(cast)
    client.force_login(cast.pilote_ville)
    address = reverse("task", args=[contract.pk, plot.tasks(contract, "clear_launch")[0].pk])
    if client.get(address).status_code == 404:  # the other pilot's
        address = reverse("task", args=[contract.pk, plot.tasks(contract, "clear_launch")[1].pk])
    shown = marks(contract)
    refused = (
        "mot" * 8_000,
        "un \ue0a0 signe",
        "un \ufffe signe",
        "\u200b\u2060",
        "\x00",
        "Elle\u202e reçoit",
    )
    for reason in refused:
        answer = client.post(address, {"do": "all", "shown": shown, "reason": reason})
        assert answer.status_code == 422, ascii(reason[:20])
        assert "form-error" in answer.content.decode() or "errorlist" in answer.content.decode()
    for odd in (["\x00"], ["\u202e"], ["x" * 5_000], ["0:no_key:"], shown + ["1:no_key:autre"]):
        answer = client.post(address, {"accepted": odd, "reason": REASON})
        assert answer.status_code == 409, ascii(odd[0][:20])
        assert REASON in answer.content.decode(), "what was typed is kept"
    assert not AcceptedWarning.objects.exists() and "warnings_accepted" not in verbs(contract)
    client.post(address, {"accepted": shown * 3, "reason": "Elle rec\u0327oit\x0bsa carte \uf0b7 lundi."})
    row = AcceptedWarning.objects.get()
    assert row.reason == "Elle reçoit\nsa carte • lundi.", "as every text that enters"
