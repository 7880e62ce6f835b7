"""Signing several contracts: tick what one has read, prove once who one is, see what became of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from signatures import confirmations, keys, passkeys
from signatures.backends import backend
from signatures.errors import ConfirmationRefused, SignatureError
from signatures.models import EnrolledKey
from stakeholders.proofs import Proof
from stakeholders.security_events import Name, tell
from workflow.proofs.ways import WAYS, ways_of
from workflow.signing import many, progress
from workflow.tasks import lists
from workflow.tasks.access import OpenTask
from workflow.tasks.answers import Request, member

Lot = Sequence[tuple[OpenTask, str]]


@require_http_methods(["GET", "HEAD", "POST"])
@member
def sign_many(request: Request) -> HttpResponse:
    """What is ready for one's signature; those that one says one has read go on together."""
    if request.method == "POST":
        read, picked = set(request.POST.getlist("read")), request.POST.getlist("sign")
        if picked and read >= set(picked):
            read_all = many.mark_of_reading(request.user, many.chosen(request.user, picked))
            query = urlencode(
                {"sign": picked, "key": request.POST.get("key", ""), "read": read_all}, doseq=True
            )
            return redirect(f"{reverse('sign_many_confirm')}?{query}")
        told = _to_be_read() if picked else _("Cochez les contrats à signer.")
        return _list(request, told, picked, read, 422)
    return _list(request, "", [], set(), 200)


def _list(request: Request, notice: str, picked: Sequence[str], read: set[str], status: int) -> HttpResponse:
    means = [(key, backend(key.means)) for key in keys.of(request.user)]
    held = {key: found.label for key, found in means if found.brings == "value"}
    rows = many.ready(lists.tasks_of(request.user, standings=request.standings), list(held))
    context = {
        "rows": [(row, row.mark in picked, row.mark in read) for row in rows],
        "held": list(held.items()),
        "notice": notice,
    }
    return render(request, "signing/many.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@member
def sign_many_confirm(request: Request) -> HttpResponse:
    """Prove once who one is, for these documents and no other, and sign them."""
    lot, key = _lot(request)
    if not _read(request, lot):
        messages.info(request, _to_be_read())
        return redirect("sign_many")
    if request.method != "POST":
        return _proof_page(request, lot, key)
    if backend(key.means).proves:
        return _signed(request, lot, many.sign(request.user, lot, key=key))
    given = next((way for way in WAYS if way.field in request.POST), WAYS[-1])
    form = given.form(request.POST)
    if not form.is_valid():
        return _proof_page(request, lot, key, 422, {given.proof: form})
    whole = many.lot_of(lot)
    if form.cleaned_data["document_sha256"] != whole:
        raise Http404
    try:
        token = given.confirm(request.user, form.cleaned_data[given.field], document_sha256=whole)
        tokens = confirmations.share(request.user, token, [document for _met, document in lot])
    except ConfirmationRefused as error:
        tell(Name.PROOF_REFUSED, person=request.user, proof=str(given.proof), task=lot[0][0].task.pk)
        form.add_error(None if form.fields[given.field].widget.is_hidden else given.field, str(error))
        return _proof_page(request, lot, key, 422, {given.proof: form})
    return _signed(request, lot, many.sign(request.user, lot, key=key, proof=given.proof, tokens=tokens))


@require_POST
@member
def sign_many_challenge(request: Request) -> HttpResponse:
    """Ask the signatory's passkey to sign the one hash of these documents."""
    lot, _key = _lot(request)
    if not _read(request, lot):
        raise Http404
    options = passkeys.ask(request.user, document_sha256=many.lot_of(lot))
    return JsonResponse({"request_options": options}, headers={"Cache-Control": "no-store"})


@require_safe
@member
def sign_many_done(request: Request) -> HttpResponse:
    """What became of each signature of a lot."""
    found = many.asked(request.user, request.GET.getlist("task"))
    if not found:
        raise Http404
    waiting = many.awaited(found)
    prepared = all(act.request.state != "requested" for act in found)
    context = {
        "rows": [(act, progress.of_request(act.request)) for act in found],
        "waiting": waiting if prepared else [],
        "moving": any(
            act.request.state in act.request.PENDING and not act.request.is_awaited for act in found
        ),
        "here": request.get_full_path(),
    }
    template = "signing/_partials/many_done.html" if request.htmx else "signing/many_done.html"
    return render(request, template, context)


def _lot(request: Request) -> tuple[Lot, EnrolledKey]:
    """Return the lot that the address names, and the key; 404 for what is not the person's."""
    lot = many.chosen(request.user, request.GET.getlist("sign"))
    try:
        key = keys.one_of(request.user, request.GET.get("key") or None)
    except SignatureError as error:
        raise Http404 from error
    if backend(key.means).brings != "value":
        raise Http404
    return lot, key


def _read(request: Request, lot: Lot) -> bool:
    """Tell whether its signatory said of each document that they read it."""
    return constant_time_compare(request.GET.get("read", ""), many.mark_of_reading(request.user, lot))


def _to_be_read() -> str:
    return _("Dites, pour chaque contrat coché, que vous avez lu le document à signer.")


def _proof_page(
    request: Request, lot: Lot, key: EnrolledKey, status: int = 200, forms: dict[Proof, Form] | None = None
) -> HttpResponse:
    query = request.GET.urlencode()
    organisation = lot[0][0].task.seed.office.organisation
    context: dict[str, Any] = {
        "lot": lot,
        "key": key,
        "means": backend(key.means),
        "document_sha256": many.lot_of(lot),
        "confirm_url": f"{reverse('sign_many_confirm')}?{query}",
        "challenge_url": f"{reverse('sign_many_challenge')}?{query}",
        **ways_of(request.user, organisation, many.lot_of(lot), forms or {}),
    }
    return render(request, "signing/many_confirm.html", context, status=status)


def _signed(request: Request, lot: Lot, failures: dict[int, str]) -> HttpResponse:
    """Lead to what became of each; say of those that could not be asked for why."""
    for met, _document in lot:
        if why := failures.get(met.task.pk):
            messages.error(request, f"{met.contract.reference}{_(' : ')}{why}")
    done = [met.task.pk for met, _document in lot if met.task.pk not in failures]
    if not done:
        return redirect("sign_many")
    return redirect(f"{reverse('sign_many_done')}?{urlencode({'task': done}, doseq=True)}")
