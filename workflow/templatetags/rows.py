"""Rows of drafts and of the inbox, the text of versions, rendered once in each process for what they say.

Most of the time of these pages went to rendering again rows that nobody had changed. What is kept is found by
all that its template is given, and by nothing else: a row that says anything else is another.
"""

from __future__ import annotations

import datetime as dt
import secrets
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from django import template
from django.template.context import Context
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from contracts.models import Commitment, ContractVersion
from workflow.engine.tasks import Task
from workflow.record.answers import Answers

register = template.Library()
# stands where a form's token goes, which each page is given of its own; drawn, so that no text holds it
TOKEN = secrets.token_hex(32)
ROWS_AT_MOST = 4096  # some kilobytes each
TEXTS_AT_MOST = 64  # of versions: a hundred kilobytes each, at most


class Row(NamedTuple):
    """What is shown of a commitment of the draft."""

    pk: int
    number: str
    title: str
    description: str
    lead: str
    owner: str
    indicator: str
    unit: str
    baseline: Decimal | None
    target: Decimal | None
    due_date: dt.date | None
    budget_eur: Decimal | None


class TaskRow(NamedTuple):
    """What is shown of a task that awaits its reader.

    ``quality`` where they act in another's place; ``version`` and ``returned``, what has a draft taken up
    again, in sentences.
    """

    pk: int
    title: str
    contract: int
    contract_title: str
    reference: str
    owner: str
    due_on: str
    quality: str
    version: int
    returned: tuple[str, ...]


@register.simple_tag
def task_row(task: Task) -> SafeString:
    """Show one task of a basket."""
    contract, standing = task.process.circuit.contract, getattr(task, "standing", None)
    found: Answers = getattr(task, "returned", None) or Answers()
    row = TaskRow(
        task.pk,
        str(task.title),
        contract.pk,
        contract.title,
        contract.reference,
        str(task.owner or ""),
        (task.data or {}).get("due_on") or "",
        standing.quality if standing is not None and standing.is_delegated else "",
        found.version,
        tuple(str(answer.text) for answer in found.returns),
    )
    return _task_row(row, get_language())


@register.simple_tag
def commitment_row(commitment: Commitment) -> SafeString:
    """Show one commitment of the draft."""
    row = Row(
        commitment.pk,
        str(commitment.number),
        commitment.title,
        commitment.description,
        commitment.lead.name,
        str(commitment.owner or ""),
        commitment.indicator,
        commitment.unit,
        commitment.baseline,
        commitment.target,
        commitment.due_date,
        commitment.budget_eur,
    )
    # two decimals are equal as numbers, and are not written with the same digits
    digits = tuple(str(value) for value in (row.baseline, row.target, row.budget_eur))
    return _row(row, digits, get_language())


@register.simple_tag(takes_context=True)
def row_tools(context: Context, rows: str, row: Any, what: str, *, kept: object, fixed: object) -> SafeString:
    """Show what can be done to a row; ``rows`` is what its addresses begin with (« volet », « commitment »).

    ``kept`` if it cannot be deleted, ``fixed`` if it is not moved.
    """
    tools = _tools(rows, context["contract"].pk, row.pk, str(what), bool(kept), bool(fixed), get_language())
    return mark_safe(tools.replace(TOKEN, str(context.get("csrf_token", ""))))  # noqa: S308 (rendered, and a token)


@register.simple_tag
def version_text(version: ContractVersion) -> SafeString:
    """Show the whole text of a frozen version, which nothing changes any more."""
    return _text(version.pk, version.content_sha256, get_language(), Frozen(version))


class Frozen:
    """A version's content, which its fingerprint stands for: any two are equal here."""

    def __init__(self, version: ContractVersion) -> None:
        self.version = version

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Frozen)

    def __hash__(self) -> int:
        return 0


@lru_cache(ROWS_AT_MOST)
def _row(row: Row, _digits: tuple[str, ...], _language: str | None) -> SafeString:
    return render_to_string("tasks/_partials/commitment_row.html", {"commitment": row})


@lru_cache(ROWS_AT_MOST)
def _task_row(row: TaskRow, _language: str | None) -> SafeString:
    return render_to_string("tasks/_partials/task_row.html", {"task": row})


@lru_cache(ROWS_AT_MOST)
def _tools(
    rows: str,
    contract: int,
    row: int,
    what: str,
    kept: bool,
    fixed: bool,
    _language: str | None,  # noqa: FBT001
) -> SafeString:
    acts = ("move", "edit", "delete")
    urls = {f"{act}_url": reverse(f"{rows}_{act}", args=[contract, row]) for act in acts}
    facts = {"what": what, "kept": kept, "fixed": fixed, "csrf_token": TOKEN, **urls}
    return render_to_string("drafting/_partials/row_tools.html", facts)


@lru_cache(TEXTS_AT_MOST)
def _text(_version: int, _sha256: str, _language: str | None, frozen: Frozen) -> SafeString:
    return render_to_string("opinions/_partials/text.html", {"content": frozen.version.content})
