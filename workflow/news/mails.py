"""The mails of news: composed by the worker from the notices that are due, kept as sent, queued with them.

What was read meanwhile, done, taken back or closed to its reader is not mailed. One transaction takes the
notices, keeps the copy and queues the mail: a worker killed on the way leaves all or nothing of it.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contracts.models import Contract
from stakeholders.direction import isolated
from stakeholders.models import Absence, User
from workflow.engine.tasks import Task
from workflow.news import calendars, centre
from workflow.news.asked import Asked, asked
from workflow.news.centre import Said
from workflow.news.concerned import ASKING
from workflow.news.kinds import KINDS, VERSION
from workflow.notices import mail
from workflow.notices.models import KeptMail, Notice
from workflow.standing.standings import Standings
from workflow.tasks.lists import tasks_of

PEOPLE_A_TURN = 500  # the next minute takes the others
SHOWN = 30  # notices in one mail; beyond, the page is named

REASON = 1500  # characters of a reason in a mail

Chapter = tuple[Contract, list[Said]]


@dataclass(frozen=True)
class Line:
    """One notice of a mail; ``asked`` says what is to be done, of one that asks."""

    said: Said
    reason: str
    asked: Asked | None = None
    task: Task | None = None


def due_people(now: dt.datetime) -> list[int]:
    """Return whose notices are to be mailed by now."""
    due = Notice.objects.filter(mail=None, mail_at__lte=now)
    return list(due.order_by("person").values_list("person", flat=True).distinct()[:PEOPLE_A_TURN])


@transaction.atomic
def write_to(person_id: int, now: dt.datetime) -> list[KeptMail]:
    """Queue what one person is to be mailed by now: one mail a contract, and one for all that is gathered.

    Two workers at once: the second finds nothing left.
    """
    due = Notice.objects.filter(person=person_id, mail=None, mail_at__lte=now)
    taken = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("pk"))
    person = User.objects.get(pk=person_id)
    Notice.objects.filter(pk__in=[n.pk for n in taken]).update(mail_at=None)
    if not taken or not person.is_active or _is_away(person):
        return []
    alive = centre.living(person, Standings(person)).filter(pk__in=[n.pk for n in taken], read_at=None)
    told = _without_the_version(list(alive.select_related("event", "contract", "task").order_by("pk")))
    with translation.override(mail.LANGUAGE):
        at_once = centre.by_contract([notice for notice in told if not notice.grouped])
        letters = [[chapter] for chapter in at_once]
        if gathered := centre.by_contract([notice for notice in told if notice.grouped]):
            letters.append(gathered)
        return [_send(person, letter, now) for letter in letters]


def _without_the_version(told: list[Notice]) -> list[Notice]:
    """Leave out that a text is frozen, for whom it was then sent to: what they were asked said so."""
    later = Notice.objects.filter(
        person=OuterRef("person"), contract=OuterRef("contract"), kind__in=ASKING, pk__gt=OuterRef("pk")
    )
    versions = Notice.objects.filter(pk__in=[notice.pk for notice in told], kind=VERSION.code)
    said = set(versions.filter(Exists(later)).values_list("pk", flat=True))
    return [notice for notice in told if notice.pk not in said]


def _is_away(person: User) -> bool:
    """Whether a colleague is told in the person's place; what they were told waits on their page."""
    return Absence.objects.in_force().filter(mandate__person=person).exists()


def _send(person: User, chapters: list[Chapter], now: dt.datetime) -> KeptMail:
    contract = chapters[0][0] if len(chapters) == 1 else None
    laid_out = [(of, [_line(one, of) for one in said[:SHOWN]]) for of, said in chapters]
    subject = mail.in_one_line(_subject(laid_out))
    asker = _whom_to_answer(contract)
    context = {
        "person": person,
        "chapters": laid_out,
        "preview": _preview(laid_out),
        "site": settings.PUBLIC_URL,
        "choice": settings.PUBLIC_URL + reverse("mail_choice"),
        "more": sum(max(0, len(said) - SHOWN) for _of, said in chapters),
        "subject": subject,
        "answered_by": asker,
    }
    body = isolated(_without_gaps(render_to_string("news/mail/letter.txt", context)))
    kept = KeptMail.objects.create(
        person=person,
        contract=contract,
        address=person.email,
        subject=subject,
        body=body,
        message_id=mail.identifier(),
        at=now,
        fate_at=now,
    )
    _mark(kept, chapters)
    mail.defer_mail(
        to=person.email,
        subject=subject,
        body=body,
        html=render_to_string("news/mail/letter.html", context),
        calendar=calendars.file(_dated(person, laid_out)),
        reply_to=asker.email if asker else "",
        kept=kept,
        headers=_headers(contract),
    )
    return kept


def _line(said: Said, contract: Contract) -> Line:
    task = said.notice.task
    if task is None or not KINDS[said.notice.kind].of_task:
        return Line(said, _cut(said.reason))
    return Line(said, _cut(said.reason), asked(task, contract), task)


def _dated(person: User, chapters: list[tuple[Contract, list[Line]]]) -> list[tuple[Task, Contract]]:
    """Return the tasks whose deadlines go with a mail: those it speaks of, and those whose term it moves."""
    found: dict[int, tuple[Task, Contract]] = {}
    for contract, lines in chapters:
        moved = any(line.said.notice.event.kind in calendars.TERM_MOVES for line in lines)
        tasks = tasks_of(person, contract, standings=Standings(person)) if moved else []
        for task in [*(line.task for line in lines if line.task), *tasks]:
            found[task.pk] = (task, contract)
    return list(found.values())


def _cut(reason: str) -> str:
    """Return the beginning of a long reason: the page has it whole."""
    return reason if len(reason) <= REASON else reason[:REASON].rstrip() + "…"


def _without_gaps(text: str) -> str:
    return re.sub(r"\n{3,}", "\n\n", text.replace("\x00", "")).strip() + "\n"


def _mark(kept: KeptMail, chapters: Iterable[Chapter]) -> None:
    numbers = [said.notice.pk for _contract, told in chapters for said in told]
    Notice.objects.filter(pk__in=numbers).update(mail=kept)


def _subject(chapters: list[tuple[Contract, list[Line]]]) -> str:
    """Say first what is asked, by when: a list of mails shows the first words alone."""
    contract, lines = chapters[0]
    first = next((line for line in lines if line.asked), lines[0])
    if len(chapters) > 1:
        count = sum(len(of) for _contract, of in chapters)
        return _of_many(count, sum(bool(line.asked) for _contract, of in chapters for line in of))
    what = first.asked.subject if first.asked else first.said.sentence.rstrip(".")
    if first.asked is not None and KINDS[first.said.notice.kind].says_event:
        what = _("Rappel : %(what)s") % {"what": what[:1].lower() + what[1:]}
    words = {"what": what, "reference": contract.reference}
    if first.asked is not None and first.asked.due:
        words["due"] = first.asked.due
        plain = _("%(what)s au plus tard le %(due)s (%(reference)s)") % words
        longer = _("%(what)s au plus tard le %(due)s : %(title)s (%(reference)s)") % {**words, "title": "%s"}
        return mail.fitted(longer, contract.title) or plain
    return mail.fitted(
        _("%(what)s : %(title)s (%(reference)s)") % {**words, "title": "%s"}, contract.title
    ) or (_("%(what)s (%(reference)s)") % words)


def _of_many(count: int, to_do: int) -> str:
    if to_do:
        return ngettext(
            "%(n)d chose à faire dans vos contrats", "%(n)d choses à faire dans vos contrats", to_do
        ) % {"n": to_do}
    return ngettext("%(n)d nouvelle de vos contrats", "%(n)d nouvelles de vos contrats", count) % {"n": count}


def _preview(chapters: list[tuple[Contract, list[Line]]]) -> str:
    """Return what a list of mails shows after the subject: the question, or the first sentence."""
    line = next((line for _of, lines in chapters for line in lines if line.asked), chapters[0][1][0])
    return (line.asked.question if line.asked else "") or line.said.sentence


def _headers(contract: Contract | None) -> dict[str, str]:
    """Return what has mailboxes thread by contract, and stop in two clicks."""
    found = {"List-Unsubscribe": f"<{settings.PUBLIC_URL}{reverse('mail_choice')}>"}  # RFC 2369
    if contract is not None:
        thread = mail.named_at_home(f"contrat.{contract.pk}")
        found |= {"References": thread, "In-Reply-To": thread}
    return found


def _whom_to_answer(contract: Contract | None) -> User | None:
    """Return who sent the text round last: a question goes to a person."""
    version = contract.latest_version if contract is not None else None
    return version.frozen_by if version is not None and version.frozen_by.is_active else None


def write_all(now: dt.datetime | None = None) -> int:
    """Queue all the mails that are due; return how many."""
    at = now or timezone.now()
    return sum(len(write_to(person, at)) for person in due_people(at))
