"""What the program ``contreseing-sign`` asks, version 1 of its protocol: no cookie, a code then a session.

A form of another site cannot ask any of it: nothing here is given by who is logged in, so that there is no
CSRF token to carry.
"""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from contracts.models import Contract
from signatures import card
from signatures.backends import certificate_of
from signatures.backends.card import CardBackend
from signatures.card_models import CardSession
from signatures.chains import chain_of
from signatures.errors import NotReady, SignatureError, WrongSignatureValue
from signatures.key_errors import UnreadableCertificate
from stakeholders.wording import in_sentence
from workflow.card.answers import Unreadable, body_of, octets, octets_in, refusal, text, text_in, too_often
from workflow.card.limits import by_session, consumed
from workflow.keys import acts as keys_acts
from workflow.record.refusals import ActRefused
from workflow.signing.models import SigningAct

VERSION = 1
LONGEST_CHAIN = 8  # certificates
STATES = ("fetched", "pin", "waiting", "stopped")


@csrf_exempt
@require_POST
def card_open(request: HttpRequest) -> HttpResponse:
    """Exchange the code of a page for a session, once; answer what is to be signed, or enrolled."""
    if not consumed(request, "open"):
        return too_often()
    try:
        body = body_of(request)
        if body.get("version") != VERSION:
            raise Unreadable
        session, token = card.open_session(text_in(body, "code", 12))
    except Unreadable as error:
        return refusal(error, 400)
    except card.CodeRefused as error:
        return refusal(error, 410)
    answer: dict[str, Any] = {
        "version": VERSION,
        "session": token,
        "expires_in": session.seconds,
        "person": str(session.user),
        "purpose": "enrol" if session.request is None else "sign",
    }
    if session.request is None:
        return JsonResponse({**answer, "nonce": session.nonce})
    try:
        return JsonResponse({**answer, **_to_sign(session)})
    except card.SessionOver as error:
        return refusal(error, 410)


@require_safe
@by_session
def card_document(request: HttpRequest, session: CardSession) -> HttpResponse:
    """Give the prepared PDF of this signature."""
    try:
        offered = card.offered(session)
    except card.SessionOver as error:
        return refusal(error, 410)
    return HttpResponse(offered.document, content_type="application/pdf")


@csrf_exempt
@require_POST
@by_session
def card_state(request: HttpRequest, session: CardSession) -> HttpResponse:
    """Hear how far the program is; the page shows it."""
    try:
        body = body_of(request)
        state = text_in(body, "state", 20)
        why = text_in(body, "why", 20) if "why" in body else ""
        if state not in STATES:
            raise Unreadable
    except Unreadable as error:
        return refusal(error, 400)
    card.note(session, state, why)
    return JsonResponse({})


@csrf_exempt
@require_POST
@by_session
def card_value(request: HttpRequest, session: CardSession) -> HttpResponse:
    """Take what the card made, verified before anything is done with it; the same one twice is one."""
    try:
        card.take_value(session, octets_in(body_of(request), "value"))
    except Unreadable as error:
        return refusal(error, 400)
    except (card.SessionOver, NotReady) as error:
        return refusal(error, 410)
    except SignatureError as error:  # the value is wrong, or the signatory or their key may not sign any more
        return refusal(error, 422)
    return JsonResponse({"sentence": _("La signature est reçue.")})


@csrf_exempt
@require_POST
@by_session
def card_certificate(request: HttpRequest, session: CardSession) -> HttpResponse:
    """Enrol a certificate whose key proved that it is there."""
    try:
        body = body_of(request)
        chain = body.get("chain")
        if not isinstance(chain, list) or len(chain) > LONGEST_CHAIN:
            raise Unreadable
        others = tuple(octets(one) for one in chain)
        holders = octets_in(body, "certificate")
        certificate_of(holders)  # read before its authorities are looked for
        certificate = certificate_of(holders, chain_of(holders, others))
        card.check_proof(session, certificate, octets_in(body, "proof"))
        with transaction.atomic():
            key = keys_acts.enrol(session.user, CardBackend.code, certificate)
            card.enrolled(session, key)
    except Unreadable as error:
        return refusal(error, 400)
    except card.SessionOver as error:
        return refusal(error, 410)
    except (UnreadableCertificate, WrongSignatureValue) as error:
        return refusal(error, 422)
    except ActRefused as error:
        return JsonResponse({"error": "refused", "sentence": error.message}, status=422)
    if key.is_confirmed:
        sentence = _("Le certificat est enregistré : vous pouvez signer avec cette carte.")
    else:
        sentence = _(
            "Le certificat est enregistré, sous un autre nom que votre compte : qui administre votre "
            "organisation doit l’accepter avant qu’il signe."
        )
    return JsonResponse({"sentence": sentence})


def _to_sign(session: CardSession) -> dict[str, Any]:
    """Return what the program shows and checks before it asks for the card's code; raises SessionOver."""
    asked = session.request
    assert asked is not None  # noqa: S101 (the caller's question)
    offered = card.offered(session)
    acts = SigningAct.objects.select_related("signatory", "version__contract")
    act = acts.get(request=asked)
    contract = act.version.contract
    return {
        "place": in_sentence(act.signatory.capacity),
        "document": {
            "title": contract.title,
            "reference": contract.reference,
            "parties": _parties(contract),
            "pages": offered.pages,
            "size": len(offered.document),
            "sha256": offered.sha256,
            "read_size": offered.read_size,
            "read_sha256": offered.read_sha256,
        },
        "certificate": text(bytes(asked.certificate)),
        "signed_attributes": text(asked.signed_attributes),
    }


def _parties(contract: Contract) -> list[str]:
    """Return the organisations that sign, in their order."""
    places = contract.signatories.select_related("office__organisation").order_by("order")
    return list(dict.fromkeys(place.office.organisation.name for place in places))
