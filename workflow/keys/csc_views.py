"""Enrolling a key that a remote signing service holds: one's account there, a choice, its certificate."""

from __future__ import annotations

import time
from typing import Any

import structlog
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from signatures.backends import SigningCertificate
from signatures.csc import client, errands, signing
from signatures.csc.credentials import Credential
from signatures.csc.errands import ErrandRefused
from signatures.csc.faults import ServiceUnavailable
from signatures.csc.providers import Service, service, services
from signatures.csc.remote_keys import certificate_of_credential, refuse_unproved, settings_of
from signatures.errors import SignatureError
from signatures.models import RemoteErrand
from workflow.keys import acts
from workflow.record.refusals import ActRefused
from workflow.tasks import remote_pocket as pocket
from workflow.tasks.answers import Request, member

log = structlog.get_logger(__name__)
SHOWN = 10  # credentials of an account, each asked of the service
PATIENCE = 20.0  # seconds for all of them, before the last is asked


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member
def csc_enrol(request: Request) -> HttpResponse:
    """Choose the service, and leave for one's account there: what it lists there is one's own."""
    offered = services()
    if not offered:
        raise Http404
    if request.method != "POST":
        return render(request, "keys/csc_services.html", {"services": offered})
    try:
        chosen = service(request.POST.get("service", ""))
        errand = errands.leave(
            request.user, pocket.session_of(request), chosen.code, "service", RemoteErrand.Purpose.ENROL
        )
    except SignatureError as error:
        messages.error(request, str(error))
        return redirect("csc_enrol")
    return redirect("csc_go", errand.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member
def csc_choose(request: Request, service_code: str) -> HttpResponse:
    """The keys of one's account there, each with its certificate; enrol the one that is chosen."""
    try:
        chosen = service(service_code)
        access, _facts = pocket.opened(request, chosen.code)
        if access is None:
            raise ErrandRefused
        if request.method != "POST":
            found = _credentials(chosen, access)
            return render(request, "keys/csc_choose.html", {"service": chosen, "found": found})
        credential = client.credential(chosen, access, request.POST.get("credential", "")[:200])
        credential.refuse_unusable(chosen.name)
        refuse_unproved(chosen, credential)
        acts.enrol(
            request.user,
            "csc",
            certificate_of_credential(credential),
            settings=settings_of(chosen, credential),
        )
    except SignatureError as error:
        log.warning("remote_signing.not_enrolled", code=error.code, said=getattr(error, "said", ""))
        messages.error(request, str(error))
        return redirect("csc_enrol" if services() else "signing_keys")
    except ActRefused as error:
        messages.error(request, error.message)
        return redirect("csc_choose", service_code)
    messages.success(request, _("Ce moyen de signature est enregistré."))
    return pocket.emptied(redirect("signing_keys"))


def _credentials(chosen: Service, access: client.Access) -> list[dict[str, Any]]:
    """Return the credentials of the account, with what is said of each, and what keeps one from serving.

    Raises ServiceUnavailable when that takes a slow service longer than a page may wait.
    """
    found: list[dict[str, Any]] = []
    until = time.monotonic() + PATIENCE
    signing.let_go_of_the_database()
    for identifier in client.identifiers(chosen, access)[:SHOWN]:
        if time.monotonic() > until:
            raise ServiceUnavailable(chosen.name, "too slow for its credentials to be shown")
        credential = client.credential(chosen, access, identifier)
        certificate, obstacle = _shown(chosen, credential)
        found.append({"identifier": identifier, "certificate": certificate, "obstacle": obstacle})
    return found


def _shown(chosen: Service, credential: Credential) -> tuple[SigningCertificate | None, str]:
    try:
        certificate = certificate_of_credential(credential)
    except SignatureError as error:
        return None, str(error)
    try:
        credential.refuse_unusable(chosen.name)
        refuse_unproved(chosen, credential)
    except SignatureError as error:
        return certificate, str(error)
    return certificate, ""
