"""The pilots: add an annex to the draft, change it, move it, withdraw it; each journaled."""

from __future__ import annotations

from typing import Any

from django.forms import ModelForm
from django.http import Http404

from contracts import annexes
from contracts.annex_forms import AnnexForm
from contracts.models import Annex, Contract
from signatures import blobs
from signatures.enclosures import Prepared
from stakeholders.models import User
from workflow.drafting import acts
from workflow.drafting.annex_forms import AnnexFileForm
from workflow.record import journal
from workflow.record.models import JournalEntry


class NotSaved(Exception):
    """The form was refused under the lock: nothing changed, so nothing is published."""

    def __init__(self, form: ModelForm[Any]) -> None:
        super().__init__()
        self.form = form


class Withdrawn(Exception):
    """The annex that was to be changed is no longer in the draft."""


def save(user: User, contract: Contract, key: int | None, data: Any, file: AnnexFileForm) -> Annex:
    """Add an annex, or change the one of this key, with the file that was read if there is one.

    The file is kept before the draft is held: whatever fails then leaves a document that nothing names.
    Raises NotSaved, Withdrawn, or what ``changing_draft`` raises.
    """
    readable = file.is_valid()
    given: Prepared | None = file.cleaned_data.get("file") if readable else None
    sha256 = blobs.put(given.pdf) if given else ""
    with acts.changing_draft(user, contract.pk) as draft:
        draft.check(None)
        row = (
            Annex(contract=contract)
            if key is None
            else Annex.objects.filter(pk=key, contract=contract).first()
        )
        if row is None:
            raise Withdrawn
        form = AnnexForm(data, instance=row, contract=contract, size=len(given.pdf) if given else 0)
        if readable and row.pk:
            file.check_replaced(row.file_sha256)
        if given:
            row.file_sha256, row.size, row.pages = sha256, len(given.pdf), given.pages
        if not form.is_valid() or file.errors:
            raise NotSaved(form)
        if key is None:
            row.order = annexes.next_place(contract)
        form.save()
        _tell(draft, user, "annex_added" if key is None else "annex_changed", row)
    return row


def move(user: User, contract: Contract, key: int, *, direction: str, place: int | None) -> Annex:
    """Move an annex by one place or to a place; raises Http404 where it was withdrawn meanwhile."""
    with acts.changing_draft(user, contract.pk) as draft:
        draft.check(None)
        row = _held(contract, key)
        if direction:
            annexes.step(row, direction)
        else:
            annexes.put(row, place or 1)
        _tell(draft, user, "annex_changed", row)
    return row


def withdraw(user: User, contract: Contract, key: int) -> None:
    """Take an annex out of the draft: the versions that were frozen with it keep it."""
    with acts.changing_draft(user, contract.pk) as draft:
        draft.check(None)
        row = _held(contract, key)
        _tell(draft, user, "annex_withdrawn", row)
        annexes.withdraw(row)


def was_withdrawn(contract: Contract, key: int) -> bool:
    """Whether an annex of this contract had that key and is no longer in its draft."""
    told = JournalEntry.objects.filter(contract=contract, verb="annex_withdrawn", payload__annex=key)
    return told.exists() and not Annex.objects.filter(pk=key).exists()


def _held(contract: Contract, key: int) -> Annex:
    row = Annex.objects.filter(pk=key, contract=contract).first()
    if row is None:
        raise Http404
    return row


def _tell(draft: acts.Drafting, user: User, verb: str, row: Annex) -> None:
    facts = {
        "organisation": draft.mandate.office.organisation.short_name,
        "annex": row.pk,
        "number": row.order,
        **{name: getattr(row, name) for name in ("title", "kind", "publishable", "reason", "reason_words")},
        **{name: getattr(row, name) for name in ("attached", "file_sha256", "size", "pages")},
    }
    journal.record(verb, contract=draft.contract, actor=user, mandate=draft.mandate, payload=facts)
