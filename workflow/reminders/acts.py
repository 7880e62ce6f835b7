"""What the pilots do about terms: remind who is awaited, put a term off. Journaled, told, under the lock."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import Contract
from stakeholders.models import Mandate, User
from stakeholders.reading import afresh
from stakeholders.text import several_lines
from workflow.engine.locks import locked
from workflow.engine.tasks import CONTRACT, OF_PEOPLE, Task, due_on, is_open, of_contract, tasks
from workflow.guests.mails import Again
from workflow.news import concerned
from workflow.record import events, journal
from workflow.record.refusals import AlreadyDone, Invalid, Locked
from workflow.reminders import rules
from workflow.reminders.guests import remind_guests
from workflow.reminders.models import Reminder, Step
from workflow.reminders.striking import contacts, facts_of
from workflow.standing.parties import mandate_to_pilot
from workflow.tasks.act import entitled, owed, proper

LONGEST_WORD = 1000  # characters of a word of one's own


@dataclass
class Told:
    """What became of reminders asked for: whom they went to; who not, and why."""

    sent: list[Task] = field(default_factory=list)
    not_sent: list[tuple[Task, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Piloting:
    """A contract whose lock is held, by which pilot and by which mandate."""

    contract: Contract
    user: User
    mandate: Mandate

    def task(self, number: int) -> Task | None:
        """Return one of its tasks of people, done or not."""
        rows = tasks(of_contract(self.contract), OF_PEOPLE).select_related(CONTRACT, "owner")
        return rows.prefetch_related("reminders").filter(pk=number).first()

    def tell(self, verb: str, facts: dict[str, Any]) -> None:
        """Journal the act and publish it; ``by`` is who asked, for the sentence."""
        said = {**facts, "by": str(self.user)}
        entry = journal.record(
            verb,
            contract=self.contract,
            actor=self.user,
            mandate=self.mandate,
            quality=self.mandate.quality,
            payload=said,
        )
        events.publish_with(entry, self.contract, actor=self.user, **said)


@contextmanager
def piloting(user: User, contract_id: int) -> Iterator[Piloting]:
    """Hold the contract's lock for a pilot; raises NotAllowed for anybody else, Locked once it is over."""
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    with afresh(), locked(contract):
        contract.refresh_from_db()
        mandate = entitled(mandate_to_pilot(user, contract))
        if rules.is_over(contract):
            raise Locked(rules.over())
        yield Piloting(contract, user, mandate)


def remind(user: User, contract_id: int, numbers: Iterable[int], *, word: str = "") -> Told:
    """A pilot reminds those who owe these tasks, with a word of their own if they want.

    Each at most once in ``rules.COOLDOWN``; a task that is done meanwhile is left out. Raises Locked where
    nothing is sent at all, with the reason of each.
    """
    said = proper(word, several_lines, "word")
    if len(said) > LONGEST_WORD:
        raise Invalid(
            _("Ce mot est trop long : %(longest)d caractères au plus.") % {"longest": LONGEST_WORD}, "word"
        )
    told = Told()
    with piloting(user, contract_id) as met:
        for number in sorted(set(numbers)):
            task = met.task(number)
            if task is None or not is_open(task):
                continue
            if why := _why_not(met, task):
                told.not_sent.append((task, why))
            else:
                _remind(met, task, said)
                told.sent.append(task)
        if not told.sent:
            reasons = dict.fromkeys(why for _task, why in told.not_sent)
            raise Locked(" ".join(reasons) or _("Plus personne n’est en retard : rien n’est à relancer."))
    return told


def _why_not(met: Piloting, task: Task) -> str:
    last = rules.last_by_hand(task)
    if last is not None and (then := rules.again_from(last)) is not None:
        return rules.too_soon(last, then)
    if not concerned.doers(task) - {met.user} and not contacts(task, met.contract):
        return _("%(organisation)s : personne n’est en fonction pour être relancé.") % facts_of(task)
    return ""


def _remind(met: Piloting, task: Task, word: str) -> None:
    Reminder.objects.create(
        task=task, term=due_on(task), step=Step.BY_HAND, author=met.user, word=word, at=timezone.now()
    )
    met.tell("task_reminded", {**facts_of(task), "word": word})
    asked = contacts(task, met.contract)
    remind_guests(task, met.contract, asked, word=word, actor=met.user, mandate=met.mandate)


def extend(user: User, contract_id: int, number: int, *, wanted: dt.date, reason: str, seen: str) -> dt.date:
    """A pilot puts off the last day of a task and says why; return the day that it gets, a working one.

    ``seen`` is the last day (ISO 8601) that the page showed. Raises Invalid for a day that cannot be, or
    where another pilot put it off meanwhile; AlreadyDone when the task is done.
    """
    with piloting(user, contract_id) as met:
        task = met.task(number)
        if task is None or not is_open(task):
            raise AlreadyDone(str(task.owner) if task is not None and task.owner else "")
        why = owed(reason, _("Dites pourquoi l’échéance est reportée."))
        before = due_on(task)
        if seen != (before.isoformat() if before else ""):
            raise Invalid(
                _(
                    "Un autre pilote a changé cette échéance entre-temps : elle est rappelée ci-dessus. "
                    "Ce que vous aviez saisi est conservé."
                ),
                "due_on",
            )
        today = timezone.localdate()
        term = rules.new_term(met.contract, task, wanted, today)
        task.data = {
            **(task.data or {}),
            "due_on": term.isoformat(),
            "extended_on": today.isoformat(),
            "extended_to": term.isoformat(),
        }
        task.save(update_fields=["data"])
        facts = {**facts_of(task), "before_on": before.isoformat() if before else "", "reason": why}
        met.tell("term_extended", facts)
        asked = contacts(task, met.contract)
        remind_guests(
            task, met.contract, asked, again=Again.PUT_OFF, word=why, actor=user, mandate=met.mandate
        )
    return term
