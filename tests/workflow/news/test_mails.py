"""The mails of news: what, to whom, how many; each kept with its fate; none twice, none for nothing."""

from __future__ import annotations

import datetime as dt
import threading
from collections import Counter

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from contracts.models import Contract
from stakeholders.kinds import Power
from stakeholders.models import User
from tests import plot
from tests.cast import Cast, small_contract
from tests.post import mail_server, words
from tests.stage import run_jobs
from tests.workflow.news.test_told import colleague_of
from tests.workflow.organisations.test_absences import away
from tests.workflow.sockets import logged_in
from workflow.news import centre, mails
from workflow.notices.models import Fate, KeptMail, MailChoice, Notice, QueuedMail, Rhythm
from workflow.record.models import Event
from workflow.standing.standings import Standings

SOON = dt.timedelta(minutes=1)
LATER = dt.timedelta(days=8)


def sent(when: dt.timedelta = SOON) -> Counter[str]:
    """Queue what is due by then; return how many mails of news each address is sent."""
    mails.write_all(timezone.now() + when)
    of_news = KeptMail.objects.filter(notices__isnull=False).distinct()
    return Counter(row.address for row in of_news)


def test_a_reviewer_gets_one_mail_that_leads_to_the_page(cast: Cast) -> None:
    contract = plot.at_review(cast)
    with mail_server() as post:
        mails.write_all(timezone.now() + SOON)
        run_jobs()
    [message] = [mail for to, mail in post.received if to == [cast.bailleur_oh.email]]
    due = plot.task(contract, "review", cast.organisation("org-oh"))
    said = words(message)
    assert said.startswith("Bonjour M. Patrice Gourvennec-Lau,")
    assert "À faire : " in said and "Au plus tard le " in said
    notice = Notice.objects.get(person=cast.bailleur_oh, kind="task")
    assert reverse("news_open", args=[notice.pk]) in said
    html = next(part for part in message.walk() if part.get_content_type() == "text/html")
    assert "Le faire maintenant" in html.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert message["Auto-Submitted"] == "auto-generated"
    assert reverse("mail_choice") in str(message["List-Unsubscribe"])
    assert str(message["References"]).startswith(f"<contrat.{contract.pk}@")
    assert message["Reply-To"] == plot.version(contract).frozen_by.email
    kept = KeptMail.objects.get(message_id=message["Message-ID"])
    assert (kept.fate, kept.contract, kept.body.splitlines()) == (
        Fate.HANDED_OVER,
        contract,
        said.splitlines(),
    )
    client = logged_in(cast.bailleur_oh)
    led = client.get(reverse("news_open", args=[notice.pk]))
    assert led["Location"] == reverse("task", args=[contract.pk, due.pk])
    assert logged_in(cast.outsider).get(reverse("news_open", args=[notice.pk])).status_code == 404
    assert "token" not in said and "code" not in said


def test_what_was_done_read_or_closed_meanwhile_is_not_mailed(cast: Cast) -> None:
    contract = plot.at_review(cast)
    plot.opine(contract, plot.task(contract, "review", cast.organisation("org-oh")))
    centre.read(cast.rtac)
    plot.withdraw(cast.dircab, by=cast.admin)
    told = sent(LATER)
    assert cast.rtac.email not in told
    assert cast.dircab.email not in told
    assert cast.bailleur_oh.email not in told, "nor that the version was frozen, which they answered"
    assert sent(LATER) == told, "once"
    of_the_account = KeptMail.objects.get(person=cast.dircab)
    assert of_the_account.subject.startswith("[Contreseing]"), "what tells them so is kept as well"


def test_the_rest_of_a_day_is_one_mail(cast: Cast) -> None:
    contract = plot.at_review(cast)
    plot.review_all(contract)
    plot.approve_all(contract)
    pilot = cast.pilote_ville
    assert Notice.objects.filter(person=pilot, grouped=True).count() > 2
    assert sent()[pilot.email] == 0, "nothing that they have to do"
    assert sent(LATER)[pilot.email] == 1
    kept = KeptMail.objects.get(person=pilot)
    assert kept.notices.count() == Notice.objects.filter(person=pilot, grouped=True, task=None).count()


def test_a_choice_is_kept_and_followed(cast: Cast) -> None:
    client = logged_in(cast.pilote_ville)
    page = client.get(reverse("mail_choice")).content.decode()
    assert cast.pilote_ville.email in page and "Une signature est apposée" in page
    assert "Une tâche vous attend" not in page, "what is owed cannot be switched off"
    wrong = {"rhythm": "never", "hour": "8", "weekday": "0", "unwanted": ["task"]}
    assert client.post(reverse("mail_choice"), wrong).status_code == 422
    chosen = {"rhythm": Rhythm.AT_ONCE, "hour": "17", "weekday": "3", "unwanted": ["version"]}
    assert client.post(reverse("mail_choice"), chosen).status_code == 302
    kept = MailChoice.objects.get(person=cast.pilote_ville)
    assert (kept.rhythm, kept.hour, kept.weekday, kept.unwanted) == (Rhythm.AT_ONCE, 17, 3, ["version"])
    contract = plot.opened(small_contract(cast))
    plot.draft_and_freeze(contract)
    plot.opine(contract, plot.task(contract, "review", cast.organisation("org-oh")))
    found = {n.kind: n for n in Notice.objects.filter(person=cast.pilote_ville, task=None)}
    assert found["answer"].mail_at is not None and not found["answer"].grouped
    assert "version" not in found or found["version"].mail_at is None


def test_an_absent_person_is_not_mailed_their_substitute_is(cast: Cast) -> None:
    contract = plot.opened(small_contract(cast))
    substitute = colleague_of(cast.bailleur_oh).person
    away(cast.bailleur_oh, substitute, Power.REVIEW, by=cast.admin)
    plot.draft_and_freeze(contract)
    told = sent()
    assert told[substitute.email] == 1
    assert told[cast.bailleur_oh.email] == 0
    assert centre.living(cast.bailleur_oh, Standings(cast.bailleur_oh)).exists(), "on their page"


def refuse(cast: Cast, answer: str) -> tuple[Contract, list[str], User]:
    """Have the mail server refuse a reviewer; return the contract and whom it was asked to take."""
    contract = plot.at_review(cast)
    with mail_server() as post:
        post.refused[cast.bailleur_oh.email] = answer
        mails.write_all(timezone.now() + SOON)
        run_jobs()
        return contract, post.asked, cast.bailleur_oh


def test_a_mail_refused_for_good_is_not_tried_again_and_the_pilots_are_told(cast: Cast) -> None:
    contract, asked, refused = refuse(cast, "550 5.1.1 no such mailbox")
    assert asked.count(refused.email) == 1
    kept = KeptMail.objects.get(person=refused)
    assert (kept.fate, kept.answer) == (Fate.REFUSED, 550)
    assert not QueuedMail.objects.filter(kept=kept).exists()
    told = Event.objects.get(kind="mail_not_delivered")
    assert told.contract == contract
    assert {n.person for n in told.notices.all()} >= {cast.pilote_ville, cast.pilote_prefecture}
    assert refused not in {n.person for n in told.notices.all()}


def test_a_server_that_asks_to_wait_is_asked_again(cast: Cast) -> None:
    _contract, _asked, refused = refuse(cast, "451 4.3.0 later")
    kept = KeptMail.objects.get(person=refused)
    assert kept.fate == Fate.QUEUED
    assert QueuedMail.objects.filter(kept=kept).exists()
    assert not Event.objects.filter(kind="mail_not_delivered").exists()


def test_no_mail_about_the_mail_that_told_of_a_mail(cast: Cast) -> None:
    """Two pilots whose addresses both fail do not tell each other of it for ever."""
    plot.at_review(cast)
    everybody = User.objects.filter(is_active=True).values_list("email", flat=True)
    with mail_server() as post:
        post.refused = dict.fromkeys(everybody, "550 no")
        for turn in range(4):
            mails.write_all(timezone.now() + LATER * (turn + 1))
            run_jobs()
        count = len(post.asked)
        mails.write_all(timezone.now() + LATER * 9)
        run_jobs()
        assert len(post.asked) == count


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_workers_write_each_mail_once(cast: Cast) -> None:
    plot.at_review(cast)
    start, now = threading.Barrier(2), timezone.now() + LATER

    def work() -> None:
        try:
            start.wait()
            mails.write_all(now)
        finally:
            connection.close()

    both = [threading.Thread(target=work) for _each in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    numbers = [n.pk for kept in KeptMail.objects.all() for n in kept.notices.all()]
    assert len(numbers) == len(set(numbers))
    counts = Counter(KeptMail.objects.values_list("person", "contract"))
    assert max(counts.values()) <= 2, "one at once, one gathered"
    assert KeptMail.objects.count() == QueuedMail.objects.filter(kept__isnull=False).count()


def test_the_pilots_see_who_was_told_and_whether_it_arrived(cast: Cast) -> None:
    contract, _asked, refused = refuse(cast, "550 5.1.1 no such mailbox")
    client = logged_in(cast.pilote_prefecture)
    page = client.get(reverse("contract_told", args=[contract.pk])).content.decode()
    assert str(refused) in page and "refusé par le serveur de courriel" in page
    assert (
        reverse("contract_told", args=[contract.pk])
        in client.get(reverse("contract", args=[contract.pk])).content.decode()
    )
    table = client.get(reverse("contract_told_table", args=[contract.pk])).content.decode("utf-8-sig")
    lines = table.strip().splitlines()
    assert len(lines) == 1 + Notice.objects.filter(contract=contract).count()
    assert any(str(refused) in line and "refusé par le serveur" in line for line in lines)
