"""The clauses of the act beside its volets, and what empowers who signs it: adapted by the pilots."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.forms import ModelForm
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contracts import canonical, clauses
from contracts.clause_forms import AuthorisedForm, ClauseForm, ClauseMoveForm
from contracts.models import Clause, ClausePlace, Contract, Signatory, SignatoryKind
from contracts.printed.act import between, visas
from stakeholders.kinds import Side
from workflow.drafting import access, acts
from workflow.record import journal
from workflow.record.refusals import ActRefused
from workflow.tasks.answers import Request, member, refused


@require_safe
@member
def draft_clauses(request: Request, contract: int) -> HttpResponse:
    """The parties, the visas and the clauses, as the act will say them, each with what can be done to it."""
    found, is_open = access.draft_for(request.user, contract)
    every, places = clauses.clauses_of(found), found.places
    content = canonical.around_volets(every, places, found)
    rows = [_line(row) for row in every]
    for line in rows:
        if line["row"].place == ClausePlace.VISAS and line["row"].code == clauses.VISAS:
            line["text"] = "\n".join(visas(content))
    right = access.right_for(request.user, found)
    context = {
        "contract": found,
        "may_change": is_open and right is not None and right.edits_all,
        "is_open": is_open,
        "between": between(content),
        # no resolution empowers who represents the State
        "places": [
            place
            for place in places
            if place.kind == SignatoryKind.PARTY and place.office.organisation.side != Side.STATE
        ],
        "parts": [
            (label, [line for line in rows if line["row"].place == place])
            for place, label in (
                (ClausePlace.VISAS, _("Visas")),
                (ClausePlace.BEFORE, _("Articles avant les volets")),
                (ClausePlace.AFTER, _("Articles après les volets")),
            )
        ],
    }
    return render(request, "drafting/clauses.html", context)


def _line(row: Clause) -> dict[str, Any]:
    own = clauses.wording_of_kind(row)
    return {
        "row": row,
        "key": clauses.key_of(row),
        "text": clauses.filled(row.text, row.contract),
        "is_required": clauses.is_required(row),
        "is_adapted": own is not None and (own.heading, own.text) != (row.heading, row.text),
        "is_own": own is None,
    }


@require_http_methods(["GET", "HEAD", "POST"])
@member
def clause_edit(request: Request, contract: int, key: str) -> HttpResponse:
    """A clause: its words, or that it is left out and why."""
    found, _open = access.draft_for(request.user, contract)
    access.own_or_404(request.user, found, None)
    row = _clause(found, key)

    def build(data: Any) -> ClauseForm:
        return ClauseForm(data, instance=_clause(found, key))

    return _save(request, found, build, _("Clause « %(heading)s »") % {"heading": row.heading})


@require_http_methods(["GET", "HEAD", "POST"])
@member
def clause_add(request: Request, contract: int) -> HttpResponse:
    """A clause of this contract's own, last of its place."""
    found, _open = access.draft_for(request.user, contract)
    access.own_or_404(request.user, found, None)

    def build(data: Any) -> ClauseForm:
        row = Clause(contract=found, place=ClausePlace.AFTER, order=clauses.next_order(found))
        return ClauseForm(data, instance=row)

    return _save(request, found, build, _("Ajouter une clause"))


@require_http_methods(["GET", "HEAD", "POST"])
@member
def signatory_empower(request: Request, contract: int, signatory: int) -> HttpResponse:
    """The resolution that empowers who signs for a party, where there is one already."""
    found, _open = access.draft_for(request.user, contract)
    access.own_or_404(request.user, found, None)
    row = get_object_or_404(Signatory, pk=signatory, contract=found)

    def build(data: Any) -> AuthorisedForm:
        return AuthorisedForm(data, instance=Signatory.objects.get(pk=row.pk))

    title = _("Habilitation : %(capacity)s") % {"capacity": row.capacity}
    return _save(request, found, build, title, may_take=False)


@require_POST
@member
def clause_restore(request: Request, contract: int, key: str) -> HttpResponse:
    """Take back the kind's own wording of a clause, printed again if it was left out."""
    found, _open = access.draft_for(request.user, contract)
    access.own_or_404(request.user, found, None)
    own = clauses.wording_of_kind(_clause(found, key))
    if own is None:
        raise Http404

    def restore() -> Clause:
        row = _clause(found, key)
        row.heading, row.text, row.left_out, row.reason = own.heading, own.text, False, ""
        row.save()
        return row

    return _change(request, found, restore, _("La rédaction d’origine est rétablie."))


@require_POST
@member
def clause_move(request: Request, contract: int, key: str) -> HttpResponse:
    """Exchange a clause with its neighbour."""
    found, _open = access.draft_for(request.user, contract)
    access.own_or_404(request.user, found, None)
    _clause(found, key)
    form = ClauseMoveForm(request.POST)
    if not form.is_valid():
        return redirect("draft_clauses", found.pk)

    def move() -> Clause:
        row = _clause(found, key)
        clauses.move(row, form.cleaned_data["direction"])
        return row

    return _change(request, found, move, _("L’ordre des clauses est enregistré."))


def _clause(found: Contract, key: str) -> Clause:
    row = clauses.clause_of(found, key)
    if row is None:
        raise Http404
    return row


def _change(request: Request, found: Contract, change: Callable[[], Clause], said: str) -> HttpResponse:
    try:
        with acts.changing_draft(request.user, found.pk) as draft:
            draft.check(None)
            clauses.take(found)
            _tell(request, draft, change())
    except ActRefused as error:
        return refused(request, error, found.pk)
    messages.success(request, said)
    return redirect("draft_clauses", found.pk)


class _NotSaved(Exception):
    """The form was refused under the lock: what was taken for it is put back."""

    def __init__(self, form: ModelForm[Any]) -> None:
        super().__init__()
        self.form = form


def _save(
    request: Request,
    found: Contract,
    build: Callable[[Any], ModelForm[Any]],
    title: str,
    *,
    may_take: bool = True,
) -> HttpResponse:
    """Show a form, or save it under the draft's lock, the kind's clauses taken first unless it is of none."""

    def show(form: ModelForm[Any], status: int = 200, notice: str = "") -> HttpResponse:
        context = {"contract": found, "form": form, "title": title, "notice": notice}
        return render(request, "drafting/clause_form.html", context, status=status)

    if request.method != "POST":
        return show(build(None))
    try:
        with acts.changing_draft(request.user, found.pk) as draft:
            draft.check(None)
            if may_take:
                clauses.take(found)
            form = build(request.POST)
            if not form.is_valid():
                raise _NotSaved(form)
            _tell(request, draft, form.save())
    except _NotSaved as refusal:
        return show(refusal.form, 422)
    except ActRefused as error:
        return show(build(request.POST), error.status, error.message)
    messages.success(request, _("L’acte est mis à jour."))
    return redirect("draft_clauses", found.pk)


def _tell(request: Request, draft: acts.Drafting, row: Clause | Signatory) -> None:
    """Journal a change of the act, with what it now says."""
    organisation = draft.mandate.office.organisation.short_name
    contract, actor, mandate = draft.contract, request.user, draft.mandate
    facts: dict[str, Any] = {"organisation": organisation}
    if isinstance(row, Signatory):
        facts |= {"capacity": row.capacity, "authorised_by": row.authorised_by}
        journal.record("signatory_empowered", contract=contract, actor=actor, mandate=mandate, payload=facts)
        return
    names = ("heading", "text", "place", "order", "left_out", "reason")
    facts |= {name: getattr(row, name) for name in names}
    journal.record("clause_changed", contract=contract, actor=actor, mandate=mandate, payload=facts)
