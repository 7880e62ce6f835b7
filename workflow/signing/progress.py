"""Where a signature and the seal stand, in words: the one place that says it, for every page.

A signature that waits says for what, since when, how often it was tried and when it will be again;
one that stopped says what there is to do.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from contracts.models import Contract, Signatory
from signatures.delays import DocumentUnreadable
from signatures.jobs import retry_of
from signatures.models import Envelope, SignatureRequest
from stakeholders.models import User
from stakeholders.wording import hour, moment
from workflow.engine.looks import DONE, NOW, STOP, WAIT
from workflow.engine.tasks import Task
from workflow.signing import rules
from workflow.signing.models import SigningAct

State = SignatureRequest.State


@dataclass(frozen=True)
class Told:
    """How a signature or the seal looks, in a word, and the sentences that explain it."""

    look: str
    word: str
    detail: str = ""


@dataclass(frozen=True)
class Place:
    """A place on the signature page: who signs, what was asked of whom, where it stands."""

    signatory: Signatory
    act: SigningAct | None
    told: Told


def places(contract: Contract) -> list[Place]:
    """Return the places to sign, in their order."""
    return [
        Place(signatory, act, of_request(act.request) if act else _not_asked(signatory))
        for signatory, act in rules.signed(contract)
    ]


def of_request(request: SignatureRequest) -> Told:
    """Say where a signature stands that was asked for."""
    if request.state == State.DONE:
        return Told(DONE, _("signé"))
    if request.state == State.ABANDONED:
        return Told(STOP, _("abandonnée"), request.error_text)
    if request.state == State.FAILED:
        return _stopped(request)
    word, since = {
        State.REQUESTED: (_("signature demandée"), request.requested_at),
        State.PREPARED: (_("signature demandée"), request.prepared_at),
        State.SIGNED: (_("horodatage attendu"), request.signed_at),
        State.STAMPED: (_("vérification en cours"), request.stamped_at),
    }[State(request.state)]
    detail = _waiting(request, since)
    if request.error_text and bytes(request.raw_signature):
        detail = _joined(detail, _("Rien n’est à refaire : la signature est gardée."))
    return Told(NOW, word, detail)


def of_seal(envelope: Envelope) -> Told | None:
    """Say where the seal for the archive stands; None before all have signed."""
    if envelope.state == Envelope.State.SEALED:
        return Told(DONE, _("scellé"), moment(envelope.sealed_at))
    if envelope.state != Envelope.State.SEALING:
        return None
    if not envelope.error_text:
        return Told(NOW, _("scellement en cours"))
    if retry_of(envelope) is None:
        return Told(STOP, _("scellement interrompu"), _joined(envelope.error_text, _to_be_started_again()))
    last = SignatureRequest.objects.filter(slot__envelope=envelope, state=State.DONE).order_by("-done_at")
    since = last.values_list("done_at", flat=True).first()
    return Told(NOW, _("scellement en attente"), _waiting(envelope, since))


def seal_of(contract: Contract) -> Told | None:
    """Say where the seal of the last version stands; None before all have signed."""
    version = contract.latest_version
    signing = rules.round_of(version) if version else None
    return of_seal(signing.envelope) if signing else None


def afterwards(task: Task, person: User) -> str:
    """Say where the signature stands that this person asked for by this task; nothing if they did not."""
    act = SigningAct.objects.filter(task=task, author=person).select_related("request").first()
    if act is None:
        return ""
    told = of_request(act.request)
    return _joined(
        _("Vous avez demandé à signer. État de votre signature : %(word)s") % {"word": told.word}, told.detail
    )


def _not_asked(signatory: Signatory) -> Told:
    if signatory.needs_council_resolution:
        return Told(WAIT, _("attend la délibération et son tour"))
    return Told(WAIT, _("pas encore signé"))


def _stopped(request: SignatureRequest) -> Told:
    if request.permanent:
        return Told(
            STOP, _("à refaire"), _joined(request.error_text, _("La signature est redemandée au signataire."))
        )
    kept = _("La signature est gardée : le signataire n’a rien à refaire.")
    facts = [request.error_text, *([kept] if bytes(request.raw_signature) else []), _to_be_started_again()]
    if request.error_code == DocumentUnreadable.code:
        facts.append(_to_be_taken_back())
    return Told(STOP, _("interrompue"), _joined(*facts))


def _to_be_started_again() -> str:
    return _("Un pilote peut relancer l’étape ; si elle échoue encore, prévenez l’administrateur.")


def _to_be_taken_back() -> str:
    return _(
        "Si le document ne peut être restauré, un pilote peut retirer la version : le contrat revient en "
        "rédaction, et les signatures seront données sur la version suivante."
    )


def _waiting(waiting: SignatureRequest | Envelope, since: dt.datetime | None) -> str:
    """Say since when one waits and, when a try failed, how many did, when the next comes, and why."""
    parts = [_("depuis %(hour)s") % {"hour": _at(since)}] if since else []
    if not waiting.error_text:
        return ", ".join(parts)
    if retry := retry_of(waiting):
        parts.append(ngettext("%(n)d essai", "%(n)d essais", retry.tried) % {"n": retry.tried})
        if retry.at is not None and retry.at > timezone.now():
            parts.append(_("prochain essai à %(hour)s") % {"hour": _at(retry.at)})
        else:
            parts.append(_("nouvel essai en cours"))
    return _joined(", ".join(parts), waiting.error_text)


def _at(when: dt.datetime) -> str:
    """Write the hour alone when it is today's."""
    today = timezone.localdate(when) == timezone.localdate()
    return hour(when) if today else moment(when)


def _joined(*sentences: str) -> str:
    """Put sentences one after the other, each with its full stop."""
    return " ".join(s if s.endswith((".", "!", "?", "…")) else f"{s}." for s in sentences if s)
