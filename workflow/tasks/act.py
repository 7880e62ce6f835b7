"""An act under way: the lock, the check under the lock, the journal; what every verb shares."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.db.models import UniqueConstraint
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from psycopg import Error as PostgresError

from contracts.models import Contract, ContractVersion, Status
from stakeholders.models import Mandate, User
from stakeholders.reading import afresh
from stakeholders.text import several_lines
from workflow.engine.by_key import task_numbered
from workflow.engine.models import Act as ActRow
from workflow.engine.tasks import (
    Task,
    give_to,
    is_cancelled,
    is_open,
    know_seed,
    open_after,
)
from workflow.record import events, journal
from workflow.record.refusals import ActRefused, AlreadyDone, Invalid, Locked, NewVersion, NotAllowed
from workflow.standing.standings import Standing, standing_to_act, why_not


@dataclass
class Doing:
    """An act under way: the task's activation, the contract, who acts and as what."""

    activation: Any
    task: Task
    contract: Contract
    user: User
    standing: Standing

    @property
    def mandate(self) -> Mandate:
        """The mandate by which the person acts."""
        return self.standing.mandate

    @cached_property
    def version(self) -> ContractVersion:
        """The last frozen version, which the act speaks of."""
        version = self.contract.latest_version
        if version is None:
            raise Locked(_("Aucune version n’est encore figée."))
        return version

    def common_fields(self) -> dict[str, Any]:
        """What every act row says: by whom, as what, on which text, when."""
        version = self.version
        return {
            "version": version,
            "version_sha256": version.content_sha256,
            "author": self.user,
            "mandate": self.mandate,
            "quality": self.standing.quality,
            "at": timezone.now(),
        }

    def tell(self, verb: str, **facts: Any) -> None:
        """Journal the act and publish it to the people who watch, with the same facts."""
        organisation = self.mandate.office.organisation
        facts = {"organisation": organisation.short_name, **facts}
        entry = journal.record(
            verb,
            contract=self.contract,
            actor=self.user,
            mandate=self.mandate,
            quality=self.standing.quality,
            payload={"task": self.task.pk, **facts, **self.standing.facts()},
        )
        told = {"task": self.task.pk, "organisation_id": organisation.pk, **facts}
        events.publish_with(entry, self.contract, actor=self.user, **told)

    def complete(self) -> None:
        """Close the task in the person's name and open what follows."""
        give_to(self.task, self.user)
        self.activation.start(None)
        self.activation.execute()


@contextmanager
def doing(user: User, task_id: int, purpose: str | None = None) -> Iterator[Doing]:
    """Lock the task's process and check, under the lock, that the person may do it now.

    ``purpose`` is what the act is for (:mod:`workflow.engine.purposes`); None where it suits any task.
    """
    with afresh(), _activated(task_id) as activation:
        task, contract = activation.task, activation.process.contract
        standing = standing_to_act(user, task)
        if standing is None:
            raise NotAllowed(why_not(user, task))
        know_seed(task, [standing.mandate.office.organisation])  # whose task it is, most often
        suits = purpose is None or task.flow_task.purpose == purpose
        if not suits or not is_open(task):
            raise closed(task, user, contract)
        try:
            yield Doing(activation, task, contract, user, standing)
        except ValidationError as error:  # a column that refuses what was typed, form or not
            raise Invalid(" ".join(error.messages)) from error


@contextmanager
def _activated(task_id: int) -> Iterator[Any]:
    """Lock a task's process; read the task under the lock, with its process and its contract."""
    found = _numbered(task_id)
    with found.flow_task.flow_class.lock(found.process_id):
        task = _numbered(task_id)
        task.process.artifact = task.process.circuit.contract
        yield task.flow_task.activation_class(task)


def _numbered(task_id: int) -> Task:
    if (task := task_numbered(task_id)) is None:
        raise Task.DoesNotExist(task_id)
    return task


def closed(task: Task, user: User, contract: Contract) -> AlreadyDone | NewVersion:
    """Say why a task is no longer open: done by somebody, taken away, or replaced by one on a newer text."""
    successor = next((other for other in open_after(task) if standing_to_act(user, other)), None)
    if successor is not None:
        return NewVersion(successor.pk)
    if is_cancelled(task) and contract.status == Status.ABANDONED:
        return AlreadyDone(why=_("Ce contrat est abandonné : plus rien n’y est attendu de vous."))
    if is_cancelled(task) and contract.status == Status.DRAFTING:
        return AlreadyDone(
            why=_("Le texte est revenu en rédaction : rien n’est attendu de vous sur cette version.")
        )
    if is_cancelled(task):
        return NewVersion(None)
    return AlreadyDone(str(task.owner) if task.owner else "")


def entitled(mandate: Mandate | None) -> Mandate:
    """Return the mandate by which somebody acts; raises NotAllowed where they have none."""
    if mandate is None:
        raise NotAllowed
    return mandate


def save(row: ActRow) -> None:
    """Write an act's row; what the model or the database refuses becomes a sentence, and ends the act.

    Its constraints are the database's: to ask them one by one before would cost more than the act. So
    would asking whether the rows exist that it names, which the act has just read.
    """
    named = {field.name for field in row._meta.concrete_fields if field.is_relation}
    try:
        row.clean_fields(exclude=named)
        row.save(force_insert=True)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages)) from error
    except IntegrityError as error:
        raise _broken(row, error) from error


def _broken(row: ActRow, error: IntegrityError) -> ActRefused:
    """Say which rule of the database an act breaks; of one done already, that it is."""
    name = error.__cause__.diag.constraint_name if isinstance(error.__cause__, PostgresError) else None
    broken = next((rule for rule in row._meta.constraints if rule.name == name), None)
    speaks = broken is not None and broken.violation_error_message != broken.default_violation_error_message
    if broken is None or (isinstance(broken, UniqueConstraint) and not speaks):
        return AlreadyDone()
    return Invalid(str(broken.get_violation_error_message()))


def owed(reason: str, sentence: str | Promise) -> str:
    """Return the reason that an act owes, in proper form; raises Invalid where there is none, or not one."""
    said = proper(reason, several_lines, "reason")
    if not said:
        raise Invalid(str(sentence), "reason")
    return said


def proper(typed: str, rule: Callable[[str], str], field: str | None = None) -> str:
    """Return what was typed by a rule of :mod:`stakeholders.text`; raises Invalid with what it says."""
    try:
        return rule(typed)
    except ValidationError as error:
        raise Invalid(" ".join(error.messages), field) from error


def same_text(act: Doing, shown: str, current: str) -> None:
    """What was shown must be what is acted upon."""
    if shown != current:
        raise NewVersion(act.task.pk)
