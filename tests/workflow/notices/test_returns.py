"""A mail that comes back is told like one that was refused; nothing else in that mailbox says a thing."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone

from config.mail import Mailbox, mailbox_from_url, return_address
from tests import imap, plot
from tests.attacks import logbook
from tests.cast import Cast
from tests.post import mail_server
from tests.stage import run_jobs
from tests.workflow.news.test_mails import SOON
from tests.workflow.sockets import logged_in
from workflow.news import mails
from workflow.notices import returned_mailbox, returns
from workflow.notices.mail import identifier
from workflow.notices.models import Fate, KeptMail, Notice
from workflow.record.models import Event


def report(
    message_id: str,
    *,
    action: str = "failed",
    status: str = "5.1.1",
    returned: str = "message/rfc822",
    to: str = "",
) -> bytes:
    """Return a delivery report as a mail server writes it (RFC 3464)."""
    return f"""\
From: MAILER-DAEMON@relais.example
To: {to or "ne-pas-repondre@127.0.0.1"}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; relais.example

Final-Recipient: rfc822; p@orme-habitat.example
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 5.1.1 unknown user

--b
Content-Type: {returned}

Message-ID: {message_id}
Subject: Avis

--b--
""".replace("\n", "\r\n").encode()


def handed_over(cast: Cast) -> tuple[Any, KeptMail]:
    """Have a reviewer mailed; return the contract and the mail that was handed over."""
    contract = plot.at_review(cast)
    with mail_server():
        mails.write_all(timezone.now() + SOON)
        run_jobs()
    kept = KeptMail.objects.get(person=cast.bailleur_oh)
    assert kept.fate == Fate.HANDED_OVER
    return contract, kept


@pytest.fixture
def box(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a real mailbox, which the settings name and whose certificate is believed."""
    with imap.mailbox() as found:
        for name, value in imap.trust(found.authority).items():
            monkeypatch.setenv(name, value)
        settings.BOUNCES = mailbox_from_url(found.url)
        yield found


def read() -> None:
    returned_mailbox.read_returns.func(timestamp=0)


def test_a_mail_that_came_back_is_told_and_shown(cast: Cast, box: imap.Mailbox) -> None:
    contract, kept = handed_over(cast)
    box.deliver(report(kept.message_id, action="delayed", status="4.4.1"))
    box.deliver(
        b"From: a@b.example\r\nAuto-Submitted: auto-replied\r\nSubject: Absent\r\n\r\nJe reviens lundi.\r\n"
    )
    box.deliver(b"X: " + b"x" * (returned_mailbox.LARGEST + 10) + b"\r\n\r\n" + report(kept.message_id))
    box.deliver(b"\xff\xfe\x00 not a mail at all")
    read()
    kept.refresh_from_db()
    assert kept.fate == Fate.HANDED_OVER, "put off, absent, too large, nonsense: nothing is returned"
    assert box.unread() == 0
    box.deliver(report(kept.message_id))
    read()
    kept.refresh_from_db()
    assert (kept.fate, box.unread()) == (Fate.RETURNED, 0)
    [event] = Event.objects.filter(kind="mail_not_delivered")
    assert event.payload["person"] == str(cast.bailleur_oh)
    told = set(Notice.objects.filter(event=event).values_list("person", flat=True))
    assert {cast.pilote_ville.pk, cast.pilote_prefecture.pk} <= told and cast.bailleur_oh.pk not in told
    page = logged_in(cast.pilote_ville).get(reverse("contract_told", args=[contract.pk])).content.decode()
    assert "revenu, adresse en échec" in page
    box.deliver(report(kept.message_id, status="5.2.2"))
    read()
    read()
    assert Event.objects.filter(kind="mail_not_delivered").count() == 1, "told once, however often it returns"


def test_a_mailbox_that_cannot_be_read_is_said_without_its_password(
    players: Cast, box: imap.Mailbox, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = settings.BOUNCES
    wrong = Mailbox(known.host, known.port, known.user, "un tout autre mot de passe", known.folder)
    accented = Mailbox(known.host, known.port, known.user, "été", known.folder)
    gone = Mailbox(known.host, 1, known.user, known.password, known.folder)
    absent = Mailbox(known.host, known.port, known.user, known.password, 'Nulle "part"')
    box.deliver(report(identifier()))
    with logbook.kept() as log:
        for settings.BOUNCES in (wrong, accented, gone, absent):
            read()
        monkeypatch.delenv(next(iter(imap.trust(box.authority))))
        settings.BOUNCES = known
        read()
    assert log.getvalue().count("returned mails were not read") == 5, (
        "the last: a certificate that nobody vouches for"
    )
    for secret in (known.password, wrong.password):
        assert secret not in log.getvalue() and secret not in repr(known)
    assert box.unread() == 1
    monkeypatch.setenv(*next(iter(imap.trust(box.authority).items())))
    read()
    assert box.unread() == 0, "at the next turn"


def test_a_report_is_understood_however_it_returns_the_mail(players: Cast) -> None:
    known = identifier()
    number = known.partition(".")[2].partition("@")[0]
    for raw in (
        report(known),
        report(known, returned="text/rfc822-headers"),
        report(known, status="4.4.7"),  # given up after days
        report("", to=f"retours+{number}@ville.example"),  # without the headers
    ):
        found = returns.understood(raw)
        assert found is not None and found.is_for_good and known in found.identifiers
    for raw in (
        report(known, action="delivered", status="2.0.0"),
        report(known, action="delayed", status="4.4.1"),
    ):
        found = returns.understood(raw)
        assert found is not None and not found.is_for_good
    forged = report(known).replace(b"multipart/report; report-type=delivery-status", b"multipart/mixed")
    deep = (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        + b"--b\r\n" * 50_000
    )
    for raw in (forged, b"", b"\x00" * 1000, deep, os.urandom(2000), report("<" + "a" * 400 + "@b>")):
        assert returns.understood(raw) is None


def test_a_forged_report_says_nothing_of_a_mail_whose_number_it_does_not_know(cast: Cast) -> None:
    _contract, kept = handed_over(cast)
    before = list(KeptMail.objects.order_by("pk").values_list("fate", flat=True))
    for guess in (
        f"<{kept.pk}@127.0.0.1>",
        identifier(),
        "<contrat.1@127.0.0.1>",
        "<%@%>",
        kept.message_id.upper(),
    ):
        assert returns.take(report(guess)) == 0
    assert list(KeptMail.objects.order_by("pk").values_list("fate", flat=True)) == before


def test_a_mail_returns_to_the_address_that_the_installation_gives(cast: Cast, settings: Any) -> None:
    settings.BOUNCES_ADDRESS = "retours+{}@ville.example"
    plot.at_review(cast)
    with mail_server() as post:
        mails.write_all(timezone.now() + SOON)
        run_jobs()
    kept = KeptMail.objects.get(person=cast.bailleur_oh)
    number = kept.message_id.partition(".")[2].partition("@")[0]
    assert f"retours+{number}@ville.example" in post.senders
    assert {str(message["From"]) for _to, message in post.received} == {settings.DEFAULT_FROM_EMAIL}
    assert returns.take(report("", to=f"retours+{number}@ville.example")) == 1


def test_what_the_settings_say_is_checked() -> None:
    found = mailbox_from_url("imaps://retours%40ville.fr:p%2Fw@courriel.ville.fr/Retours")
    assert found == Mailbox("courriel.ville.fr", 993, "retours@ville.fr", "p/w", "Retours")
    assert mailbox_from_url("") is None and return_address("") == ""
    for wrong in ("imap://a:b@c", "imaps://c", "imaps://a@c", "https://a:b@c"):
        with pytest.raises(ImproperlyConfigured):
            mailbox_from_url(wrong)
    for wrong in ("retours", "@ville.fr", "retours@{}.fr", "{}{}@ville.fr"):
        with pytest.raises(ImproperlyConfigured):
            return_address(wrong)
