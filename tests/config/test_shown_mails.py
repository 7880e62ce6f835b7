"""« Courriels de la démonstration »: each mail is read, its links followed; elsewhere, no page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.mail import folder_url, letters_in, transport_from_url
from tests import plot
from tests.cast import Cast
from tests.invited import at, kept_asked
from tests.stage import run_jobs
from tests.workflow.news.test_mails import SOON
from workflow.news import mails
from workflow.notices.mail import defer_mail


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    """Deliver to a folder of the test's own, which the pages show."""
    settings.MAIL_TRANSPORT = transport_from_url(folder_url(tmp_path))
    settings.MAILS_SHOWN = tmp_path / "mail"
    return tmp_path / "mail"


def page(name: str, *arguments: Any) -> Any:
    return Client().get(reverse(name, args=arguments))


def test_a_newcomer_follows_a_guest_s_link_and_reads_the_code(cast: Cast, folder: Path) -> None:
    assert "Aucun courriel pour l’instant" in page("demonstration_mails").content.decode()
    _contract, link = kept_asked(cast)
    Client().post(at(link, "guest_code_ask"))
    run_jobs()
    shown = page("demonstration_mails").content.decode()
    assert "Votre code pour" in shown and link.contact.email in shown
    name, _message = letters_in(folder)[-1]
    letter = page("demonstration_mail", name).content.decode()
    assert "Votre code est" in letter
    assert page("demonstration_mail_page", name).status_code == 404, "it has one form"


def test_a_mail_is_shown_as_a_mailbox_does_and_can_do_nothing(cast: Cast, folder: Path) -> None:
    plot.at_review(cast)
    mails.write_all(timezone.now() + SOON)
    run_jobs()
    name = next(name for name, message in letters_in(folder) if message["To"] == cast.bailleur_oh.email)
    answer = page("demonstration_mail", name)
    assert "frame-src 'self'" in answer["Content-Security-Policy"]
    shown = answer.content.decode()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in shown and "echeances.ics" in shown
    framed = page("demonstration_mail_page", name)
    policy = framed["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "sandbox" in policy and "script-src" not in policy
    assert framed["X-Frame-Options"] == "SAMEORIGIN"
    file = page("demonstration_mail_part", name, 0)
    assert file["Content-Disposition"].startswith("attachment") and b"BEGIN:VCALENDAR" in file.content
    assert page("demonstration_mail_part", name, 9).status_code == 404
    assert page("demonstration_mail", "20260101-000000-1-0").status_code == 404
    assert "/demonstration/courriels/" in Client().get("/compte/login/").content.decode(), "in the footer"


def test_a_script_in_a_mail_is_text_on_the_page(cast: Cast, folder: Path) -> None:
    defer_mail(
        to="a@b.example", subject="<script>1</script>", body="<script>2</script>", html="<script>3</script>"
    )
    run_jobs()
    [(name, _message)] = letters_in(folder)
    for shown in (page("demonstration_mails"), page("demonstration_mail", name)):
        assert "<script>1" not in shown.content.decode() and "<script>2" not in shown.content.decode()


@pytest.mark.django_db
def test_elsewhere_there_is_no_such_page(settings: Any) -> None:
    settings.MAILS_SHOWN = None
    for name, arguments in [
        ("demonstration_mails", ()),
        ("demonstration_mail", ("x-0",)),
        ("demonstration_mail_page", ("x-0",)),
        ("demonstration_mail_part", ("x-0", 0)),
    ]:
        assert page(name, *arguments).status_code == 404
    assert "/demonstration/courriels/" not in Client().get("/compte/login/").content.decode()
