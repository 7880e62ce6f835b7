"""Many contracts at once: where each stands, who is late, how long the steps take."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from contracts.exports.plain import table
from stakeholders.models import Mandate
from workflow.steering import saved
from workflow.steering.durations import MEASURED_AT_MOST, durations
from workflow.steering.filters import Chosen
from workflow.steering.forms import ChosenForm, SavedFilterForm
from workflow.steering.listing import Row, listing, rows, steering, taking_part
from workflow.steering.models import SavedFilter
from workflow.steering.plot import plot
from workflow.tasks.answers import Request, member
from workflow.tasks.exported import TYPES, downloaded

P = ParamSpec("P")
EXPORTED_AT_MOST = 2000  # contracts
NAMED_AT_MOST = 3  # of those who are late, in a row


def steers(
    view: Callable[Concatenate[Request, list[Mandate], P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Open a view to those who steer contracts; for anybody else there is no such page."""

    @wraps(view)
    def opened(request: Request, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        mandates = steering(request.standings.mandates)
        if not mandates:
            raise Http404
        return view(request, mandates, *args, **kwargs)

    return member(opened)


@require_safe
@steers
def contracts_steered(request: Request, mandates: list[Mandate]) -> HttpResponse:
    """The contracts sought, a row each, the times of the steps; first, what the reader kept for that."""
    kept = list(SavedFilter.objects.filter(person=request.user))
    if not request.GET and (first := next((one for one in kept if one.default), None)) and first.query:
        return redirect(f"{reverse('contracts_steered')}?{first.query}")
    return _page(request, mandates, Chosen.read(request.GET.dict()), kept, SavedFilterForm())


@require_safe
@steers
def contracts_steered_table(request: Request, mandates: list[Mandate], extension: str) -> HttpResponse:
    """The same rows as a table for a spreadsheet."""
    if extension not in {"csv", "xlsx"}:
        raise Http404
    found = listing(mandates, Chosen.read(request.GET.dict())).page(size=EXPORTED_AT_MOST)
    headings = [_("Référence"), _("Titre"), _("Nature"), _("Territoire"), _("Étape"), _("En retard")]
    headings += [_("Jours ouvrés de retard"), _("Prochaine échéance"), _("Attendu")]
    file = table(extension, _("Pilotage"), headings, map(_cells, rows(found.rows)))
    name = f"pilotage-{timezone.localdate().isoformat()}"
    return downloaded(file, TYPES[extension], f"{name}.{extension}")


@require_POST
@steers
def saved_filter_add(request: Request, mandates: list[Mandate]) -> HttpResponse:
    """Keep what the page shows under a name."""
    chosen = Chosen.read(request.POST.dict())
    form = SavedFilterForm(request.POST)
    if form.is_valid():
        try:
            row = saved.keep(
                request.user, form.cleaned_data["name"], chosen, default=form.cleaned_data["default"]
            )
        except saved.TooMany as error:
            form.add_error("name", str(error))
        else:
            messages.success(request, _("Le filtre « %(name)s » est enregistré.") % {"name": row.name})
            return redirect(_address(row.query))
    kept = list(SavedFilter.objects.filter(person=request.user))
    return _page(request, mandates, chosen, kept, form)


@require_POST
@steers
def saved_filter_change(request: Request, mandates: list[Mandate], saved_filter: int) -> HttpResponse:
    """Open the page with a filter, or no longer; or delete it. Somebody else's does not exist."""
    row = SavedFilter.objects.filter(person=request.user, pk=saved_filter).first()
    if row is None:
        raise Http404
    if "delete" in request.POST:
        row.delete()
        messages.success(request, _("Le filtre « %(name)s » est supprimé.") % {"name": row.name})
        return redirect(_address(""))
    saved.make_default(row, default="default" in request.POST)
    messages.success(request, _("C’est noté."))
    return redirect(_address(row.query))


def _address(query: str) -> str:
    """Return the page's address; one that seeks nothing says so, lest the default filter come instead."""
    return f"{reverse('contracts_steered')}?{query or 'tout=1'}"


def _page(
    request: Request, mandates: list[Mandate], chosen: Chosen, kept: list[SavedFilter], form: SavedFilterForm
) -> HttpResponse:
    found = listing(mandates, chosen)
    page = found.page(request.GET.get("page", ""))
    measured = listing(mandates, chosen.without_state(), any_state=True).page(size=MEASURED_AT_MOST)
    times = durations(measured.rows)
    context = {
        "page": page,
        "rows": rows(page.rows),
        "count": found.count(),
        "named_at_most": NAMED_AT_MOST,
        "chosen": chosen,
        "filters": ChosenForm(chosen, taking_part(mandates)),
        "kept": kept,
        "current": next((one for one in kept if one.query == chosen.query), None),
        "form": form,
        "durations": times,
        "plot": plot(times),
        "measured": len(measured.rows),
        "measured_in_part": bool(measured.after),
    }
    return render(request, "steering/steering.html", context, status=422 if form.errors else 200)


def _cells(row: Row) -> list[object]:
    contract, coming = row.contract, row.next
    return [
        contract.reference,
        contract.title,
        contract.get_kind_display(),
        contract.territory,
        contract.get_status_display(),
        "; ".join(f"{one.who} ({one.what})" for one in row.late),
        max((one.late for one in row.late), default=None),
        coming.due if coming else None,
        f"{coming.who} ({coming.what})" if coming else None,
    ]
