"""A mail server that is down, refuses, or breaks off: no mail is lost nor doubled, each fate is shown."""

from __future__ import annotations

import os
import signal
import socket
from collections import Counter

import pytest
from django.test import override_settings
from django.urls import reverse
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from config.mail import transport_from_url
from stakeholders.models import User
from tests import plot, workers
from tests.cast import Cast
from tests.pki import ServedPki
from tests.post import BREAK_OFF, Post, mail_server
from tests.stage import run_jobs
from tests.waiting import start_worker
from tests.workflow.news.test_mails import LATER
from tests.workflow.notices.test_mail import change_jobs, waiting
from tests.workflow.sockets import logged_in
from workflow.news import mails
from workflow.notices.mail import ATTEMPTS, RETRY, defer_mail, identifier
from workflow.notices.models import Fate, KeptMail, QueuedMail
from workflow.record.models import Event


def queued_for(person: User) -> KeptMail:
    """Queue a mail whose fate is told, and return its copy."""
    kept = KeptMail.objects.create(
        person=person, address=person.email, subject="Avis", body="…", message_id=identifier()
    )
    defer_mail(to=person.email, subject=kept.subject, body=kept.body, kept=kept)
    return kept


def later() -> None:
    """Let the wait of the mails that are tried again pass, and try them."""
    change_jobs("scheduled_at = NULL", "status = 'todo'")
    run_jobs()


def fates() -> Counter[str]:
    return Counter(KeptMail.objects.values_list("fate", flat=True))


def identifiers(post: Post) -> list[str]:
    return [str(message["Message-ID"]) for _to, message in post.received]


def test_a_server_that_is_down_for_two_hours_gets_each_mail_once(cast: Cast) -> None:
    contract = plot.at_review(cast)
    mails.write_all(timezone.now() + LATER)
    count = KeptMail.objects.count()
    assert count > 3
    with socket.socket() as closed:  # bound and not listening: refuses
        closed.bind(("127.0.0.1", 0))
        url = f"smtp://127.0.0.1:{closed.getsockname()[1]}"
        with override_settings(MAIL_TRANSPORT=transport_from_url(url)):
            run_jobs()
            for _attempt in range(ATTEMPTS - 2):
                later()
    assert sum(RETRY.exponential_wait**n for n in range(1, ATTEMPTS + 1)) > 2 * 3600
    assert fates() == {Fate.QUEUED: count}, "it is said that they wait"
    page = logged_in(cast.pilote_ville).get(reverse("contract_told", args=[contract.pk])).content.decode()
    assert "en attente d’envoi" in page
    with mail_server() as post:
        later()
        later()
    assert sorted(identifiers(post)) == sorted(KeptMail.objects.values_list("message_id", flat=True))
    assert fates() == {Fate.HANDED_OVER: count}
    assert not QueuedMail.objects.exists() and not waiting()


@pytest.mark.parametrize("answer", ["451 4.3.0 try again", "421 4.7.0 too many connections"])
def test_a_server_that_puts_off_is_asked_again_and_gets_it_once(cast: Cast, answer: str) -> None:
    kept = queued_for(cast.rtac)
    with mail_server() as post:
        post.at_data = [answer]
        run_jobs()
        assert fates() == {Fate.QUEUED: 1}
        later()
        later()
    assert identifiers(post) == [kept.message_id] * 2, "put off, then taken"
    assert fates() == {Fate.HANDED_OVER: 1}


def test_a_mail_that_is_refused_whole_is_not_sent_again(cast: Cast) -> None:
    queued_for(cast.rtac)
    with mail_server() as post:
        post.at_data = ["554 5.7.1 looks like spam"]
        run_jobs()
        later()
    assert [to for to, _message in post.received if to == [cast.rtac.email]] == [[cast.rtac.email]]
    kept = KeptMail.objects.get(person=cast.rtac)
    assert (kept.fate, kept.answer) == (Fate.REFUSED, 554)


def test_a_server_that_does_not_know_us_any_more_loses_no_mail(cast: Cast) -> None:
    """A 5xx about our account or our sender is ours to put right: it says nothing of who is written to."""
    queued_for(cast.rtac)
    with mail_server() as post:
        post.at_mail = ["530 5.7.0 Authentication required", "550 5.7.1 sender rejected"]
        run_jobs()
        later()
        assert fates() == {Fate.QUEUED: 1}
        later()
    assert len(post.received) == 1
    assert fates() == {Fate.HANDED_OVER: 1}


def test_a_mail_of_nobody_s_news_that_is_refused_for_good_is_seen_by_who_runs_the_platform(
    cast: Cast,
) -> None:
    defer_mail(to="personne@ville.example", subject="Code", body="…")
    with mail_server() as post:
        post.refused["personne@ville.example"] = "550 5.1.1 no such mailbox"
        run_jobs()
        later()
    assert post.asked == ["personne@ville.example"], "once"
    assert ProcrastinateJob.objects.get(task_name="workflow.send_mail").status == "failed"
    assert not QueuedMail.objects.exists()


def test_a_server_that_takes_a_mail_and_breaks_off_before_it_says_so(cast: Cast) -> None:
    """Nobody can know: it is sent again under the same Message-ID, by which mailboxes show it once."""
    kept = queued_for(cast.rtac)
    with mail_server() as post:
        post.at_data = [BREAK_OFF]
        run_jobs()
        assert fates() == {Fate.QUEUED: 1}
        later()
        later()
    assert identifiers(post) == [kept.message_id] * 2
    assert fates() == {Fate.HANDED_OVER: 1}


def test_a_server_that_breaks_off_once_it_has_said_so_gets_it_once(cast: Cast) -> None:
    queued_for(cast.rtac)
    with mail_server() as post:
        post.breaks_at_the_end = True
        run_jobs()
        later()
    assert len(post.received) == 1
    assert fates() == {Fate.HANDED_OVER: 1}


@pytest.mark.kill
def test_a_worker_killed_at_the_hand_over_leaves_the_mail_to_another(cast: Cast, pki: ServedPki) -> None:
    """Killed after the server took it, before it could say so: the same mail is sent again."""
    kept = queued_for(cast.rtac)
    with mail_server() as post:
        process = start_worker(pki, "--once", "--stalled-after", "0", EMAIL_URL=post.url)
        post.taken = lambda: os.kill(process.pid or 0, signal.SIGKILL)
        assert workers.ended(process) == -signal.SIGKILL
        assert fates() == {Fate.QUEUED: 1}
        post.taken = lambda: None
        another = start_worker(pki, "--once", "--stalled-after", "0", EMAIL_URL=post.url)
        assert workers.ended(another) == 0
    assert identifiers(post) == [kept.message_id] * 2
    assert fates() == {Fate.HANDED_OVER: 1}
    assert not QueuedMail.objects.exists()


@pytest.mark.kill
def test_a_worker_killed_while_it_writes_the_mails_leaves_none_half_written(
    cast: Cast, pki: ServedPki
) -> None:
    """One transaction takes the notices, keeps the copy, queues the mail: undone, all is to do again."""
    plot.at_review(cast)
    now = timezone.now() + LATER

    class Killed(BaseException):
        """What a SIGKILL leaves: nothing that was not committed."""

    with pytest.MonkeyPatch.context() as patched, pytest.raises(Killed):
        patched.setattr(
            "workflow.news.mails.mail.defer_mail", lambda **_letter: (_ for _ in ()).throw(Killed)
        )
        mails.write_all(now)
    assert not KeptMail.objects.exists() and not QueuedMail.objects.exists()
    wrote = mails.write_all(now)
    assert wrote == KeptMail.objects.count() == QueuedMail.objects.count() > 3
    assert mails.write_all(now) == 0
    assert not Event.objects.filter(kind="mail_not_delivered").exists()
