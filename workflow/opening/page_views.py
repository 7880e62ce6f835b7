"""Each of the five pages: what it shows, what its buttons do. Saved as one goes; nothing typed is lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from contracts.kinds import kind
from contracts.models import Contract, Signatory
from stakeholders.models import Organisation
from workflow.opening import acts, pages, requests, rules, seats, signers, timetable
from workflow.opening.forms import (
    CalendarForm,
    OrganisationRequestForm,
    ParticipantsForm,
    PerimeterForm,
    PlaceForm,
    SeatForm,
)
from workflow.opening.initiative_form import InitiativeForm
from workflow.opening.pages import Page
from workflow.opening.participants import taking_part
from workflow.record.refusals import ActRefused, Invalid
from workflow.tasks import held_files
from workflow.tasks.act_files import kept
from workflow.tasks.answers import Request, refused

COUNCIL_KINDS = ("municipality", "intermunicipality")
PLACE = re.compile(r"(up|down|remove)-(\d{1,18})", re.ASCII)


def answer(request: Request, contract: Contract, page: Page) -> HttpResponse:
    """Show a page, or do what one of its buttons says."""
    try:
        return _VIEWS[page.code](request, contract, page)
    except Invalid:
        raise
    except ActRefused as error:
        return refused(request, error, contract.pk)


def _show(
    request: Request, contract: Contract, page: Page, template: str, form: Any, **facts: Any
) -> HttpResponse:
    context = {
        "contract": contract,
        "page": page,
        "steps": pages.PAGES,
        "saved": contract.opening.saved,
        "guidance": kind(contract.kind).guidance[page.code],
        "form": form,
        **facts,
    }
    bad = any(one is not None and one.is_bound and one.errors for one in (form, facts.get("asking")))
    return render(request, template, context, status=422 if bad else 200)


def _go_on(request: Request, contract: Contract, page: Page) -> HttpResponse:
    """Lead to the next page, or back to this one where the button says so."""
    following = pages.after(page)
    if request.POST.get("do") == "stay":
        messages.success(request, _("La page est enregistrée."))
        return redirect("opening_page", contract.pk, page.slug)
    if following is None:
        return redirect("opening_review", contract.pk)
    return redirect("opening_page", contract.pk, following.slug)


def _refuse(form: forms.BaseForm, error: Invalid) -> None:
    form.add_error(error.field if error.field in form.fields else None, error.message)


def _initiative(request: Request, contract: Contract, page: Page) -> HttpResponse:
    opening = contract.opening
    initial = {
        "kind": contract.kind,
        "title": contract.title,
        "reference": contract.reference,
        "initiative": opening.initiative,
        "letter_on": opening.letter_on,
        "letter_text": opening.letter_text,
    }
    form = InitiativeForm(request.POST or None, request.FILES or None, initial=initial)
    held_files.of(request.user.pk, form)
    if request.method == "POST" and form.is_valid():
        facts = {**form.cleaned_data, "letter_sha256": kept(form.cleaned_data["letter"])}
        try:
            acts.save_initiative(request.user, contract.pk, facts)
        except Invalid as error:
            _refuse(form, error)
        else:
            return _go_on(request, contract, page)
    if form.is_bound:
        held_files.hold(form)
    return _show(request, contract, page, "opening/initiative.html", form)


def _sought(request: Request) -> str:
    """Return what is sought, which the database can read."""
    return str(request.POST.get("q", request.GET.get("q", ""))).replace("\0", "")


def _perimeter(request: Request, contract: Contract, page: Page) -> HttpResponse:
    present = [organisation.pk for organisation, _part in taking_part(contract)]
    is_first = pages.PERIMETER not in contract.opening.saved
    initial: dict[str, Any] = {
        "communes": present,
        "groups": present,
        "territory": contract.territory,
        "perimeter_extension": contract.perimeter_extension,
        "period_start": None if is_first else contract.period_start,
        "period_end": None if is_first else contract.period_end,
        "period_rule": contract.period_rule,
        "frameworks": "\n".join(row["label"] for row in contract.frameworks),
    }
    sought = _sought(request)
    if request.method != "POST" or request.POST.get("do") == "search":
        if request.method == "POST":
            initial = {name: request.POST.get(name, "") for name in initial}
            initial |= {name: request.POST.getlist(name) for name in ("communes", "groups")}
        form = PerimeterForm(contract=contract, sought=sought, initial=initial)
        return _show(request, contract, page, "opening/perimeter.html", form, sought=sought)
    form = PerimeterForm(request.POST, contract=contract, sought=sought, initial=initial)
    if form.is_valid():
        facts = dict(form.cleaned_data)
        groups = list(facts.pop("groups", []))
        try:
            acts.save_perimeter(
                request.user, contract.pk, communes=list(facts.pop("communes")), groups=groups, **facts
            )
        except Invalid as error:
            _refuse(form, error)
        else:
            return _go_on(request, contract, page)
    return _show(request, contract, page, "opening/perimeter.html", form, sought=sought)


def _participants(request: Request, contract: Contract, page: Page) -> HttpResponse:
    sought, do = _sought(request), request.POST.get("do", "")
    facts = {"sought": sought, "asked": contract.organisations_asked.select_related("organisation")}
    facts |= {"unasked": rules.unasked_leads(contract), "unreached": rules.unreached(contract)}
    if request.method != "POST" or do in ("search", "ask"):
        initial = {name: value for name, value in request.POST.items() if name.startswith("part-")}
        form = ParticipantsForm(contract=contract, sought=sought, initial=initial)
        asking = OrganisationRequestForm(request.POST if do == "ask" else None, prefix="ask")
        if do == "ask" and asking.is_valid():
            try:
                asked = requests.ask(request.user, contract.pk, asking.cleaned_data)
            except Invalid as error:
                _refuse(asking, error)
            else:
                words = _("« %(name)s » est demandée à l’administrateur de la plateforme.")
                messages.success(request, words % {"name": asked.name})
                asking = OrganisationRequestForm(prefix="ask")
        return _show(request, contract, page, "opening/participants.html", form, asking=asking, **facts)
    form = ParticipantsForm(request.POST, contract=contract, sought=sought)
    if form.is_valid():
        try:
            acts.save_participants(request.user, contract.pk, form.parts())
        except Invalid as error:
            _refuse(form, error)
        else:
            return _go_on(request, contract, page)
    asking = OrganisationRequestForm(prefix="ask")
    return _show(request, contract, page, "opening/participants.html", form, asking=asking, **facts)


def place_forms(contract: Contract, data: Any = None) -> list[tuple[Signatory, PlaceForm]]:
    """Return each place of the contract, in order, with its form."""
    councils = [o for o, _part in taking_part(contract) if o.kind in COUNCIL_KINDS]
    return [
        (
            place,
            PlaceForm(
                data,
                prefix=f"place-{place.pk}",
                councils=councils,
                initial={
                    "capacity": place.capacity,
                    "kind": place.kind,
                    "required": place.required,
                    "council": str(place.awaited_council or ""),
                },
            ),
        )
        for place in contract.places
    ]


def _signatories(request: Request, contract: Contract, page: Page) -> HttpResponse:
    do = request.POST.get("do", "")
    if request.method == "POST":
        rows = [
            row
            for row in place_forms(contract, request.POST)
            if f"place-{row[0].pk}-capacity" in request.POST
        ]
        if not all(form.is_valid() for _place, form in rows):
            return _show_places(
                request, contract, page, rows, SeatForm(offices=seats.offices_to_add(contract))
            )
        acts.save_places(request.user, contract.pk, {place.pk: form.facts() for place, form in rows})
        if do == "add":
            seat = SeatForm(request.POST, offices=seats.offices_to_add(contract))
            if not seat.is_valid():
                return _show_places(request, contract, page, place_forms(contract), seat)
            try:
                acts.add_place(request.user, contract.pk, seat.cleaned_data["office"])
            except Invalid as error:
                _refuse(seat, error)
                return _show_places(request, contract, page, place_forms(contract), seat)
        elif told := PLACE.fullmatch(do):
            _move(request, contract, told[1], int(told[2]))
        else:
            return _go_on(request, contract, page)
        return redirect("opening_page", contract.pk, page.slug)
    return _show_places(
        request, contract, page, place_forms(contract), SeatForm(offices=seats.offices_to_add(contract))
    )


def _move(request: Request, contract: Contract, how: str, place: int) -> None:
    if how == "remove":
        acts.remove_place(request.user, contract.pk, place)
    else:
        acts.move_place(request.user, contract.pk, place, -1 if how == "up" else 1)


def _show_places(
    request: Request,
    contract: Contract,
    page: Page,
    rows: list[tuple[Signatory, PlaceForm]],
    seat: SeatForm,
) -> HttpResponse:
    signing = {place.office.organisation_id for place, _form in rows}
    shown = []
    for place, form in rows:
        found = signers.candidates(place)
        shown.append((place, form, found, signers.nobody(place, found)))
    missing = [
        rules.without_a_place(one)
        for one in seats.proposed(contract)
        if one.required and one.organisation.pk not in signing
    ]
    facts = {"rows": shown, "seat": seat, "missing": missing}
    status = 422 if seat.is_bound or any(form.errors for _place, form in rows if form.is_bound) else 200
    answer = _show(request, contract, page, "opening/signatories.html", seat, **facts)
    answer.status_code = status
    return answer


def _calendar(request: Request, contract: Contract, page: Page) -> HttpResponse:
    initial = {
        "target_date": contract.target_date,
        "with_diagnostic": contract.with_diagnostic,
        "zone": contract.zone,
        "keeps_good_friday": contract.keeps_good_friday,
    }
    form = CalendarForm(request.POST or None, contract=contract, initial=initial)
    if request.method == "POST" and form.is_valid():
        acts.save_calendar(
            request.user,
            contract.pk,
            sessions=form.sessions(),
            days=form.days(),
            **{name: form.cleaned_data[name] for name in initial},
        )
        return _go_on(request, contract, page)
    laid = timetable.of(contract)
    facts = {"timetable": laid, "holds": laid.holds(contract.target_date), "early": _early(contract, laid)}
    return _show(request, contract, page, "opening/calendar.html", form, **facts)


def _early(contract: Contract, laid: Any) -> list[Organisation]:
    return [council for council in timetable.councils(contract) if council.pk in laid.too_early]


_VIEWS: dict[str, Callable[[Request, Contract, Page], HttpResponse]] = {
    pages.INITIATIVE: _initiative,
    pages.PERIMETER: _perimeter,
    pages.PARTICIPANTS: _participants,
    pages.SIGNATORIES: _signatories,
    pages.CALENDAR: _calendar,
}
