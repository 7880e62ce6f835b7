"""The news of one person: the list, what was read, how they want to be mailed."""

from __future__ import annotations

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from workflow.news import centre, push_acts, push_services
from workflow.news.forms import MailChoiceForm
from workflow.news.kinds import KINDS
from workflow.news.push_models import PushDevice
from workflow.news.rhythm import choice_of
from workflow.notices.models import Notice
from workflow.tasks.access import contract_for
from workflow.tasks.answers import Request, member

EVERYTHING = "toutes"


@require_safe
@member
def news(request: Request) -> HttpResponse:
    """What the reader is told and has not read; or everything that still concerns them."""
    return render(request, "news/news.html", {**_shown(request), **_filters(request)})


@require_safe
@member
def news_list(request: Request) -> HttpResponse:
    """The rows, fetched again when something has moved."""
    return render(request, "news/_partials/rows.html", _shown(request))


@require_safe
@member
def news_open(request: Request, notice: int) -> HttpResponse:
    """Lead to what a notice is about; it is read. One of a task that is over leads to its contract."""
    found = Notice.objects.select_related("event", "contract", "task").filter(person=request.user, pk=notice)
    row = found.first()
    if row is None or row.contract_id is None:
        raise Http404
    contract_for(request.user, row.contract_id)  # a contract that is closed to them does not exist
    centre.read(request.user, row.pk)
    alive = centre.living(request.user, request.standings).filter(pk=row.pk).exists()
    return redirect(centre.say(row).address if alive else reverse("contract", args=[row.contract_id]))


@require_POST
@member
def news_read(request: Request) -> HttpResponse:
    """Take note that everything was read, or what is ticked."""
    numbers = [int(number) for number in request.POST.getlist("notice") if number.isdecimal()][:1000]
    count = centre.read(request.user, *[number for number in numbers if number < 2**63])
    if count:
        messages.success(request, _("C’est noté : ces nouvelles sont lues."))
    return redirect("news")


@require_http_methods(["GET", "HEAD", "POST"])
@member
def mail_choice(request: Request) -> HttpResponse:
    """When and about what the reader wants mail."""
    form = MailChoiceForm(request.POST or None, instance=choice_of(request.user))
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Vos courriels sont réglés ; ce qui était déjà prévu part comme prévu."))
        return redirect("mail_choice")
    context = {
        "form": form,
        "address": request.user.email,
        "devices": list(PushDevice.objects.filter(person=request.user)),
        "may_push": push_acts.has_acted(request.user),
        "push_key": push_services.public_key(),
    }
    return render(request, "news/mail_choice.html", context, status=422 if form.is_bound else 200)


def _shown(request: Request) -> dict[str, object]:
    everything = request.GET.get("vue") == EVERYTHING
    chosen, kind = request.GET.get("contrat", ""), request.GET.get("nature", "")
    contract = int(chosen) if chosen.isdecimal() and len(chosen) <= 18 else None
    listing = centre.listing(
        request.user,
        request.standings,
        unread=not everything,
        contract=contract,
        kind=kind if kind in KINDS else "",
    )
    page = listing.page(request.GET.get("page", ""))
    return {
        "page": page,
        "found": centre.by_contract(page.rows),
        "everything": everything,
        "contract": contract,
        "kind": kind,
        "query": request.GET.urlencode(),
        "kept": urlencode(
            {name: request.GET[name] for name in ("vue", "contrat", "nature") if request.GET.get(name)}
        ),
    }


def _filters(request: Request) -> dict[str, object]:
    told = centre.contracts_told(request.user, request.standings)
    return {"contracts": told, "kinds": list(KINDS.values())}
