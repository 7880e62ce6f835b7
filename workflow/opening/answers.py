"""The platform's administrator answers whoever asked for an organisation: made, known, or refused.

Requests for the same organisation, from whichever contracts, are answered together. Each is journaled in its
contract, and whoever asked is told; the preparation then offers the organisation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from contracts.models import ENDED, Status
from stakeholders.models import Organisation, User
from workflow.notices.mail import LANGUAGE, defer_mail
from workflow.opening.models import Answer, OrganisationRequest
from workflow.platform import acts as platform_acts
from workflow.platform import directory
from workflow.powers.acts import REFUSING_OWES_WHY
from workflow.record import journal
from workflow.record.refusals import Invalid, Locked


@dataclass(frozen=True)
class Asked:
    """An organisation that is asked for: every request of it, the first one first."""

    requests: Sequence[OrganisationRequest]

    @property
    def first(self) -> OrganisationRequest:
        """The request by which it is known."""
        return self.requests[0]

    @property
    def contacts(self) -> list[OrganisationRequest]:
        """Those that name whom to invite, each address once."""
        found = {row.contact_email.casefold(): row for row in reversed(self.requests) if row.contact_email}
        return sorted(found.values(), key=lambda row: row.pk)


def same(name: str) -> str:
    """Return a name without accents, capitals nor punctuation: « Orne-Habitat » is « ORNE HABITAT »."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return " ".join(re.findall(r"\w+", plain.casefold()))


def waiting() -> list[Asked]:
    """Return what nobody has answered, each organisation once, the oldest first."""
    rows = OrganisationRequest.objects.waiting().select_related("contract", "asked_by")
    found: dict[tuple[str, str], list[OrganisationRequest]] = {}
    for row in rows.order_by("asked_at", "pk"):
        found.setdefault((same(row.name), row.kind), []).append(row)
    return [Asked(rows_) for rows_ in found.values()]


def with_its_like(asked: OrganisationRequest) -> Asked:
    """Return the requests that are answered with this one; itself alone once it is answered."""
    return next((one for one in waiting() if asked in one.requests), Asked([asked]))


def create(actor: User, pk: int, **facts: Any) -> Organisation:
    """Make the organisation that was asked for; raises Invalid, or Locked where somebody answered first."""
    with transaction.atomic():
        rows = _locked(actor, pk)
        made = platform_acts.establish(actor, **facts)
        _settle(actor, rows, Answer.CREATED, organisation=made)
    return made


@transaction.atomic
def point_out(actor: User, pk: int, organisation: Organisation | None) -> None:
    """Say that what was asked for is an organisation that the platform knows."""
    if organisation is None:
        raise Invalid(str(directory.CHOOSE_ONE), "organisation")
    _settle(actor, _locked(actor, pk), Answer.EXISTING, organisation=organisation)


@transaction.atomic
def refuse(actor: User, pk: int, *, word: str) -> None:
    """Refuse, and say why: whoever asked reads it."""
    if not word.strip():
        raise Invalid(str(REFUSING_OWES_WHY), "reason")
    _settle(actor, _locked(actor, pk), Answer.REFUSED, word=word.strip())


def _locked(actor: User, pk: int) -> list[OrganisationRequest]:
    platform_acts.acts_for_platform(actor)
    asked = OrganisationRequest.objects.get(pk=pk)
    keys = [row.pk for row in with_its_like(asked).requests]
    rows = OrganisationRequest.objects.select_for_update(of=("self",)).select_related(
        "contract", "asked_by", "answered_by"
    )
    found = list(rows.filter(pk__in=keys).order_by("pk"))
    answered = next((row for row in found if row.answer), None)
    if answered is not None:
        raise Locked(
            _("%(person)s a déjà répondu à cette demande : %(answer)s.")
            % {"person": answered.answered_by, "answer": answered.get_answer_display()}
        )
    return found


def _settle(
    actor: User,
    rows: Sequence[OrganisationRequest],
    answer: Answer,
    *,
    organisation: Organisation | None = None,
    word: str = "",
) -> None:
    now = timezone.now()
    for row in rows:
        row.answer, row.organisation, row.word = answer, organisation, word
        row.answered_by, row.answered_at = actor, now
        row.save(update_fields=["answer", "organisation", "word", "answered_by", "answered_at"])
        facts = {"name": row.name, "quality": _("administration de la plateforme")}
        quality = facts.pop("quality")
        if organisation is None:
            journal.record(
                "organisation_declined",
                contract=row.contract,
                actor=actor,
                quality=quality,
                payload={**facts, "word": word},
            )
        else:
            journal.record(
                "organisation_provided",
                contract=row.contract,
                actor=actor,
                quality=quality,
                payload={**facts, "found": organisation.name, "answer": answer.value},
            )
        _tell(row)


def _tell(row: OrganisationRequest) -> None:
    """Mail whoever asked, with the way to where the organisation is now offered."""
    if not row.asked_by.is_active:
        return
    with translation.override(LANGUAGE):
        words = {"name": row.name, "reference": row.contract.reference, "word": row.word}
        if row.organisation is None:
            subject = _("[Contreseing] Organisation refusée : %(name)s") % words
            said = [
                _("« %(name)s », que vous demandiez pour le contrat %(reference)s, est refusée.") % words,
                _("Motif : %(word)s") % words,
            ]
        else:
            words["found"] = row.organisation.name
            subject = _("[Contreseing] Organisation disponible : %(found)s") % words
            said = [
                _("« %(name)s », que vous demandiez pour le contrat %(reference)s, est disponible :") % words,
                f"– {words['found']}",
            ]
            if way := _where_to_choose(row):
                said.append(_("Choisissez son rôle :") + f"\n{settings.PUBLIC_URL}{way}")
    body = "\n\n".join([_("Bonjour %(name)s,") % {"name": row.asked_by}, *said])
    defer_mail(
        to=row.asked_by.email,
        subject=subject,
        body=body + "\n",
        person=row.asked_by,
        contract=row.contract,
    )


def _where_to_choose(row: OrganisationRequest) -> str:
    if row.contract.status == Status.OPENING:
        return reverse("opening_page", args=[row.contract_id, "participants"])
    if row.contract.status in ENDED:
        return ""
    return reverse("contract_framework", args=[row.contract_id])
