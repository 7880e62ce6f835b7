"""The shared diagnostic: the actors contribute, what is missing is found, pilots agree on a synthesis."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from viewflow.workflow.models import Task

from contracts.models import Contract, Status
from tests import plot
from tests.cast import Cast, small_contract
from tests.snapshots import again
from tests.workflow.organisations.test_register_pages import PDF
from tests.workflow.procedures.test_races import TIMES, at_once
from tests.workflow.sockets import logged_in
from workflow.board.circuit import circuit
from workflow.board.lanes import lanes
from workflow.board.steps import steps
from workflow.diagnostic import acts
from workflow.diagnostic.models import Contribution, DiagnosticFigure, Synthesis
from workflow.record import journal
from workflow.record.models import JournalEntry
from workflow.record.refusals import AlreadyDone, Invalid, Locked, NotAllowed

FIGURE = {"chiffre-label": "Halls signalés", "chiffre-value": "1 150,5", "chiffre-year": "2025"}
FIGURE |= {"chiffre-unit": "halls", "chiffre-source": "Main courante du bailleur"}


def with_diagnostic(cast: Cast) -> Contract:
    contract = small_contract(cast)
    Contract.objects.filter(pk=contract.pk).update(with_diagnostic=True)
    contract.refresh_from_db()
    return plot.opened(contract)


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return with_diagnostic(cast)


def owed(cast: Cast, contract: Contract, code: str = "org-oh") -> Task:
    return plot.task(contract, "contribute", cast.organisation(code))


def contribute(cast: Cast, contract: Contract, code: str, text: str = "Ce que nous voyons.") -> Contribution:
    waiting = owed(cast, contract, code)
    return acts.send(plot.entitled(waiting), waiting.pk, text=text, revision=0)


def all_contributed(cast: Cast) -> Contract:
    contract = with_diagnostic(cast)
    contribute(cast, contract, "org-oh")
    contribute(cast, contract, "org-rtac")
    return contract


def overdue(task: Task, days: int = 1) -> None:
    due = timezone.localdate() - dt.timedelta(days=days)
    Task.objects.filter(pk=task.pk).update(data={**task.data, "due_on": due.isoformat()})


def post(client: Client, contract: Contract, task: Task, **facts: Any) -> Any:
    facts = {"text": "", "revision": "0", "do": "save", **facts}
    return client.post(reverse("task", args=[contract.pk, task.pk]), facts)


def test_the_diagnostic_comes_first_and_its_synthesis_opens_the_drafting(
    cast: Cast, contract: Contract
) -> None:
    assert contract.status == Status.DIAGNOSTIC
    assert not plot.tasks(contract, "draft")
    assert "0 contribution sur 2" in steps(contract)[0].detail
    contribute(cast, contract, "org-oh")
    assert not plot.tasks(contract, "synthesise"), "one contribution is still owed"
    contribute(cast, contract, "org-rtac")
    waiting = plot.task(contract, "synthesise")
    assert waiting.owner_permission_obj == cast.organisation("org-ville")
    acts.send_synthesis(cast.pilote_ville, waiting.pk, text="Les halls d’abord.", revision=0)
    waiting = plot.task(contract, "accept_synthesis")
    assert waiting.owner_permission_obj == cast.organisation("org-pref")
    first = contract.syntheses.get()
    acts.answer_synthesis(
        cast.pilote_prefecture,
        waiting.pk,
        accepted=False,
        reason="Et les transports ?",
        synthesis_id=first.pk,
    )
    waiting = plot.task(contract, "synthesise")
    acts.send_synthesis(cast.pilote_ville, waiting.pk, text="Les halls, et la nuit.", revision=0)
    waiting, second = plot.task(contract, "accept_synthesis"), contract.syntheses.get(number=2)
    with pytest.raises(Locked):
        acts.answer_synthesis(
            cast.pilote_prefecture, waiting.pk, accepted=True, reason="", synthesis_id=first.pk
        )
    acts.answer_synthesis(
        cast.pilote_prefecture, waiting.pk, accepted=True, reason="", synthesis_id=second.pk
    )
    contract.refresh_from_db()
    assert contract.status == Status.DRAFTING
    assert len(plot.tasks(contract, "draft")) == 2
    assert [(step.code, step.look) for step in steps(contract)[:2]] == [
        ("diagnostic", "done"),
        ("drafting", "now"),
    ]
    verbs = JournalEntry.objects.filter(contract=contract).order_by("number").values_list("verb", flat=True)
    assert list(verbs)[1:] == [
        *["contribution_sent"] * 2,
        *["synthesis_sent", "synthesis_returned"] * 1,
        *["synthesis_sent", "synthesis_accepted"] * 1,
    ]
    assert journal.first_break() is None


def test_the_contract_then_goes_to_its_end(cast: Cast) -> None:
    contract = all_contributed(cast)
    waiting = plot.task(contract, "synthesise")
    found = acts.send_synthesis(cast.pilote_ville, waiting.pk, text="Les halls.", revision=0)
    waiting = plot.task(contract, "accept_synthesis")
    acts.answer_synthesis(cast.pilote_prefecture, waiting.pk, accepted=True, reason="", synthesis_id=found.pk)
    plot.draft_and_freeze(contract)
    plot.review_all(contract)
    assert len(plot.tasks(contract, "approve")) == 2, "the opinions are counted apart from the contributions"


def test_a_contract_without_one_knows_nothing_of_it(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    assert contract.status == Status.DRAFTING
    assert steps(contract)[0].code == "drafting"
    assert not {stop.code for stop in circuit(contract)} & {"contribute", "synthesise", "accept_synthesis"}
    client = logged_in(cast.pilote_ville)
    assert client.get(reverse("diagnostic", args=[contract.pk])).status_code == 404
    assert "Diagnostic" not in client.get(reverse("contract", args=[contract.pk])).content.decode()


def test_what_is_prepared_is_kept_and_shown_to_colleagues_alone(cast: Cast, contract: Contract) -> None:
    task, client = owed(cast, contract), logged_in(cast.bailleur_oh)
    document = SimpleUploadedFile("halls.pdf", PDF, "application/pdf")
    answer = post(
        client,
        contract,
        task,
        text="Trois halls.\nDeux caves.",
        **FIGURE,
        **{"fichier-title": "Relevé des halls", "fichier-document": document},
    )
    assert answer.status_code == 302, answer.content.decode()
    found = Contribution.objects.get()
    assert (found.sent_at, found.revision, found.figures.get().value) == (None, 1, Decimal("1150.5"))
    shown = client.get(reverse("task", args=[contract.pk, task.pk])).content.decode()
    assert "Trois halls." in shown
    assert "1\u202f150,50" in shown
    file = reverse("diagnostic_file", args=[contract.pk, found.files.get().pk])
    assert client.get(file)["Content-Disposition"].startswith("attachment")
    assert logged_in(cast.rtac).get(file).status_code == 404, "not sent yet"
    read = logged_in(cast.rtac).get(reverse("diagnostic", args=[contract.pk])).content.decode()
    assert "Trois halls." not in read

    answer = post(client, contract, task, text=found.text, revision="1", do="send")
    assert answer.status_code == 302, answer.content.decode()
    read = logged_in(cast.rtac).get(reverse("diagnostic", args=[contract.pk])).content.decode()
    assert "Trois halls." in read
    assert "Main courante du bailleur" in read
    assert logged_in(cast.rtac).get(file).status_code == 200
    assert logged_in(cast.outsider).get(file).status_code == 404
    assert next(lane.word for lane in lanes(contract) if lane.organisation_id == found.organisation_id) == (
        "contribution transmise"
    )


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"chiffre-label": "Halls"}, "son année et sa source"),
        ({**FIGURE, "chiffre-year": "25"}, "quatre chiffres"),
        ({**FIGURE, "chiffre-value": "1,150"}, "peut se lire"),
        ({**FIGURE, "chiffre-value": "1" * 15}, "chiffres"),
        ({"fichier-title": "Sans fichier"}, "Choisissez le fichier"),
        ({"do": "send", "text": "  "}, "Écrivez votre contribution"),
        ({"text": "x" * 20_001}, "20"),
        ({"revision": "x"}, "rouvrez la tâche"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_typed_is_lost(
    cast: Cast, contract: Contract, facts: dict[str, Any], said: str
) -> None:
    client, task = logged_in(cast.bailleur_oh), owed(cast, contract)
    answer = post(client, contract, task, **{"text": "Trois halls.", **facts})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert said in page
    assert facts.get("chiffre-label", "") in page
    assert facts.get("text", "Trois halls.").strip() in page
    assert not Contribution.objects.exclude(sent_at=None).exists()


def test_two_colleagues_never_lose_each_other_s_words(cast: Cast, contract: Contract) -> None:
    client, task = logged_in(cast.bailleur_oh), owed(cast, contract)
    assert post(client, contract, task, text="Le mien.").status_code == 302
    answer = post(client, contract, task, text="Un autre, écrit sur la page vide.")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Le mien." in page
    assert "Un autre, écrit sur la page vide." in page
    assert 'name="revision" value="1"' in page
    both = "Le mien. Un autre, écrit sur la page vide."
    assert post(client, contract, task, text=both, revision="1").status_code == 302
    assert Contribution.objects.get().text == both


def test_a_figure_sent_twice_is_kept_once_and_may_be_taken_away(cast: Cast, contract: Contract) -> None:
    client, task = Client(enforce_csrf_checks=True), owed(cast, contract)
    client.force_login(cast.bailleur_oh, backend="allauth.account.auth_backends.AuthenticationBackend")
    address = reverse("task", args=[contract.pk, task.pk])
    page = client.get(address).content.decode()
    token = page.split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
    facts = {"csrfmiddlewaretoken": token, "text": "", "revision": "0", "do": "save", **FIGURE}
    for _time in range(2):
        assert client.post(address, facts).status_code == 302
    figure = DiagnosticFigure.objects.get()
    theirs = owed(cast, contract, "org-rtac")
    assert post(logged_in(cast.rtac), contract, theirs, do=f"drop-figure-{figure.pk}").status_code == 302
    assert DiagnosticFigure.objects.exists(), "another organisation's is not touched"
    assert post(logged_in(cast.bailleur_oh), contract, task, do=f"drop-figure-{figure.pk}").status_code == 302
    assert not DiagnosticFigure.objects.exists()


def test_what_is_sent_does_not_change_any_more(cast: Cast, contract: Contract) -> None:
    acts.write(
        cast.bailleur_oh,
        owed(cast, contract).pk,
        text="Trois halls.",
        revision=0,
        changes=acts.Changes(
            figure={"label": "Halls", "value": 3, "unit": "", "year": 2025, "source": "Nous"}
        ),
    )
    task = owed(cast, contract)
    found = acts.send(cast.bailleur_oh, task.pk, text="Trois halls.", revision=1)
    for change in (
        lambda: Contribution.objects.update(text="Autre chose."),
        lambda: DiagnosticFigure.objects.update(value=4),
        lambda: DiagnosticFigure.objects.create(
            contribution=found, label="Un", value=1, year=2025, source="X"
        ),
        lambda: DiagnosticFigure.objects.all().delete(),
    ):
        with pytest.raises(IntegrityError, match="ne se modifie plus"), transaction.atomic():
            change()
    with pytest.raises(AlreadyDone):
        acts.write(cast.bailleur_oh, task.pk, text="Encore.", revision=1)


def test_a_pilot_finds_a_contribution_missing_after_its_term(cast: Cast, contract: Contract) -> None:
    task, pilot = owed(cast, contract, "org-rtac"), logged_in(cast.pilote_prefecture)
    address = reverse("contribution_missing", args=[contract.pk, task.pk])
    contribute(cast, contract, "org-oh")
    assert "rien n’est à constater" in " ".join(pilot.get(address).content.decode().split())
    assert pilot.post(address, {"reason": "Pas de réponse."}).status_code == 409, "the term is not over"
    overdue(task)
    assert address in pilot.get(reverse("diagnostic", args=[contract.pk])).content.decode()
    for stranger in (cast.bailleur_oh, cast.rtac, cast.outsider):
        assert logged_in(stranger).post(address, {"reason": "Non."}).status_code == 404
    with pytest.raises(NotAllowed):
        acts.find_missing(cast.rtac, contract.pk, task.pk, reason="Non.")
    assert pilot.post(address, {"reason": " "}).status_code == 422
    assert pilot.post(address, {"reason": "Deux relances sans réponse."}).status_code == 302
    assert plot.tasks(contract, "synthesise"), "the synthesis no longer waits"
    read = logged_in(cast.rtac).get(reverse("diagnostic", args=[contract.pk])).content.decode()
    assert "Carence constatée" in read
    assert "Deux relances sans réponse." in read
    owing = cast.organisation("org-rtac")
    entry = JournalEntry.objects.get(contract=contract, verb="contribution_missing")
    assert (entry.actor, entry.payload["missing"]) == (cast.pilote_prefecture, owing.short_name)


def test_what_belongs_to_others_is_refused(cast: Cast, contract: Contract) -> None:
    task = owed(cast, contract)
    for stranger in (cast.rtac, cast.pilote_ville, cast.outsider):
        with pytest.raises(NotAllowed):
            acts.send(stranger, task.pk, text="À leur place.", revision=0)
        assert logged_in(stranger).get(reverse("task", args=[contract.pk, task.pk])).status_code == 404
    assert logged_in(cast.outsider).get(reverse("diagnostic", args=[contract.pk])).status_code == 404
    review = plot.opened(small_contract(cast, "CSI-AVIS"))
    plot.draft_and_freeze(review)
    opinion = plot.task(review, "review", cast.organisation("org-oh"))
    with pytest.raises(AlreadyDone):
        acts.send(cast.bailleur_oh, opinion.pk, text="Sur une tâche d’avis.", revision=0)


def test_the_synthesis_is_kept_as_it_is_written_and_owed_in_words(cast: Cast) -> None:
    contract = all_contributed(cast)
    task, client = plot.task(contract, "synthesise"), logged_in(cast.pilote_ville)
    page = client.get(reverse("task", args=[contract.pk, task.pk])).content.decode()
    assert "Ce que nous voyons." in page, "the contributions are beside"
    assert post(client, contract, task, text="  ", do="send").status_code == 422
    assert post(client, contract, task, text="Les halls.").status_code == 302
    assert post(client, contract, task, text="Écrit à côté.").status_code == 409
    assert post(client, contract, task, text="Les halls.", revision="1", do="send").status_code == 302
    found, answering = Synthesis.objects.get(), plot.task(contract, "accept_synthesis")
    address, pilot = reverse("task", args=[contract.pk, answering.pk]), logged_in(cast.pilote_prefecture)
    assert "Les halls." in pilot.get(address).content.decode()
    facts = {"synthesis": found.pk, "decision": "return", "reason": ""}
    answer = pilot.post(address, facts)
    assert answer.status_code == 422
    assert "ce qui est à revoir" in answer.content.decode()
    assert pilot.post(address, {**facts, "reason": "Et la nuit ?"}).status_code == 302
    again_ = plot.task(contract, "synthesise")
    page = client.get(reverse("task", args=[contract.pk, again_.pk])).content.decode()
    assert "Et la nuit ?" in page
    assert "Les halls." in page, "the text that came back is where one left it"


@pytest.mark.race
def test_a_contribution_and_its_carence_at_once_are_one_or_the_other(cast: Cast) -> None:
    contract = with_diagnostic(cast)
    contribute(cast, contract, "org-oh")
    task = owed(cast, contract, "org-rtac")
    overdue(task)
    send = partial(acts.send, cast.rtac, task.pk, text="Nous voici.", revision=0)
    find = partial(acts.find_missing, cast.pilote_ville, contract.pk, task.pk, reason="Rien.")
    for _turn in again(TIMES):
        assert sorted(at_once(send, find)) == ["AlreadyDone", "done"]
        row = Contribution.objects.get(organisation=cast.organisation("org-rtac"))
        assert row.missing is (row.text == "")
        assert len(plot.tasks(contract, "synthesise")) == 1
        assert journal.first_break() is None


def test_an_empty_reason_or_text_is_refused_by_the_acts_too(cast: Cast, contract: Contract) -> None:
    task = owed(cast, contract)
    overdue(task)
    with pytest.raises(Invalid):
        acts.find_missing(cast.pilote_ville, contract.pk, task.pk, reason=" ")
    with pytest.raises(Invalid):
        acts.send(cast.bailleur_oh, task.pk, text="", revision=0)
