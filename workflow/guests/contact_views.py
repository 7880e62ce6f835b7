"""Whom each organisation wants asked: the pilots' page for partners, each administrator's for their own."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from contracts.models import Contract
from stakeholders.models import Mandate, Organisation
from workflow.guests import links
from workflow.guests.contacts import add_contact, remove_contact, send_again, sent_to
from workflow.guests.forms import ContactForm
from workflow.record.refusals import ActRefused, Invalid
from workflow.tasks.access import contract_for
from workflow.tasks.answers import Request, member, refused


def _named(request: Request, contract_id: int) -> tuple[Contract, dict[Organisation, Mandate]]:
    """Return the contract and the organisations that the reader may name for; Http404 when there is none."""
    found = contract_for(request.user, contract_id)
    organisations = links.naming(request.user, found)
    if not organisations:
        raise Http404
    return found, organisations


@require_http_methods(["GET", "HEAD", "POST"])
@member
def contacts(request: Request, contract: int) -> HttpResponse:
    """The contacts, where each stands, and a form to name one more."""
    found, organisations = _named(request, contract)
    form = ContactForm(request.POST or None, organisations=list(organisations))
    if request.method != "POST" or not form.is_valid():
        return _page(request, found, organisations, form, 422 if form.is_bound else 200)
    facts = form.cleaned_data
    try:
        contact = add_contact(request.user, found.pk, facts.pop("organisation"), **facts)
    except Invalid as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return _page(request, found, organisations, form, error.status)
    except ActRefused as error:
        return refused(request, error, found.pk)
    sent = contact.links.exists()
    messages.success(
        request,
        (
            _("Contact ajouté : %(name)s. Un lien part vers son adresse.")
            if sent
            else _("Contact ajouté : %(name)s. Un lien lui sera envoyé quand l’avis sera demandé.")
        )
        % {"name": contact},
    )
    return redirect("contacts", found.pk)


def _page(
    request: Request,
    found: Contract,
    organisations: dict[Organisation, Mandate],
    form: ContactForm,
    status: int = 200,
) -> HttpResponse:
    context = {
        "contract": found,
        "named": links.named_contacts(found, list(organisations)),
        "organisations": list(organisations),
        "form": form,
    }
    return render(request, "guests/contacts.html", context, status=status)


@require_POST
@member
def contact_send(request: Request, contract: int, contact: int) -> HttpResponse:
    """Mail the link again."""
    found, organisations = _named(request, contract)
    row = links.contact_for(request.user, found, contact)
    try:
        send_again(row.pk, actor=request.user, mandate=organisations[row.organisation])
    except ActRefused as error:
        messages.error(request, error.message)
    else:
        messages.success(request, sent_to(row.email))
    return redirect("contacts", found.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def contact_remove(request: Request, contract: int, contact: int) -> HttpResponse:
    """Stop asking a person, after asking."""
    found, organisations = _named(request, contract)
    row = links.contact_for(request.user, found, contact)
    if request.method != "POST":
        return render(request, "guests/contact_remove.html", {"contract": found, "contact": row})
    try:
        remove_contact(request.user, row.pk, mandate=organisations[row.organisation])
    except ActRefused as error:
        return refused(request, error, found.pk)
    messages.success(request, _("Contact retiré : %(name)s. Ses liens ne valent plus rien.") % {"name": row})
    return redirect("contacts", found.pk)
