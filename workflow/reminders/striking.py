"""What a term brings by itself: reminders, the late task brought higher, a silence that counts.

Looked at once a day, from eight o'clock of a working day of the contract's territory; stopped, the worker
makes up for what it missed by one reminder. All of one task is one transaction, under its contract's lock.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from contracts.models import Contract
from stakeholders.models import Organisation
from stakeholders.reading import afresh
from workflow.engine import purposes
from workflow.engine.locks import locked
from workflow.engine.tasks import (
    CONTRACT,
    DUE,
    OF_PEOPLE,
    OPEN,
    Task,
    due_on,
    is_open,
    of_contract,
    organisation_of,
    serves,
    silence_counts,
    tasks,
    term_set_on,
)
from workflow.guests.models import Contact
from workflow.news import concerned
from workflow.notices.mail import LANGUAGE
from workflow.opinions import silence
from workflow.record.events import publish
from workflow.record.journal import record
from workflow.reminders.guests import remind_guests
from workflow.reminders.models import HIGHER, Reminder, ReminderPass, Step
from workflow.reminders.timers import Timer, is_last_before, plan_of, struck, timers

FROM = 8  # o'clock
HORIZON = dt.timedelta(days=120)  # no reminder is set so far before a term: sixty working days at most
ANNOUNCING = (Step.BEFORE, Step.AFTER, Step.BY_HAND)  # they say what no answer counts as


def contracts_due(now: dt.datetime) -> list[int]:
    """Take note that the day's terms are looked at, and return the contracts to which they bring anything.

    Nothing before the hour, or when that day was looked at. Must run in a transaction: what is returned is
    queued in it. Two workers at once look once.
    """
    local = timezone.localtime(now)
    today = local.date()
    if local.hour < FROM or ReminderPass.objects.filter(day=today).exists():
        return []
    try:
        with transaction.atomic():
            ReminderPass.objects.create(day=today)
    except IntegrityError:
        return []
    waiting = tasks(OF_PEOPLE, OPEN).alias(due=DUE).filter(due__lte=(today + HORIZON).isoformat())
    rows = waiting.select_related(CONTRACT).defer(f"{CONTRACT}__preamble", f"{CONTRACT}__words")
    found: set[int] = set()
    for task in rows.prefetch_related("reminders").order_by("pk").iterator(chunk_size=500):
        contract: Contract = task.process.circuit.contract
        if contract.pk not in found and contract.calendar.is_working(today):
            told, passed = _struck(task, contract, today)
            if told or passed or _is_silent(task, today):
                found.add(contract.pk)
    return sorted(found)


def strike(contract_id: int, today: dt.date | None = None) -> int:
    """Do what the terms of a contract bring today; return how many reminders were sent."""
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    day = today or timezone.localdate()
    numbers = tasks(of_contract(contract), OF_PEOPLE, OPEN).order_by("pk").values_list("pk", flat=True)
    return sum(_strike(contract_id, number, day) for number in numbers)


def _strike(contract_id: int, number: int, today: dt.date) -> int:
    contract = Contract.objects.select_related("circuit__process").get(pk=contract_id)
    with afresh(), locked(contract):
        rows = tasks(of_contract(contract)).select_related(CONTRACT).prefetch_related("reminders")
        task = rows.get(pk=number)
        if not is_open(task):
            return 0
        task.process.artifact = contract
        if _is_silent(task, today):
            silence.presume(task, contract)
            return 0
        told, passed = _struck(task, contract, today)
        if not told and _owes_a_warning(task, today):
            told = [Timer(Step.AFTER, 0, today)]
        sent = [timer for timer in told if _tell(task, contract, timer)]
        _keep(task, sent, passed=False)
        _keep(task, [*passed, *(timer for timer in told if timer not in sent)], passed=True)
        return len(sent)


def _struck(task: Task, contract: Contract, today: dt.date) -> tuple[list[Timer], list[Timer]]:
    term = due_on(task)
    if term is None:
        return [], []
    done = [(row.step, row.days) for row in _of_this_term(task)]
    found = timers(term, plan_of(contract), contract.calendar)
    return struck(found, since=term_set_on(task), today=today, done=done)


def _is_over(task: Task, today: dt.date) -> bool:
    term = due_on(task)
    return term is not None and term < today


def _announced(task: Task, before: dt.date | None = None) -> bool:
    """Whether a reminder of this term said what no answer counts as; with ``before``, before that day."""
    said = [row.at for row in _of_this_term(task) if not row.passed_over and row.step in ANNOUNCING]
    return any(before is None or timezone.localtime(at).date() < before for at in said)


def _owes_a_warning(task: Task, today: dt.date) -> bool:
    """Whether the term is over and nothing said yet what no answer counts as: it is said the day before."""
    if not silence_counts(task) or not _is_over(task, today) or _announced(task):
        return False
    return not any(row.step == Step.AFTER and row.days == 0 for row in _of_this_term(task))


def _of_this_term(task: Task) -> list[Reminder]:
    return [row for row in task.reminders.all() if row.term == due_on(task)]


def _is_silent(task: Task, today: dt.date) -> bool:
    """Whether no answer counts now: the rule says so, the term is over, it was said the day before."""
    return (
        silence_counts(task)
        and serves(task, purposes.REVIEW)
        and _is_over(task, today)
        and _announced(task, before=today)
    )


def _keep(task: Task, struck: list[Timer], *, passed: bool) -> None:
    for timer in struck:
        Reminder.objects.create(
            task=task,
            term=due_on(task),
            step=timer.step,
            days=timer.days,
            at=timezone.now(),
            passed_over=passed,
        )


def _tell(task: Task, contract: Contract, timer: Timer) -> bool:
    """Tell those whom a timer concerns, journaled; False where there is nobody to tell."""
    facts = facts_of(task)
    if timer.step in HIGHER:
        if not concerned.above(task, timer.step):
            return False
        level = str(timer.step)
        record("term_escalated", contract=contract, actor=None, payload={**facts, "level": level})
        publish("term_escalated", contract, **facts, level=level, **_word(level))
        return True
    asked = contacts(task, contract)
    if not concerned.doers(task) and not asked:
        return False
    if timer.step == Step.BEFORE:
        last = is_last_before(timer, plan_of(contract))
        record("term_near", contract=contract, actor=None, payload={**facts, "last": last})
        publish("term_near", contract, **facts, last=last)
    else:
        record("term_passed", contract=contract, actor=None, payload=facts)
        publish("term_passed", contract, **facts)
    remind_guests(task, contract, asked)
    return True


def _word(level: str) -> dict[str, Any]:
    """Tell a substitute what lets them answer: they replaced somebody, or will, and may not do it today."""
    if level != Step.SUBSTITUTE:
        return {}
    with translation.override(LANGUAGE):
        word = _(
            "Vous remplacez d’ordinaire la personne attendue. Si elle est absente, faites déclarer son "
            "absence (page « Absences ») : vous pourrez alors répondre à sa place."
        )
    return {"word": word}


def facts_of(task: Task) -> dict[str, Any]:
    """Return what a reminder's event and its entry in the journal say of the task."""
    organisation = Organisation.objects.get(pk=organisation_of(task) or 0)
    term = due_on(task)
    return {
        "task": task.pk,
        "step": str(task.title),
        "organisation": organisation.short_name,
        "organisation_id": organisation.pk,
        "due_on": term.isoformat() if term else "",
    }


def contacts(task: Task, contract: Contract) -> list[Contact]:
    """Return the contacts who are asked an opinion by a link, for an opinion that is awaited."""
    if not serves(task, purposes.REVIEW):
        return []
    found = Contact.objects.reachable().filter(contract=contract, organisation=organisation_of(task))
    return list(found.select_related("contract", "organisation"))
