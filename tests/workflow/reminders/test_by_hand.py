"""A pilot reminds who is late, with a word, once in two days; puts a term off, to a working day."""

from __future__ import annotations

import datetime as dt
import threading
from unittest import mock

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract
from stakeholders.models import User
from stakeholders.terms import FRANCE
from stakeholders.wording import weekday
from tests import plot
from tests.cast import Cast
from tests.invited import kept_asked, link_in, mailbox
from tests.post import mail_server, words
from tests.stage import run_jobs
from tests.workflow.news.test_told import told
from tests.workflow.sockets import logged_in
from workflow.board.lanes import Lane, lanes
from workflow.engine import tasks as engine
from workflow.news import mails
from workflow.opinions import acts as opinions_acts
from workflow.record.models import JournalEntry
from workflow.record.refusals import AlreadyDone, Invalid, Locked, NotAllowed
from workflow.reminders import acts, striking
from workflow.reminders.models import Reminder, Step
from workflow.reminders.rules import COOLDOWN
from workflow.tasks.access import contract_for

WORD = "Le conseil se réunit jeudi <b>sans faute</b>."


def page_of(contract: Contract) -> str:
    return reverse("contract_terms", args=[contract.pk])


def lane(contract: Contract, organisation: int) -> Lane:
    return next(one for one in lanes(contract) if one.organisation_id == organisation)


def late(cast: Cast) -> Contract:
    """Return a contract whose two opinions are late since yesterday; what silence counts as is left out."""
    contract = plot.at_review(cast)
    for task in plot.tasks(contract, "review"):
        task.data = {**task.data, "due_on": (timezone.localdate() - dt.timedelta(days=1)).isoformat()}
        task.save(update_fields=["data"])
    return contract


def test_one_click_reminds_all_who_are_late_once_in_two_days(cast: Cast) -> None:
    contract = late(cast)
    client = logged_in(cast.pilote_ville)
    shown = client.get(reverse("contract", args=[contract.pk])).content.decode()
    assert "2 réponses sont en retard" in shown and "Relancer les 2 en retard" in shown
    other = logged_in(cast.bailleur_oh).get(reverse("contract", args=[contract.pk])).content.decode()
    assert "Relancer" not in other and page_of(contract) not in other
    answer = client.post(page_of(contract), {"do": "retard"}, follow=True)
    assert "2 relances partent" in answer.content.decode()
    assert told(cast.bailleur_oh, contract)[-1] == told(cast.rtac, contract)[-1] == "reminder"
    assert "relancé le" in lane(contract, cast.organisation("org-oh").pk).detail
    again = client.post(page_of(contract), {"do": "retard"})
    assert again.status_code == 409
    assert "de nouveau possible le" in again.content.decode()
    assert Reminder.objects.count() == 2
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + COOLDOWN):
        acts.remind(cast.pilote_prefecture, contract.pk, [t.pk for t in plot.tasks(contract, "review")])
    assert Reminder.objects.count() == 4
    entries = JournalEntry.objects.filter(contract=contract, verb="task_reminded")
    assert entries.count() == 4 and entries.filter(actor=cast.pilote_ville).count() == 2


def test_a_word_of_ones_own_is_shown_as_it_was_typed(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    client = logged_in(cast.pilote_ville)
    missing = client.post(page_of(contract), {"word": WORD})
    assert missing.status_code == 422 and "Cochez au moins une tâche" in missing.content.decode()
    assert "Le conseil se réunit jeudi &lt;b&gt;" in missing.content.decode(), "nothing typed is lost"
    assert client.post(page_of(contract), {"task": [waiting.pk], "word": "a\x00b"}).status_code == 422
    assert client.post(page_of(contract), {"task": [10**9], "word": ""}).status_code == 422
    assert client.post(page_of(contract), {"task": [waiting.pk], "word": WORD}).status_code == 302
    with mail_server() as post:
        mails.write_all(timezone.now() + dt.timedelta(minutes=1))
        run_jobs()
    [message] = [mail for to, mail in post.received if to == [cast.bailleur_oh.email]]
    assert WORD in words(message) and f"Relance par {cast.pilote_ville}" in words(message)
    html = next(part for part in message.walk() if part.get_content_type() == "text/html")
    said = html.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert "&lt;b&gt;sans faute&lt;/b&gt;" in said and "<b>sans" not in said
    assert "sans avis" in words(message), "what happens otherwise"
    kept = client.post(page_of(contract), {"task": [waiting.pk], "word": WORD})
    assert kept.status_code == 409 and "sans faute" in kept.content.decode()


def test_guests_are_reminded_by_their_link(cast: Cast) -> None:
    contract, link = kept_asked(cast)
    [first] = mailbox()
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    acts.remind(cast.pilote_ville, contract.pk, [waiting.pk], word="100 % des halls sont concernés.")
    [_first, second] = mailbox()
    assert second.subject.startswith("Rappel : avis attendu au plus tard le ".replace(" :", "\u00a0:"))
    assert "100 % des halls sont concernés." in str(second.body)
    assert "sera comptée" in str(second.body) and link_in(second) != link_in(first)
    assert str(second.body).count("halls") >= 1
    day = FRANCE.before(engine.due_on(waiting), 7)  # type: ignore[arg-type]
    striking.strike(contract.pk, day)
    assert len(mailbox()) == 3


def test_nobody_but_a_pilot_reminds_or_puts_off(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    tomorrow = timezone.localdate() + dt.timedelta(days=90)
    addresses = [page_of(contract), reverse("term_extend", args=[contract.pk, waiting.pk])]
    for person in (cast.bailleur_oh, cast.rtac, cast.prefete, cast.outsider, cast.procureure):
        for address in addresses:
            assert logged_in(person).get(address).status_code == 404
            assert logged_in(person).post(address, {"do": "retard"}).status_code == 404
        with pytest.raises(NotAllowed):
            acts.remind(person, contract.pk, [waiting.pk])
        with pytest.raises(NotAllowed):
            acts.extend(person, contract.pk, waiting.pk, wanted=tomorrow, reason="x", seen="")
    assert Client().get(addresses[0]).status_code == 302
    elsewhere = reverse("term_extend", args=[cast.contract.pk, waiting.pk])
    assert logged_in(cast.pilote_ville).get(elsewhere).status_code == 404
    plot.withdraw(cast.pilote_ville, by=cast.admin)
    with pytest.raises(NotAllowed):
        acts.remind(cast.pilote_ville, contract.pk, [waiting.pk])
    assert not Reminder.objects.exists()


def test_what_is_done_meanwhile_is_not_reminded_of(cast: Cast) -> None:
    contract = plot.at_review(cast)
    first, second = plot.tasks(contract, "review")
    plot.opine(contract, first)
    told_them = acts.remind(cast.pilote_ville, contract.pk, [first.pk, second.pk, 10**9])
    assert [task.pk for task in told_them.sent] == [second.pk]
    with pytest.raises(Locked, match="plus personne|Plus personne"):
        acts.remind(cast.pilote_ville, contract.pk, [first.pk])
    with pytest.raises(AlreadyDone):
        extend(cast.pilote_ville, contract, first, FRANCE.after(timezone.localdate(), 60))


def test_somebody_whom_nobody_can_reach_is_said(cast: Cast) -> None:
    contract = plot.at_review(cast)
    plot.withdraw(cast.bailleur_oh, by=cast.admin)
    others = User.objects.filter(mandates__office__organisation=cast.organisation("org-oh"))
    for person in others.distinct():
        plot.withdraw(person, by=cast.admin)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    with pytest.raises(Locked, match="personne n’est en fonction"):
        acts.remind(cast.pilote_ville, contract.pk, [waiting.pk])


def extend(person: User, contract: Contract, task: engine.Task, wanted: dt.date, seen: str = "") -> dt.date:
    shown = seen or str((task.data or {})["due_on"])
    return acts.extend(person, contract.pk, task.pk, wanted=wanted, reason="Le directeur change.", seen=shown)


def test_a_term_is_put_off_and_everybody_concerned_is_told(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    before = engine.due_on(waiting)
    assert before is not None
    striking.strike(contract.pk, FRANCE.before(before, 2))
    saturday = before + dt.timedelta(days=(5 - before.weekday()) % 7 + 28)
    client, address = logged_in(cast.pilote_ville), reverse("term_extend", args=[contract.pk, waiting.pk])
    sent = {"due_on": saturday.isoformat(), "reason": "Le directeur change.", "seen": before.isoformat()}
    answer = client.post(address, sent, follow=True).content.decode()
    term = FRANCE.next_working(saturday)
    assert f"Le {weekday(saturday)} n’est pas ouvré" in answer and weekday(term) in answer
    assert lane(contract, cast.organisation("org-oh").pk).due_on == term
    assert told(cast.bailleur_oh, contract)[-1] == told(cast.pilote_prefecture, contract)[-1] == "term"
    entry = JournalEntry.objects.get(contract=contract, verb="term_extended")
    assert (entry.payload["before_on"], entry.payload["due_on"]) == (before.isoformat(), term.isoformat())
    assert entry.payload["reason"] == "Le directeur change."
    history = client.get(reverse("contract", args=[contract.pk])).content.decode()
    assert f"Échéance reportée du {weekday(before)} au {weekday(term)}" in history
    sent_before = Reminder.objects.filter(task=waiting, term=before).count()
    with mock.patch("django.utils.timezone.localdate", return_value=FRANCE.after(before, 1)):
        striking.strike(contract.pk, FRANCE.after(before, 1))
    assert Reminder.objects.filter(task=waiting, term=before).count() == sent_before
    striking.strike(contract.pk, FRANCE.before(term, 2))
    assert Reminder.objects.filter(task=waiting, term=term, passed_over=False).count() == 1, "of the new term"


@pytest.mark.parametrize(
    ("wanted", "sentence"),
    [
        ("2026-01-05", "est passé"),
        ("0026-12-28", "plausible"),
        ("2126-12-28", "plus d’un an"),
        ("2028-12-28", "plus d’un an"),
        ("31/31/2027", "date valide"),
        ("", "obligatoire"),
    ],
)
def test_a_day_that_cannot_be_is_refused_and_nothing_typed_is_lost(
    cast: Cast, wanted: str, sentence: str
) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    client, address = logged_in(cast.pilote_ville), reverse("term_extend", args=[contract.pk, waiting.pk])
    sent = {"due_on": wanted, "reason": "Une raison à garder.", "seen": waiting.data["due_on"]}
    answer = client.post(address, sent)
    shown = answer.content.decode()
    assert answer.status_code == 422 and sentence in shown and "Une raison à garder." in shown
    assert plot.task(contract, "review", cast.organisation("org-oh")).data["due_on"] == waiting.data["due_on"]


def test_a_term_is_not_brought_nearer_nor_put_off_by_two_at_once(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    before = engine.due_on(waiting)
    assert before is not None
    with pytest.raises(Invalid, match="déjà"):
        extend(cast.pilote_ville, contract, waiting, before)
    term = extend(cast.pilote_ville, contract, waiting, FRANCE.after(before, 5))
    with pytest.raises(Invalid, match="Un autre pilote"):
        extend(cast.pilote_prefecture, contract, waiting, FRANCE.after(before, 9), seen=before.isoformat())
    assert engine.due_on(plot.task(contract, "review", cast.organisation("org-oh"))) == term
    with pytest.raises(Invalid, match="Dites pourquoi"):
        acts.extend(
            cast.pilote_ville,
            contract.pk,
            waiting.pk,
            wanted=FRANCE.after(term, 5),
            reason="  ",
            seen=term.isoformat(),
        )


def test_the_first_opening_is_kept_once_and_shown(cast: Cast) -> None:
    contract = plot.at_review(cast)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    key = cast.organisation("org-oh").pk
    assert "pas encore ouvert" in lane(contract, key).detail
    address = reverse("task", args=[contract.pk, waiting.pk])
    assert logged_in(cast.outsider).get(address).status_code == 404
    assert logged_in(cast.pilote_ville).get(address).status_code == 404
    client = logged_in(cast.bailleur_oh)
    assert client.head(address).status_code == 200
    assert engine.opened_at(plot.task(contract, "review", cast.organisation("org-oh"))) is None
    client.get(address)
    first = engine.opened_at(plot.task(contract, "review", cast.organisation("org-oh")))
    client.get(address)
    found = plot.task(contract, "review", cast.organisation("org-oh"))
    assert first is not None and engine.opened_at(found) == first
    assert found.data["due_on"] == waiting.data["due_on"] and found.data["silence"] is True
    assert "ouvert le" in lane(contract, key).detail
    engine.note_opening(waiting)  # read before: by two tabs at once
    assert engine.opened_at(plot.task(contract, "review", cast.organisation("org-oh"))) == first
    opinions_acts.keep_opinion_draft(cast.bailleur_oh, waiting.pk, value="favourable", reason="")
    assert contract_for(cast.bailleur_oh, contract.pk)


def test_the_pilots_choose_the_days_of_the_reminders(cast: Cast) -> None:
    contract = plot.at_review(cast)
    client, address = logged_in(cast.pilote_ville), reverse("contract_framework", args=[contract.pk])
    page = client.get(address)
    form = page.context["calendar"]
    assert form.fields["reminder-first"].initial == 7
    sent = {name: form[name].value() or "" for name in form.fields} | {
        "seen": page.context["seen"]["calendar"],
        "do": "calendar",
        "reminder-first": "10",
        "reminder-last": "",
        "reminder-late": "2",
    }
    sent.pop("keeps_good_friday")
    answer = client.post(address, sent)
    assert answer.status_code == 302, answer.content.decode()
    contract.refresh_from_db()
    assert contract.reminders == {"before": [10], "after": [2]}
    assert "rappels" in JournalEntry.objects.filter(verb="calendar_changed").get().payload["changes"]
    term = engine.due_on(plot.task(contract, "review", cast.organisation("org-oh")))
    assert term is not None
    assert striking.strike(contract.pk, FRANCE.before(term, 10)) == 2
    assert Reminder.objects.filter(step=Step.BEFORE, days=10).count() == 2
    assert client.post(address, {**sent, "reminder-first": "61"}).status_code == 422


@pytest.mark.race
def test_two_pilots_at_once_remind_once(cast: Cast) -> None:
    contract = late(cast)
    numbers = [task.pk for task in plot.tasks(contract, "review")]
    start, refused = threading.Barrier(2), []

    def work(person: User) -> None:
        try:
            start.wait()
            acts.remind(person, contract.pk, numbers)
        except Locked as error:
            refused.append(error.message)
        finally:
            connection.close()

    both = [threading.Thread(target=work, args=[p]) for p in (cast.pilote_ville, cast.pilote_prefecture)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert len(refused) == 1 and "de nouveau possible" in refused[0]
    assert Reminder.objects.count() == 2
    assert told(cast.bailleur_oh, contract).count("reminder") == 1
