"""What a term brings by itself: once, by two workers, after a stop, a kill; and a silence that counts."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any
from unittest import mock

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from contracts.models import Contract
from stakeholders.kinds import Power
from stakeholders.models import User
from stakeholders.terms import FRANCE
from stakeholders.wording import weekday
from tests import plot
from tests.cast import Cast
from tests.invited import at as at_link
from tests.invited import kept_asked
from tests.stage import run_jobs
from tests.workflow.news.test_told import alive, colleague_of, told
from tests.workflow.organisations.test_absences import away
from tests.workflow.procedures.test_races import at_once
from tests.workflow.sockets import logged_in
from workflow.board.lanes import lanes
from workflow.engine import tasks as engine
from workflow.news import mails
from workflow.notices.models import Notice
from workflow.opinions import rules as opinions_rules
from workflow.opinions.models import Silence
from workflow.record import journal
from workflow.record.models import Event, JournalEntry
from workflow.reminders import striking
from workflow.reminders.jobs import look_at_terms
from workflow.reminders.models import Reminder, ReminderPass, Step


def due(contract: Contract, code: str = "org-oh", cast: Cast | None = None, step: str = "review") -> dt.date:
    """Return the last day of an organisation's task."""
    found = plot.task(contract, step, cast.organisation(code) if cast else None)
    term = engine.due_on(found)
    assert term is not None
    return term


def at(day: dt.date, hour: int = 9) -> dt.datetime:
    return timezone.make_aware(dt.datetime.combine(day, dt.time(hour)))


def strike(contract: Contract, day: dt.date) -> int:
    return striking.strike(contract.pk, day)


def kinds(person: User, contract: Contract) -> list[str]:
    """Return of what kinds somebody was reminded."""
    return [kind for kind in told(person, contract) if kind in ("reminder", "last_reminder", "late")]


def silent(contract: Contract) -> list[str]:
    return [row.organisation.short_name for row in Silence.objects.filter(version__contract=contract)]


def test_a_term_reminds_then_is_brought_higher(cast: Cast) -> None:
    """Of a task whose silence says nothing: the text to approve."""
    contract = plot.at_review(cast)
    Contract.objects.filter(pk=contract.pk).update(days={"approve": 15})
    plot.review_all(contract)
    term = due(contract, "org-pref", cast, "approve")
    doer, above = cast.dircab, cast.prefete
    assert strike(contract, FRANCE.before(term, 8)) == 0
    assert strike(contract, FRANCE.before(term, 7)) == 2, "the prefecture and the city"
    assert strike(contract, FRANCE.before(term, 7)) == 0, "run again, nothing"
    assert kinds(doer, contract) == ["reminder"]
    strike(contract, FRANCE.before(term, 2))
    last = Notice.objects.filter(person=doer, kind="last_reminder").get()
    assert last.mail_at is not None and not last.grouped
    strike(contract, FRANCE.after(term, 1))
    assert kinds(doer, contract) == ["reminder", "last_reminder", "last_reminder"]
    assert "reminder" in kinds(above, contract), "the authority may approve too"
    assert not Notice.objects.filter(person=cast.pilote_ville, kind="late").exists()
    strike(contract, FRANCE.after(term, 3))
    strike(contract, FRANCE.after(term, 5))
    late = Notice.objects.filter(kind="late", contract=contract)
    assert {notice.person for notice in late} == {cast.pilote_ville, cast.pilote_prefecture}
    assert "late" in alive(cast.pilote_ville)
    for task in plot.tasks(contract, "approve"):
        Reminder.objects.get(task=task, step=Step.HEAD, passed_over=True)  # the heads do it themselves
    plot.approve_all(contract)
    assert "late" not in alive(cast.pilote_ville), "what is done is late no more"
    assert not Notice.objects.filter(person=cast.outsider).exists()
    verbs = JournalEntry.objects.filter(contract=contract).values_list("verb", flat=True)
    assert [list(verbs).count(verb) for verb in ("term_near", "term_passed", "term_escalated")] == [4, 2, 2]
    assert journal.first_break() is None


def late_to_approve(cast: Cast) -> tuple[Contract, dt.date, User]:
    """Bring a text to its approval; return its term, and who replaces the chief of staff in a month."""
    contract = plot.at_review(cast)
    Contract.objects.filter(pk=contract.pk).update(days={"approve": 15})
    plot.review_all(contract)
    replaces = colleague_of(cast.dircab).person
    away(cast.dircab, replaces, Power.APPROVE, by=cast.admin, start=300, end=301)
    return contract, due(contract, "org-pref", cast, "approve"), replaces


def test_what_is_late_goes_to_the_person_then_to_who_replaces_them_then_higher(cast: Cast) -> None:
    contract, term, replaces = late_to_approve(cast)
    strike(contract, FRANCE.after(term, 1))
    assert kinds(cast.dircab, contract) == ["last_reminder"] and kinds(replaces, contract) == []
    assert strike(contract, FRANCE.after(term, 2)) == 1, "nobody replaces those of the city"
    assert kinds(replaces, contract) == ["late"] and kinds(cast.pilote_ville, contract) == []
    assert strike(contract, FRANCE.after(term, 2)) == 0, "once"
    page = logged_in(replaces).get(reverse("news")).content.decode()
    assert "Retard signalé" in page and "faites déclarer son absence" in page
    [entry] = JournalEntry.objects.filter(contract=contract, verb="term_escalated")
    assert entry.payload["level"] == "substitute"
    strike(contract, FRANCE.after(term, 3))
    strike(contract, FRANCE.after(term, 5))
    assert kinds(replaces, contract) == ["late"], "told once, whoever else is told after"
    assert set(kinds(cast.pilote_ville, contract)) == {"late"}
    assert kinds(cast.outsider, contract) == []
    assert "late" in alive(replaces)
    plot.approve_all(contract)
    assert "late" not in alive(replaces), "what is done is late no more"


def test_who_replaces_an_absent_person_today_is_awaited_as_they_are_and_told_once(cast: Cast) -> None:
    contract, term, replaces = late_to_approve(cast)
    away(cast.dircab, replaces, Power.APPROVE, by=cast.admin)
    strike(contract, FRANCE.after(term, 1))
    strike(contract, FRANCE.after(term, 2))
    assert kinds(replaces, contract) == ["last_reminder"]
    passed = Reminder.objects.filter(step=Step.SUBSTITUTE, passed_over=True)
    assert passed.count() == 2, "there was nobody else to tell"


@pytest.mark.race
def test_two_workers_after_a_stop_tell_who_replaces_once(cast: Cast) -> None:
    contract, term, replaces = late_to_approve(cast)
    at_once(*[lambda: strike(contract, FRANCE.after(term, 40))] * 2)
    assert kinds(replaces, contract) == ["late"]
    assert kinds(cast.dircab, contract) == ["last_reminder"]
    levels = [event.payload["level"] for event in Event.objects.filter(kind="term_escalated")]
    assert sorted(levels) == ["pilots", "pilots", "substitute"]


def test_a_stop_of_a_month_and_a_clock_moved_by_a_year_bring_one_reminder_each(cast: Cast) -> None:
    contract = plot.at_review(cast)
    plot.review_all(contract)
    term = due(contract, "org-pref", cast, "approve")
    strike(contract, FRANCE.next_working(term + dt.timedelta(days=365)))
    assert kinds(cast.dircab, contract) == ["last_reminder"]
    assert kinds(cast.pilote_ville, contract) == ["late", "late"], "one for each of the two texts to approve"
    assert strike(contract, FRANCE.next_working(term + dt.timedelta(days=730))) == 0


def test_a_silence_counts_where_it_was_said_and_the_round_goes_on(cast: Cast) -> None:
    contract = plot.at_review(cast)
    landlord = cast.organisation("org-oh")
    waiting = plot.task(contract, "review", landlord)
    term = due(contract, cast=cast)
    plot.opine(contract, plot.task(contract, "review", cast.organisation("org-rtac")))
    page = logged_in(cast.bailleur_oh).get(reverse("task", args=[contract.pk, waiting.pk])).content.decode()
    said = f"sans réponse au plus tard le {weekday(term)}, votre organisation sera comptée « sans avis »"
    assert said.replace("« ", "«\u00a0").replace(" »", "\u00a0»") in page
    [lane] = [lane for lane in lanes(contract) if lane.organisation_id == landlord.pk]
    assert f"le {weekday(FRANCE.after(term, 1))}" in lane.next and "sans avis" in lane.next
    mails.write_all(timezone.now() + dt.timedelta(minutes=1))
    strike(contract, term)
    assert silent(contract) == [], "its last day is still in time"
    strike(contract, FRANCE.after(term, 1))
    assert silent(contract) == [landlord.short_name]
    assert engine.tasks().get(pk=waiting.pk).owner is None
    assert plot.tasks(contract, "approve"), "the round is over"
    entry = JournalEntry.objects.get(contract=contract, verb="opinion_presumed")
    assert entry.actor is None and entry.payload["due_on"] == term.isoformat()
    assert told(cast.bailleur_oh, contract)[-1] == "term"
    assert "term" in told(cast.pilote_ville, contract)
    [lane] = [lane for lane in lanes(contract) if lane.organisation_id == landlord.pk]
    assert lane.word == "sans avis (aucune réponse)"
    version = logged_in(cast.dircab).get(reverse("version", args=[contract.pk, 1])).content.decode()
    assert f"Aucune réponse au terme du {weekday(term)}." in version
    asked = opinions_rules.would_be_asked(contract)
    assert [one.organisation for one in asked if one.is_due] == [landlord], "on the next version, again"
    late = logged_in(cast.bailleur_oh).get(reverse("task", args=[contract.pk, waiting.pk]))
    assert late.status_code == 409 and "est comptée «\u00a0sans avis\u00a0»" in late.content.decode()
    text = plot.version(contract).content_sha256
    facts = {"value": "unfavourable", "reason": "Trop tard, mais à garder.", "version_sha256": text}
    sent = logged_in(cast.bailleur_oh).post(reverse("task", args=[contract.pk, waiting.pk]), facts)
    assert sent.status_code == 409 and "Trop tard, mais à garder." in sent.content.decode()


def test_a_silence_that_nobody_announced_does_not_count_yet(cast: Cast) -> None:
    """The worker was stopped for a month: who is silent is warned first, and has a day."""
    contract = plot.at_review(cast)
    day = FRANCE.after(due(contract, cast=cast), 20)
    stopped = mock.patch("django.utils.timezone.now", return_value=at(day))
    with stopped:
        assert strike(contract, day) == 4, "each of the two who owe it, and the pilots about each"
    assert silent(contract) == []
    assert kinds(cast.bailleur_oh, contract) == ["last_reminder"]
    with stopped:
        assert strike(contract, day) == 0
    assert silent(contract) == [], "not the same day"
    strike(contract, FRANCE.after(day, 1))
    assert len(silent(contract)) == 2


def test_no_silence_of_the_police_nor_of_the_prosecution_nor_of_who_signs(cast: Cast) -> None:
    contract = plot.opened(cast.contract)
    plot.draft_and_freeze(contract)
    found = {task.seed.kind: engine.silence_counts(task) for task in plot.tasks(contract, "review")}
    assert not any(found[kind] for kind in ("national_police", "gendarmerie", "prosecution"))
    assert any(found.values()), "of others, it counts"
    signs = {place.office.organisation_id for place in contract.places}
    assert not any(engine.silence_counts(t) for t in plot.tasks(contract, "review") if t.seed.pk in signs)


def test_what_was_asked_before_the_rule_is_not_silent(cast: Cast) -> None:
    contract = plot.at_review(cast)
    for task in plot.tasks(contract, "review"):
        task.data = {key: value for key, value in task.data.items() if key != "silence"}
        task.save(update_fields=["data"])
    term = due(contract, cast=cast)
    for days in (1, 2, 9):
        strike(contract, FRANCE.after(term, days))
    assert silent(contract) == []
    assert len(plot.tasks(contract, "review")) == 2


def test_the_day_is_looked_at_once_from_eight_on_working_days(cast: Cast) -> None:
    contract = plot.at_review(cast)
    day = FRANCE.before(due(contract, cast=cast), 7)
    saturday = day + dt.timedelta(days=(5 - day.weekday()) % 7)
    assert striking.contracts_due(at(day, 7)) == []
    assert striking.contracts_due(at(saturday)) == []
    assert striking.contracts_due(at(day)) == [contract.pk]
    assert striking.contracts_due(at(day)) == [], "a second worker, or the next ten minutes"
    assert ReminderPass.objects.count() == 2


def test_the_worker_sends_what_the_day_brings(cast: Cast) -> None:
    contract = plot.at_review(cast)
    day = FRANCE.before(due(contract, cast=cast), 7)
    with mock.patch("django.utils.timezone.now", return_value=at(day)):
        look_at_terms(timestamp=0)
        look_at_terms(timestamp=0)
        assert ProcrastinateJob.objects.filter(task_name="workflow.strike_terms", status="todo").count() == 1
    with mock.patch("workflow.reminders.striking.timezone.localdate", return_value=day):
        run_jobs()
    assert kinds(cast.bailleur_oh, contract) == ["reminder"]


def test_a_worker_killed_on_the_way_leaves_all_or_nothing(cast: Cast) -> None:
    contract = plot.at_review(cast)
    day = FRANCE.before(due(contract, cast=cast), 7)

    def killed(*_args: Any, **_facts: Any) -> None:
        raise SystemExit

    with mock.patch("workflow.reminders.striking._keep", killed), pytest.raises(SystemExit):
        strike(contract, day)
    assert not Event.objects.filter(kind="term_near").exists()
    assert kinds(cast.bailleur_oh, contract) == []
    assert strike(contract, day) == 2
    assert kinds(cast.bailleur_oh, contract) == ["reminder"]


@pytest.mark.race
def test_two_workers_remind_once(cast: Cast) -> None:
    contract = plot.at_review(cast)
    day = FRANCE.before(due(contract, cast=cast), 7)
    start, sent = threading.Barrier(2), []

    def work() -> None:
        try:
            start.wait()
            sent.append(strike(contract, day))
        finally:
            connection.close()

    both = [threading.Thread(target=work) for _each in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sum(sent) == 2
    assert Event.objects.filter(kind="term_near").count() == 2
    assert kinds(cast.bailleur_oh, contract) == ["reminder"]


def test_an_answer_on_the_last_minute_wins_over_the_silence(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    term = due(contract, cast=cast)
    strike(contract, FRANCE.before(term, 2))
    plot.opine(contract, waiting)
    strike(contract, FRANCE.after(term, 1))
    assert cast.organisation("org-oh").short_name not in silent(contract)


def test_a_guest_reads_what_silence_counts_as_before_and_after(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    term = due(contract, cast=cast)
    shown = Client().get(at_link(link)).content.decode()
    assert f"sans réponse au plus tard le {weekday(term)}" in shown
    strike(contract, FRANCE.before(term, 2))
    strike(contract, FRANCE.after(term, 1))
    after = Client().get(at_link(link)).content.decode()
    assert f"Aucune réponse n’est venue au terme du {weekday(term)}" in after
    assert "Recevoir un code" not in after and "Recevoir un nouveau lien" not in after
    contacts = logged_in(cast.pilote_ville).get(reverse("contacts", args=[contract.pk])).content.decode()
    assert "sans avis (aucune réponse)" in contacts


def test_a_silence_is_announced_even_where_the_pilots_want_no_reminder(cast: Cast) -> None:
    contract = plot.at_review(cast)
    Contract.objects.filter(pk=contract.pk).update(reminders={"before": [], "after": []})
    term = due(contract, cast=cast)
    strike(contract, term)
    assert kinds(cast.bailleur_oh, contract) == []
    with mock.patch("django.utils.timezone.now", return_value=at(FRANCE.after(term, 1))):
        strike(contract, FRANCE.after(term, 1))
    assert kinds(cast.bailleur_oh, contract) == ["last_reminder"] and silent(contract) == []
    strike(contract, FRANCE.after(term, 2))
    assert len(silent(contract)) == 2
