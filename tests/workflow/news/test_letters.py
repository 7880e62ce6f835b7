"""What a mail says: the question, the articles, until when, what else happens; whatever the names in it."""

from __future__ import annotations

import datetime as dt
import email.header
import re
from email.message import Message
from typing import Any

import pytest
from django.utils import timezone
from icalendar import Calendar

from contracts.canonical import concerning
from contracts.models import Contract
from stakeholders.models import User
from stakeholders.wording import weekday
from tests import plot
from tests.cast import Cast
from tests.owner import as_owner
from tests.post import Post, mail_server, words
from tests.stage import run_jobs
from tests.workflow.news.test_mails import LATER, SOON
from workflow.engine.tasks import due_on
from workflow.news import mails
from workflow.news.centre import silence
from workflow.notices import mail
from workflow.notices.mail import SHOWN, fitted, in_one_line
from workflow.notices.models import KeptMail, Notice, QueuedMail
from workflow.opening import running


def sent_to(post: Post, person: User) -> list[Message]:
    return [message for to, message in post.received if to == [person.email]]


def mailed(*people: User, when: dt.timedelta = SOON) -> list[Message]:
    """Have the mails that are due sent; return what each of these people got, one mail each."""
    with mail_server() as post:
        mails.write_all(timezone.now() + when)
        run_jobs()
    found = [sent_to(post, person) for person in people]
    assert [len(each) for each in found] == [1] * len(people)
    return [each[0] for each in found]


def subject(message: Message) -> str:
    return str(email.header.make_header(email.header.decode_header(message["Subject"])))


def part(message: Message, kind: str) -> str:
    found = next(part for part in message.walk() if part.get_content_type() == kind)
    payload = found.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode()


def test_a_review_says_what_is_asked_of_which_articles_until_when(cast: Cast) -> None:
    contract = plot.at_review(cast)
    landlord = cast.organisation("org-oh")
    due = weekday(due_on(plot.task(contract, "review", landlord)))
    led = concerning(plot.version(contract).content, landlord.pk)
    other = concerning(plot.version(contract).content, cast.organisation("org-rtac").pk)
    message, of_rtac = mailed(cast.bailleur_oh, cast.rtac)
    said, page = words(message), part(message, "text/html")
    waits = "Votre silence ne vaut pas accord : le contrat attend votre avis"
    counts = silence(plot.task(contract, "review", landlord))
    assert counts and counts in said and waits not in said, "where the rule says so, and there alone"
    of_public_service = silence(plot.task(contract, "review", cast.organisation("org-rtac")))
    assert (of_public_service or waits) in words(of_rtac)
    for shown in (said, page):
        assert f"Quel est l’avis de {landlord.name} sur ce texte" in shown
        assert f"Au plus tard le {due}." in shown
        assert led and all(article in shown for article in led)
        assert not any(article in shown for article in other), "theirs alone"
        assert plot.version(contract).frozen_by.email in shown, "whom to write to"
    assert subject(message).startswith(f"Avis demandé au plus tard le {due}")
    assert contract.reference in subject(message) and len(subject(message)) <= SHOWN
    assert len(re.findall(r"/nouvelles/\d+/", said)) == 1, "one link"
    preview = re.sub(r"<[^>]+>", " ", page.split("<body")[1]).split(">", 1)[1].split()
    assert preview[:4] == ["Quel", "est", "l’avis", "de"], "what a list of mails shows after the subject"
    assert "<script" not in page and "src=" not in page and "<img" not in page, "nothing is fetched"


def test_a_signatory_is_led_to_the_page_where_one_signs(cast: Cast) -> None:
    contract = plot.at_signing(cast)
    plot.record_resolution(contract)
    signer = plot.entitled(plot.task(contract, "sign"))
    with as_owner():
        KeptMail.objects.all().delete()
    [message] = mailed(signer)
    assert "Signez-vous ce contrat" in words(message) and "Lire le contrat et signer" in words(message)
    assert subject(message).startswith("Signature demandée au plus tard le ")


def give_more_time(cast: Cast, contract: Contract) -> None:
    """Have the pilots move the last day of the reviews."""
    running.change_calendar(
        cast.pilote_ville,
        contract.pk,
        seen=running.mark(contract, running.CALENDAR),
        sessions={},
        days={**contract.days, "review": 40},
    )


def deadline_in(message: Message) -> Any:
    """Return the only deadline of the file that a mail holds."""
    [event] = Calendar.from_ical(part(message, "text/calendar")).events
    return event


def test_a_deadline_comes_with_a_file_for_the_calendar_that_moves_with_it(cast: Cast) -> None:
    contract = plot.at_review(cast)
    task = plot.task(contract, "review", cast.organisation("org-oh"))
    [message] = mailed(cast.bailleur_oh)
    event = deadline_in(message)
    assert (event["DTSTART"].dt, event["DTEND"].dt - event["DTSTART"].dt) == (
        due_on(task),
        dt.timedelta(days=1),
    )
    assert str(event["UID"]).startswith(f"echeance.{task.pk}@") and event["SEQUENCE"] == 0
    assert f"/taches/{task.pk}/" in str(event["URL"])
    for one in message.walk():
        if one.get_content_type() == "text/calendar":
            assert one.get_filename() == "echeances.ics"
            assert one.get_content_disposition() == "attachment"
    raw = part(message, "text/calendar")
    assert "\r\n" in raw and max(len(line.encode()) for line in raw.split("\r\n")) <= 75, "RFC 5545, 3.1"
    give_more_time(cast, contract)
    task.refresh_from_db()
    [again] = mailed(cast.bailleur_oh, when=LATER)
    moved = deadline_in(again)
    assert (moved["UID"], moved["SEQUENCE"], moved["DTSTART"].dt) == (event["UID"], 1, due_on(task))


HOSTILE = [
    "Contrat\r\nBcc: tous@ville.example",
    "Contrat \u202eegarrahc ed\u202c caché",
    "<script>alert(1)</script> & « guillemets » \"doubles\" 'simples'",
    "Contrat 🏙️ de la ville",
    "Contrat\x00 nul",
    "C" * 5000,
    "عقد الأمن المتكامل",
    "100 % %s %(due)s {{ x }} {% y %}",
]


def test_no_name_changes_more_than_the_words_of_a_mail(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = plot.at_review(cast)
    person, now = cast.bailleur_oh, timezone.now() + SOON
    for title in HOSTILE:  # what the database and the forms refuse already
        monkeypatch.setattr(Contract, "title", title)
        monkeypatch.setattr(User, "__str__", lambda _self, title=title: title)
        Notice.objects.filter(person=person, contract=contract).update(mail=None, mail_at=now, grouped=False)
        [kept] = mails.write_to(person.pk, now)
        assert len(kept.subject.splitlines()) == 1 and len(kept.subject) <= SHOWN + 4  # the isolates
        assert not set("\u202e\u202c\x00") & set(kept.subject + kept.body)
        with mail_server() as post:
            mail.submit(**QueuedMail.objects.get(kept=kept).letter())
        [message] = sent_to(post, person)
        assert message["Bcc"] is None and message["To"] == person.email
        assert subject(message) == kept.subject
        page = part(message, "text/html")
        assert "<script" not in page and "\u202e" not in page


def test_a_subject_is_one_line_and_fits() -> None:
    assert in_one_line("a\r\n b\x00\u2028c\x85d") == "a  b c d"
    assert fitted("Avis : %s (X)", "Contrat") == "Avis : Contrat (X)"
    long = fitted("Avis : %s (X)", "Contrat de sécurité " * 10)
    assert len(long) <= SHOWN and long.endswith("… (X)")
    assert fitted("A" * 70 + "%s", "Contrat de sécurité") == "", "a word cut to nothing says nothing"
