"""Deadlines for a calendar (RFC 5545): the file that a mail holds, what a private address gives.

A deadline is a whole day, which keeps nobody « busy ». It has one UID for ever; its SEQUENCE goes up each
time that its term may have moved, so that a calendar that read it before moves it too. The same deadlines
give the same bytes.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from contracts.models import Contract
from stakeholders.wording import in_sentence
from workflow.engine.tasks import Task, due_on
from workflow.news.asked import otherwise_of, subject_of
from workflow.notices.mail import in_one_line, named_at_home
from workflow.record.models import Event as Happened

TERM_MOVES = ("calendar_changed", "term_extended")  # after which a task may be due another day


def file(
    tasks: Sequence[tuple[Task, Contract]],
    title: str = "",
    address: str = "",
    others: Mapping[int, str] = MappingProxyType({}),
) -> str:
    """Return the deadlines of these tasks, each with its contract; nothing where none has a term.

    ``title`` is what a calendar that follows them is called; ``address`` leads elsewhere than to the task.
    ``others`` are the tasks that its reader only awaits, by who owes them: they lead to their contract.
    """
    dated = [(task, contract, day) for task, contract in tasks if (day := due_on(task))]
    if not dated and not title:
        return ""
    page = Calendar()
    page.add("prodid", "-//Contreseing//FR")
    page.add("version", "2.0")
    page.add("calscale", "GREGORIAN")
    page.add("method", "PUBLISH")  # nobody is invited: what is due is shown
    if title:
        page.add("x-wr-calname", title)
        page.add("x-published-ttl", "PT1H")
    moves = _moves([(task, contract) for task, contract, _day in dated])
    for task, contract, day in dated:
        who = others.get(task.pk)
        said = _asked(task, contract, address) if who is None else _awaited(task, contract, who)
        page.add_component(_event(task, contract, day, moves[task.pk], said))
    return str(page.to_ical().decode("utf-8"))


@dataclass(frozen=True)
class _Said:
    """What a deadline is called, what more there is to know of it, and where it leads."""

    summary: str
    more: str
    address: str


def _asked(task: Task, contract: Contract, address: str) -> _Said:
    """Say a deadline to whoever has to keep it."""
    leads = address or settings.PUBLIC_URL + reverse("task", args=[contract.pk, task.pk])
    return _Said(subject_of(task), otherwise_of(task), leads)


def _awaited(task: Task, contract: Contract, who: str) -> _Said:
    """Say somebody else's deadline to a pilot, who does not open their task."""
    summary = _("%(who)s : %(what)s") % {"who": who, "what": in_sentence(str(task.flow_task.awaited))}
    return _Said(summary, "", settings.PUBLIC_URL + reverse("contract", args=[contract.pk]))


def _event(task: Task, contract: Contract, day: dt.date, sequence: int, said: _Said) -> Event:
    event = Event()
    event.add("uid", named_at_home(f"echeance.{task.pk}").strip("<>"))
    event.add("sequence", sequence)
    event.add("dtstamp", task.created.astimezone(dt.UTC).replace(microsecond=0))
    event.add("dtstart", day)
    event.add("dtend", day + dt.timedelta(days=1))  # the day after: it is not in the event (3.6.1)
    event.add("summary", in_one_line(f"{said.summary} ({contract.reference})"))
    parts = (contract.title, said.more, said.address)
    event.add("description", "\n\n".join(part for part in parts if part))
    event.add("url", said.address)
    event.add("transp", "TRANSPARENT")
    event.add("x-microsoft-cdo-busystatus", "FREE")
    event.add("x-microsoft-cdo-alldayevent", "TRUE")
    return event


def _moves(dated: Sequence[tuple[Task, Contract]]) -> Counter[int]:
    """Return how often the term of each task may have moved since it was opened."""
    contracts = {contract.pk for _task, contract in dated}
    moved = Happened.objects.filter(contract__in=contracts, kind__in=TERM_MOVES).order_by("pk")
    found: Counter[int] = Counter()
    for contract, at in moved.values_list("contract", "at"):
        for task, of in dated:
            found[task.pk] += of.pk == contract and at > task.created
    return found


def title_of(contract: Contract | None) -> str:
    """Return what a calendar is called in the list of one's calendars."""
    if contract is None:
        return _("Contreseing : mes échéances")
    return _("Contreseing : %(title)s (%(reference)s)") % {
        "title": contract.title,
        "reference": contract.reference,
    }
