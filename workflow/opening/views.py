"""The pages of an opening: begun, gone on with page by page, looked over, opened or dropped."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from contracts.kinds import kind, kinds
from contracts.models import Commitment, Contract
from stakeholders.models import Mandate
from workflow.opening import access, acts, beginning, page_views, pages, rules, timetable
from workflow.opening.initiative_form import InitiativeForm
from workflow.opening.participants import taking_part
from workflow.record.refusals import ActRefused, Invalid
from workflow.standing.openers import opening
from workflow.tasks import held_files
from workflow.tasks.access import contract_for
from workflow.tasks.act_files import kept
from workflow.tasks.answers import Request, member, refused
from workflow.tasks.fields import ReasonForm
from workflow.tasks.pdf import stored_pdf


@require_http_methods(["GET", "HEAD", "POST"])
@member
def opening_new(request: Request) -> HttpResponse:
    """Those in preparation, and the first page of a new one."""
    offered = opening(request.standings.mandates)
    if not offered:
        raise Http404
    chosen = _for_whom(request, offered)
    form = InitiativeForm(
        request.POST or None,
        request.FILES or None,
        initial=_first(chosen),
        earlier=access.earlier(request.user),
    )
    held_files.of(request.user.pk, form)
    if request.method == "POST" and form.is_valid():
        facts = {**form.cleaned_data, "letter_sha256": kept(form.cleaned_data["letter"])}
        try:
            contract = beginning.begin(request.user, chosen.office.organisation_id, facts)
        except Invalid as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            if (source := facts["copied_from"]) is not None:
                messages.success(request, _taken_up(source, contract))
            return redirect("opening_page", contract.pk, pages.BY_CODE[pages.PERIMETER].slug)
    if form.is_bound:
        held_files.hold(form)
    context = {
        "form": form,
        "offered": offered,
        "chosen": chosen,
        "preparing": access.prepared_by(request.user),
        "guidance": [(one.title, one.guidance[pages.INITIATIVE]) for one in kinds().values()],
    }
    return render(request, "opening/new.html", context, status=422 if form.is_bound else 200)


@require_safe
@member
def preparations(request: Request) -> HttpResponse:
    """The contracts that the reader may go on preparing: their own, then their colleagues'."""
    if not opening(request.standings.mandates):
        raise Http404
    rows = list(access.prepared_by(request.user))
    mine = [row for row in rows if row.opening.author_id == request.user.pk]
    context = {"mine": mine, "others": [row for row in rows if row not in mine]}
    return render(request, "opening/preparations.html", context)


def _taken_up(source: Contract, contract: Contract) -> str:
    """Say what an earlier contract brought, and what it could not."""
    had, has = (Commitment.objects.filter(volet__contract=one).count() for one in (source, contract))
    said = ngettext(
        "%(n)d engagement du contrat %(reference)s est repris.",
        "%(n)d engagements du contrat %(reference)s sont repris.",
        has,
    ) % {"n": has, "reference": source.reference}
    if had > has:
        left = ngettext(
            "%(n)d relève d’une autorité indépendante du préfet, qui l’écrira elle-même.",
            "%(n)d relèvent d’une autorité indépendante du préfet, qui les écrira elle-même.",
            had - has,
        )
        said = f"{said} {left % {'n': had - has}}"
    return said


def _for_whom(request: Request, offered: list[Mandate]) -> Mandate:
    said = request.POST.get("organisation", "")
    return next((m for m in offered if str(m.office.organisation_id) == said), offered[0])


def _first(mandate: Mandate) -> dict[str, Any]:
    side = "state" if mandate.office.organisation.side == "state" else "local"
    return {"kind": next(iter(kinds())), "initiative": side}


@require_http_methods(["GET", "HEAD", "POST"])
@member
def opening_page(request: Request, contract: int, page: str) -> HttpResponse:
    """One of the five pages."""
    met = access.preparing(request.user, contract, even_after=request.method == "POST")
    if page not in pages.BY_SLUG:
        raise Http404
    return page_views.answer(request, met.contract, pages.BY_SLUG[page])


@require_http_methods(["GET", "HEAD", "POST"])
@member
def opening_review(request: Request, contract: int) -> HttpResponse:
    """All that was said, what is missing; then it is opened."""
    found = access.preparing(request.user, contract, even_after=request.method == "POST").contract
    if request.method != "POST":
        return _review(request, found)
    try:
        acts.open_contract(request.user, contract)
    except Invalid as error:
        return _review(request, found, error.message, error.status)
    except ActRefused as error:
        return refused(request, error, contract)
    messages.success(request, _("Le contrat est ouvert : la rédaction commence."))
    return redirect("contract", contract)


def _review(request: Request, found: Contract, refusal: str = "", status: int = 200) -> HttpResponse:
    gaps, laid = rules.gaps(found), timetable.of(found)
    context = {
        "contract": found,
        "kind": kind(found.kind),
        "steps": pages.PAGES,
        "gaps": gaps,
        "blocked": any(gap.blocking for gap in gaps),
        "refusal": refusal,
        "participants": taking_part(found),
        "places": found.signatories.select_related("office__organisation", "council"),
        "timetable": laid,
        "timetable_holds": laid.holds(found.target_date),
    }
    return render(request, "opening/review.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def opening_drop(request: Request, contract: int) -> HttpResponse:
    """Give a preparation up, with a reason."""
    found = access.preparing(request.user, contract, even_after=request.method == "POST").contract
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            acts.drop(request.user, contract, reason=form.cleaned_data["reason"])
        except ActRefused as error:
            return refused(request, error, contract)
        messages.success(request, _("La préparation est abandonnée."))
        return redirect("contract_list")
    context = {"contract": found, "form": form}
    return render(request, "opening/drop.html", context, status=422 if form.is_bound else 200)


@require_safe
@member
def opening_letter(request: Request, contract: int) -> HttpResponse:
    """The letter of initiative, its PDF or its text: for who prepares the contract, then for who sees it."""
    try:
        found = access.preparing(request.user, contract).contract
    except Http404:
        found = contract_for(request.user, contract)
    letter = getattr(found, "opening", None)
    if letter is None or not (letter.letter_sha256 or letter.letter_text):
        raise Http404
    if not letter.letter_sha256:
        return render(request, "opening/letter.html", {"contract": found, "letter": letter})
    said = _("la lettre d’initiative du contrat %(reference)s") % {"reference": found.reference}
    return stored_pdf(letter.letter_sha256, f"initiative-{found.pk}", document=said, attachment=True)
