"""Signing by a remote service: leaving for it, typing its codes here, coming back with an authorisation.

The service is asked within the request: a token, a PIN and an activation may be written nowhere, so no job
could be given them (ADR 0029). What fails is said on the page that one left from, where another means may
still be chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import structlog
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from signatures.csc import client, errands, signing
from signatures.csc.client import Access, Pending
from signatures.csc.providers import service
from signatures.csc.remote_keys import credential_of, hash_of, service_of
from signatures.errors import SignatureError
from signatures.models import EnrolledKey, RemoteErrand, SignatureRequest
from workflow.signing.csc_forms import CodesForm
from workflow.signing.models import SigningAct
from workflow.tasks import remote_pocket as pocket
from workflow.tasks.answers import Request, member

log = structlog.get_logger(__name__)
Purpose, Scope = RemoteErrand.Purpose, RemoteErrand.Scope
MOST = 50  # signatures to one errand


@require_POST
@member
def csc_leave(request: Request) -> HttpResponse:
    """Go on towards the service, for one signature or several: to it, or to the page of its codes."""
    numbers = _numbers(request.POST.getlist("request"))
    try:
        key, found = signing.waiting(request.user, numbers)
        ready, failures = signing.entitled(found)
        _tell(request, found, failures)
        if not ready:
            return redirect(_where(numbers, request))
        opened, _facts = pocket.opened(request, service_of(key).code)
        return _next(request, key, ready, opened)
    except SignatureError as error:
        return _said(request, error, numbers)


@require_safe
@never_cache
@member
def csc_go(request: Request, errand: int) -> HttpResponse:
    """Leave for the service; its address holds the state, so no form and no row keeps it."""
    try:
        found = errands.under_way(request.user, pocket.session_of(request), errand)
        remote = service(found.service)
        facts: dict[str, Any] = {}
        if found.scope == Scope.CREDENTIAL:
            key, requests = signing.waiting(request.user, found.requests)
            facts = {
                "credential": credential_of(key).identifier,
                "hashes": [hash_of(one) for one in requests],
                "why": _why(requests),
            }
            if len(requests) != len(found.requests):
                raise errands.ErrandRefused
        address = client.leave_for(
            remote,
            "credential" if found.scope == Scope.CREDENTIAL else "service",
            state=errands.state_of(found),
            back=_back(),
            language=get_language() or "fr",
            **facts,
        )
    except SignatureError as error:
        return _said(request, error, [])
    return HttpResponseRedirect(address)


@require_safe
@never_cache
@member
def csc_back(request: Request) -> HttpResponse:
    """Come back from the service: the account opened, or the signature authorised; or neither."""
    state = request.GET.get("state", "")
    try:
        found = errands.come_back(request.user, pocket.session_of(request), state)
    except SignatureError as error:
        return _said(request, error, [])
    try:
        remote = service(found.service)
        client.refuse_denied(remote, request.GET.get("error", ""), request.GET.get("error_description", ""))
        if found.scope == Scope.SERVICE:
            signing.let_go_of_the_database()
            access = client.redeem(remote, request.GET.get("code", ""), state=state, back=_back())
            return _opened(request, found, access)
        return _authorised(request, found, state)
    except SignatureError as error:
        return _said(request, error, found.requests)


def _opened(request: Request, errand: RemoteErrand, access: Access) -> HttpResponse:
    """Go on with the account that was opened: choose a key, or sign."""
    if errand.purpose == Purpose.ENROL:
        return pocket.put(request, redirect("csc_choose", errand.service), errand.service, access)
    key, found = signing.waiting(request.user, errand.requests)
    return pocket.put(request, _next(request, key, found, access), errand.service, access)


def _authorised(request: Request, errand: RemoteErrand, state: str) -> HttpResponse:
    """Have signed what was authorised there."""
    key, found = signing.waiting(request.user, errand.requests)
    opened, _facts = pocket.opened(request, errand.service)
    bound = (credential_of(key).identifier, [hash_of(one) for one in found])
    signing.let_go_of_the_database()
    access = client.redeem(
        service_of(key), request.GET.get("code", ""), state=state, back=_back(), bound=bound
    )
    return _done(request, found, signing.with_authorisation(key, found, access, opened), key, access)


@sensitive_post_parameters()
@sensitive_variables()
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member
def csc_codes(request: Request) -> HttpResponse:
    """Type the codes that the service asks: they go straight to it, and are kept nowhere."""
    numbers = _numbers(request.GET.getlist("request"))
    try:
        key, found = signing.waiting(request.user, numbers)
        remote, credential = service_of(key), credential_of(key)
        opened, _facts = pocket.opened(request, remote.code)
        if signing.step_of(key, opened=opened is not None) != "codes":
            return _next(request, key, found, opened)
        form = CodesForm(credential, request.POST if request.method == "POST" else None)
        if request.method != "POST" or "send" in request.POST or not form.is_valid():
            return _codes_page(request, key, found, opened, form)
        account = signing.account_of(remote, opened)
        assert account is not None  # noqa: S101 (the step would be another)
        outcome = signing.with_codes(key, found, account, form.typed, _why(found))
        return _done(request, found, outcome, key, account)
    except SignatureError as error:
        return _said(request, error, numbers, codes=True)


def _codes_page(
    request: Request,
    key: EnrolledKey,
    found: Sequence[SignatureRequest],
    opened: Access | None,
    form: CodesForm,
) -> HttpResponse:
    """Show the form; first have the service send a code, where that was asked."""
    remote, credential = service_of(key), credential_of(key)
    question = ""
    if "send" in request.POST and (account := signing.account_of(remote, opened)):
        for asked in credential.asked:
            if asked.sent:
                question = client.challenge(remote, account, credential.identifier, asked.identifier)
        form = CodesForm(credential)
        messages.info(request, question or _("Le service vous a envoyé un code."))
    status = 422 if form.is_bound and form.errors else 200
    context = {
        "form": form,
        "service": remote,
        "key": key,
        "sent": any(asked.sent for asked in credential.asked),
        "titles": [one.slot.envelope.title for one in found],
        "back_url": _where([one.pk for one in found], request),
    }
    return render(request, "signing/csc_codes.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member
def csc_later(request: Request, service_code: str) -> HttpResponse:
    """Ask whether a service that signs later has signed (v2, operationMode « A »)."""
    access, facts = pocket.opened(request, service_code)
    numbers = facts.get("requests", [])
    try:
        key, found = signing.waiting(request.user, numbers)
        if access is None or "pending" not in facts:
            raise errands.ErrandRefused
        values = None
        if request.method == "POST":
            values = signing.later(key, found, access, Pending(facts["pending"]), numbers)
        if values is not None:
            return _done(request, found, values, key, access)
    except SignatureError as error:
        return _said(request, error, numbers)
    context = {"service": service_of(key), "back_url": _where(numbers, request)}
    return render(request, "signing/csc_later.html", context)


def _next(
    request: Request, key: EnrolledKey, found: Sequence[SignatureRequest], opened: Access | None
) -> HttpResponse:
    """Lead to what comes next."""
    step, numbers = signing.step_of(key, opened=opened is not None), [one.pk for one in found]
    if step == "codes":
        query = "&".join(f"request={number}" for number in numbers)
        return redirect(f"{reverse('csc_codes')}?{query}")
    errand = errands.leave(
        request.user,
        pocket.session_of(request),
        service_of(key).code,
        "service" if step == "account" else "credential",
        Purpose.SIGN,
        requests=numbers,
    )
    return redirect("csc_go", errand.pk)


def _done(
    request: Request,
    found: Sequence[SignatureRequest],
    outcome: signing.Failures | signing.Later,
    key: EnrolledKey,
    access: Access,
) -> HttpResponse:
    """Lead to the receipt, and say of each that failed why."""
    _tell(request, found, outcome.failures if isinstance(outcome, signing.Later) else outcome)
    if not isinstance(outcome, signing.Later):
        return pocket.emptied(redirect(_where([one.pk for one in found], request)))
    code = service_of(key).code
    kept = {"pending": outcome.pending.identifier, "requests": outcome.requests}
    return pocket.put(request, redirect("csc_later", code), code, access, **kept)


def _tell(request: Request, found: Sequence[SignatureRequest], failures: signing.Failures) -> None:
    """Say of each that failed why."""
    for one in found:
        if why := failures.get(one.pk):
            messages.error(request, f"{one.slot.envelope.title}{_(' : ')}{why}")


def _said(
    request: Request, error: SignatureError, numbers: Sequence[int], *, codes: bool = False
) -> HttpResponse:
    """Say what went wrong where the person can go on, and log what it was."""
    log.warning(
        "remote_signing.failed",
        code=error.code,
        requests=list(numbers),
        said=getattr(error, "said", ""),
        reasons=getattr(error, "reasons", {}),
    )
    messages.error(request, str(error))
    if codes and error.code in {"csc_pin_wrong", "csc_otp_wrong", "csc_codes_wrong"}:
        query = "&".join(f"request={number}" for number in numbers)
        return redirect(f"{reverse('csc_codes')}?{query}")
    return redirect(_where(numbers, request))


def _where(numbers: Sequence[int], request: Request) -> str:
    """Return the address of the receipt of these signatures: one's, the lot's, or one's tasks."""
    acts = list(_acts(request, numbers))
    if len(acts) == 1:
        return reverse("task_done", args=[acts[0].version.contract_id, acts[0].task_id])
    if acts:
        query = "&".join(f"task={act.task_id}" for act in acts)
        return f"{reverse('sign_many_done')}?{query}"
    return reverse("inbox")


def _acts(request: Request, numbers: Sequence[int]) -> Any:
    rows = SigningAct.objects.filter(request__in=list(numbers), author=request.user)
    return rows.select_related("version").order_by("pk")


def _numbers(given: Sequence[str]) -> list[int]:
    """Return the numbers of the requests that a page names; 404 for anything else."""
    if not given or len(given) > MOST or not all(one.isascii() and one.isdecimal() for one in given):
        raise Http404
    return [int(one[:18]) for one in given]


def _why(found: Sequence[SignatureRequest]) -> str:
    """Return what the person reads at the service of what they authorise."""
    return " ; ".join(one.slot.envelope.title for one in found)[:500]


def _back() -> str:
    return f"{settings.PUBLIC_URL}{reverse('csc_back')}"
