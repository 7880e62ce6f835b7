"""Who is told of what: a notice is written with the act, for whom it concerns, and says nothing once over."""

from __future__ import annotations

import datetime as dt
from importlib import import_module
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from contracts.models import Contract
from stakeholders.actions import end_absence
from stakeholders.kinds import Power
from stakeholders.models import Mandate, User
from tests import plot
from tests.cast import Cast, small_contract
from tests.owner import as_owner
from tests.workflow.organisations.test_absences import away
from workflow.news.centre import living, say
from workflow.notices.models import Notice
from workflow.opinions import acts as opinions_acts
from workflow.procedures.recall import recall_version
from workflow.record import events
from workflow.record.refusals import AlreadyDone
from workflow.standing.standings import Standings
from workflow.tasks import transfers
from workflow.tasks.lists import tasks_of


def told(person: User, contract: Contract) -> list[str]:
    """Return of what kinds somebody was told about a contract, from first to last."""
    return list(
        Notice.objects.filter(person=person, contract=contract).order_by("pk").values_list("kind", flat=True)
    )


def alive(person: User) -> list[str]:
    """Return of what kinds the news are that still concern somebody."""
    return list(living(person, Standings(person)).order_by("pk").values_list("kind", flat=True))


def colleague_of(person: User) -> Mandate:
    """Return the office of a colleague in the same organisation, who has nothing to do of their own."""
    office = person.mandates.get().office
    colleague = User.objects.create_user("collegue@oh.example", first_name="Aline", last_name="Voss")
    return Mandate.objects.create(
        person=colleague,
        office=office.organisation.offices.create(title="Chargée de mission", role="contributor"),
        starts_on=timezone.localdate() - dt.timedelta(days=1),
    )


def check(people: list[User]) -> None:
    """Whoever has a task was told, once; and is told of no task that is not theirs to do."""
    for person in people:
        asked = living(person, Standings(person)).filter(kind__in=["task", "transferred"])
        assert sorted(asked.values_list("task", flat=True)) == sorted(task.pk for task in tasks_of(person))


def test_a_contract_to_its_seal(cast: Cast) -> None:
    contract = plot.at_review(cast)
    pilots = [cast.pilote_ville, cast.pilote_prefecture]
    people = [*pilots, cast.prefete, cast.dircab, cast.maire, cast.greffe, cast.bailleur_oh, cast.rtac]
    check(people)
    assert alive(cast.bailleur_oh) == ["version", "task"]
    plot.opine(contract, plot.task(contract, "review", cast.organisation("org-oh")))
    assert alive(cast.bailleur_oh) == ["version"], "what is done is no news any more"
    assert told(cast.pilote_ville, contract)[-1] == told(cast.pilote_prefecture, contract)[-1] == "answer"
    plot.review_all(contract)
    check(people)
    plot.approve_all(contract)
    check(people)
    for _each in range(2):
        if plot.tasks(contract, "council_resolution"):
            plot.record_resolution(contract)
        plot.sign_next(contract)
        check(people)
    for person in people:
        assert told(person, contract)[-1] == "ended"
        assert told(person, contract).count("ended") == 1
    assert told(cast.pilote_ville, contract).count("signature") == 2
    assert not Notice.objects.filter(person__in=[cast.outsider, cast.bailleur_cl, cast.admin]).exists()


def test_a_text_that_comes_back(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    plot.opine(contract, waiting, "changes_requested", "L’article 2 nomme un service qui n’existe plus.")
    for pilot in (cast.pilote_ville, cast.pilote_prefecture):
        news = Notice.objects.filter(person=pilot, kind="returned").get()
        assert news.event.payload["reason"].startswith("L’article 2")
        assert news.mail_at is not None and not news.grouped, "at once, whatever they chose"
    assert "returned" not in told(cast.rtac, contract)


def test_a_version_taken_back_is_told_to_whom_it_was_asked_of(cast: Cast) -> None:
    contract = plot.at_review(cast)
    recall_version(cast.pilote_ville, contract.pk, reason="Une annexe manque.")
    assert told(cast.bailleur_oh, contract)[-1] == "replaced"
    assert "replaced" in told(cast.pilote_prefecture, contract)
    assert "replaced" not in told(cast.pilote_ville, contract), "who acts knows"
    assert "replaced" not in told(cast.greffe, contract), "nothing had been asked of the clerk"
    assert "task" not in alive(cast.bailleur_oh)


def test_a_task_passed_on_and_one_done_in_an_absence(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    receiver = colleague_of(cast.bailleur_oh)
    colleague = receiver.person
    transfers.transfer_task(cast.bailleur_oh, waiting.pk, receiver=receiver, reason="Elle suit ce dossier.")
    assert alive(colleague) == ["transferred"]
    renamed = import_module("workflow.migrations.0040_transferred_task")
    with as_owner(), connection.cursor() as cursor:  # what was told by the version before
        cursor.execute(renamed.BACK)
        assert alive(colleague) == ["lent"]
        cursor.execute(renamed.RENAME)
    [news] = living(colleague, Standings(colleague))
    assert say(news).sentence.startswith(f"{cast.bailleur_oh} vous confie")
    transfers.end_transfer(cast.bailleur_oh, waiting.pk)
    assert alive(colleague) == [], "what was taken back is theirs no more"


def test_who_loses_their_office_is_told_nothing_more(cast: Cast) -> None:
    contract = plot.at_review(cast)
    assert alive(cast.bailleur_oh)
    plot.withdraw(cast.bailleur_oh, by=cast.admin)
    assert alive(cast.bailleur_oh) == []
    plot.opine(contract, plot.task(contract, "review", cast.organisation("org-rtac")))
    recall_version(cast.pilote_ville, contract.pk, reason="Une annexe manque.")
    assert "replaced" not in told(cast.bailleur_oh, contract)


def test_an_act_that_fails_tells_nobody(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    before = Notice.objects.count()
    plot.opine(contract, waiting)
    first = Notice.objects.count()
    assert first == before + 2
    with pytest.raises(AlreadyDone):
        opinions_acts.give_opinion(
            cast.bailleur_oh,
            waiting.pk,
            value="favourable",
            reason="",
            version_sha256=plot.version(contract).content_sha256,
        )
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        facts: dict[str, Any] = {"organisation": "OH", "value": "favourable"}
        events.publish("opinion_given", contract, actor=cast.rtac, **facts)
        assert Notice.objects.count() == first + 2
        raise ZeroDivisionError
    assert Notice.objects.count() == first


def test_a_substitute_is_told_in_the_absent_persons_place(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    substitute = colleague_of(cast.bailleur_oh).person
    absence = away(cast.bailleur_oh, substitute, Power.REVIEW, by=cast.admin)
    plot.draft_and_freeze(contract)
    check([substitute, cast.bailleur_oh])
    assert "task" in alive(substitute)
    end_absence(absence, actor=cast.admin)
    assert "task" not in alive(substitute)


def test_who_comes_later_is_told_of_what_is_open_already(cast: Cast) -> None:
    contract = plot.at_review(cast)
    substitute = colleague_of(cast.bailleur_oh).person
    assert alive(substitute) == []
    absence = away(cast.bailleur_oh, substitute, Power.REVIEW, by=cast.admin)
    check([substitute])
    assert alive(substitute) == ["task"]
    end_absence(absence, actor=cast.admin)
    away(cast.bailleur_oh, substitute, Power.REVIEW, by=cast.admin)
    assert told(substitute, contract).count("task") == 1, "told once"
