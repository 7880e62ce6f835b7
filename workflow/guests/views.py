"""The guest's pages, from the link of a mail: nothing is shown beyond the mail, or done, without the code."""

from __future__ import annotations

from typing import Any

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from stakeholders import masking
from stakeholders.models import Mandate, User
from stakeholders.sessions import ONLY
from workflow.engine.tasks import due_on, review_task
from workflow.guests import acts, contacts, links
from workflow.guests.forms import MailedCodeForm, ReportForm
from workflow.guests.models import GuestLink
from workflow.opinions import receipts, silence
from workflow.record.refusals import ActRefused, AlreadyDone, Invalid

RECEIPTS = "guest_receipts"  # in the session: the links whose code was given


@require_safe
@never_cache
def guest_link(request: HttpRequest, identifier: str) -> HttpResponse:
    """Say who asks, for whom, and what the link is worth; writes nothing, so that scanners change nothing."""
    return _link_page(request, links.link_named(identifier))


def _link_page(request: HttpRequest, link: GuestLink, refusal: ActRefused | None = None) -> HttpResponse:
    contract, organisation = link.contact.contract, link.contact.organisation
    task = review_task(contract, organisation)
    context = {
        "link": link,
        "contract": contract,
        "state": links.state_of(link),
        "asker": links.asker(contract),
        "address": masking.masked(link.contact.email),
        "led": links.led(link.version, organisation),
        "asker_person": link.version.frozen_by,
        "asker_title": links.title_of_asker(link.version),
        "task": task,
        "due_on": due_on(task) if task else None,
        "otherwise": silence.otherwise(task) if task else "",
        "silence": links.silence_on(link),
        "is_me": links.is_the_contact(request.user, link),
        "refusal": refusal,
    }
    return render(request, "guests/link.html", context, status=refusal.status if refusal else 200)


@require_POST
@never_cache
def guest_code_ask(request: HttpRequest, identifier: str) -> HttpResponse:
    """Have a code mailed to the address that the link names."""
    link = links.link_named(identifier)
    try:
        acts.ask_code(identifier)
    except ActRefused as error:
        if link.code_asked_at is None or links.state_of(link) not in links.WORTH_A_CODE:
            return _link_page(request, link, error)
        return _code_page(request, link, MailedCodeForm(), error.status, error.message)
    return redirect("guest_code", identifier)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def guest_code(request: HttpRequest, identifier: str) -> HttpResponse:
    """Take the code; the right one opens the task, its commitments first, or the receipt."""
    link = links.link_named(identifier)
    if links.state_of(link) not in links.WORTH_A_CODE:
        return redirect("guest_link", identifier)
    if request.method != "POST":
        return _code_page(request, link, MailedCodeForm())
    form = MailedCodeForm(request.POST)
    if not form.is_valid():
        return _code_page(request, link, form, 422)
    try:
        entry = acts.enter(identifier, form.cleaned_data["code"])
    except Invalid as error:
        form.add_error("code", error.message)
        return _code_page(request, link, form, error.status)
    except ActRefused as error:
        return _link_page(request, link, error)
    return _let_in(request, link, entry)


def _code_page(
    request: HttpRequest, link: GuestLink, form: MailedCodeForm, status: int = 200, notice: str = ""
) -> HttpResponse:
    context = {"link": link, "form": form, "address": masking.masked(link.contact.email), "notice": notice}
    return render(request, "guests/code.html", context, status=status)


def _let_in(request: HttpRequest, link: GuestLink, entry: acts.Entry) -> HttpResponse:
    """Open the session of whoever gave the right code; an account that is more asks to log in."""
    contract = link.contact.contract
    if entry.person is None:
        request.session[RECEIPTS] = [*request.session.get(RECEIPTS, []), link.identifier]
        return redirect("guest_receipt", link.identifier)
    there = reverse("contract", args=[contract.pk])
    if entry.task is not None:
        there = reverse("task", args=[contract.pk, entry.task.pk])
    if links.is_the_contact(request.user, link) and ONLY not in request.session:
        return redirect(there)
    if entry.by_login:
        messages.info(
            request,
            _(
                "Votre adresse est confirmée. Ce compte administre la plateforme : "
                "connectez-vous pour répondre."
            ),
        )
        return redirect_to_login(there)
    return _log_in(request, entry.person, entry.mandate, there)


def _log_in(request: HttpRequest, person: User, mandate: Mandate | None, there: str) -> HttpResponse:
    """Go through the account's own stages, its second factor if it has one, to that mandate alone."""
    opened = {mandate.pk} if mandate else set()
    if request.user.is_authenticated:
        opened |= set(request.session.get(ONLY, ())) if request.user.pk == person.pk else set()
        logout(request)
    record_authentication(request, person, method="code", email=person.email)
    answer: HttpResponse = perform_login(
        request,
        Login(user=person, redirect_url=there, signal_kwargs={ONLY: sorted(opened)}),
    )
    return answer


@require_POST
@never_cache
def guest_link_renew(request: HttpRequest, identifier: str) -> HttpResponse:
    """Mail another link, to the same address only."""
    link = links.link_named(identifier)
    try:
        acts.renew(identifier)
    except ActRefused as error:
        return _link_page(request, link, error)
    messages.success(request, contacts.sent_to(masking.masked(link.contact.email)))
    return redirect("guest_link", identifier)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def guest_report(request: HttpRequest, identifier: str) -> HttpResponse:
    """« Ce n’est pas moi »: asked first, done by a POST."""
    link = links.link_named(identifier)
    if links.state_of(link) in {links.State.REPORTED, links.State.REMOVED}:
        return redirect("guest_link", identifier)
    form = ReportForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context: dict[str, Any] = {"link": link, "form": form, "contract": link.contact.contract}
        return render(request, "guests/report.html", context, status=422 if form.is_bound else 200)
    try:
        acts.report(identifier, reason=form.cleaned_data["reason"])
    except AlreadyDone:  # said twice is said once
        pass
    except ActRefused as error:
        return _link_page(request, link, error)
    return redirect("guest_link", identifier)


@require_safe
@never_cache
def guest_receipt(request: HttpRequest, identifier: str) -> HttpResponse:
    """Who answered, when, what, on which exact text: for whoever gave the code; 404 for anybody else."""
    link = links.link_named(identifier)
    opinion = links.answer_to(link)
    entitled = identifier in request.session.get(RECEIPTS, []) or links.is_the_contact(request.user, link)
    if opinion is None or not entitled or links.state_of(link) != links.State.ANSWERED:
        raise Http404
    if receipts.FILE in request.GET:
        return receipts.as_file(opinion)
    context = {"link": link, "opinion": opinion, "contract": link.contact.contract}
    return render(request, "guests/receipt.html", context)
