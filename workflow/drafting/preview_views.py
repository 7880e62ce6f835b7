"""The draft as it would be printed: its page, its PDF; and as files for other programs."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from contracts import canonical
from contracts.models import LONG_TEXT
from contracts.structure import MOST_COLUMNS, has_wide_table
from stakeholders.letters import plain
from workflow.drafting import access, previews
from workflow.drafting.models import DraftPrint
from workflow.engine import purposes
from workflow.tasks import lists
from workflow.tasks.answers import Request, member
from workflow.tasks.exported import exported
from workflow.tasks.pdf import shown_pdf


@require_http_methods(["GET", "HEAD", "POST"])
@member
def draft_preview(request: Request, contract: int) -> HttpResponse:
    """Where the print of the draft stands: to be read, on its way, or to be asked for by a POST."""
    found, is_open = access.draft_for(request.user, contract)
    if request.method == "POST":
        if is_open:
            previews.ask(found)
        return redirect("draft_preview", found.pk)
    state = previews.state_of(canonical.content_of(found))
    row = previews.last_print(found)
    mine = lists.tasks_of(request.user, found, standings=request.standings)
    context = {
        "contract": found,
        "is_open": is_open,
        "version": found.latest_version,
        "made": row if previews.is_current(row, state) else None,
        "is_awaited": previews.is_awaited(row, state),
        "row": row,
        "freezing": next((task for task in mine if task.flow_task.purpose == purposes.FREEZE), None),
    }
    if request.htmx and context["is_awaited"]:
        return HttpResponse(status=204)  # something else happened meanwhile
    if request.htmx:  # the viewer starts with its page
        return HttpResponse(headers={"HX-Refresh": "true"})
    return render(request, "drafting/preview.html", context)


@require_POST
@member
def text_preview(request: Request, contract: int) -> HttpResponse:
    """A long text of a form as it will be laid out; ``champ`` names its field. Nothing is kept."""
    found, _open = access.draft_for(request.user, contract)
    text = plain(request.POST.get(request.GET.get("champ", ""), "")[:LONG_TEXT])
    context = {"contract": found, "text": text, "is_too_wide": has_wide_table(text), "most": MOST_COLUMNS}
    template = "drafting/_partials/text_preview.html" if request.htmx else "drafting/text_preview.html"
    return render(request, template, context)


@require_safe
@member
def draft_pdf(request: Request, contract: int) -> HttpResponse:
    """The PDF of the draft, marked « PROJET » on each page; its page where the draft has changed since."""
    found, is_open = access.draft_for(request.user, contract)
    row = DraftPrint.objects.filter(contract=found).first()
    if not is_open or row is None:
        raise Http404
    if not previews.is_current(row, previews.state_of(canonical.content_of(found))):
        return redirect("draft_preview", found.pk)
    return shown_pdf(bytes(row.pdf), _("%(reference)s-PROJET") % {"reference": found.reference})


@require_safe
@member
def draft_export(request: Request, contract: int, extension: str) -> HttpResponse:
    """The draft as it stands, to annotate in a word processor; its commitments, for a spreadsheet."""
    found, is_open = access.draft_for(request.user, contract)
    if not is_open:
        raise Http404
    name = _("%(reference)s-PROJET") % {"reference": found.reference}
    return exported(canonical.content_of(found), extension, name, at=timezone.now(), draft=True)
