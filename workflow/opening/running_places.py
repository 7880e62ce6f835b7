"""The places of signature of a running contract, while no version is under way.

They are added, taken out, moved, changed. Each change has its reason, which the journal keeps with
what the places were; those concerned are told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from contracts.models import Contract
from stakeholders.models import Mandate, Office, User
from workflow.notices.mail import LANGUAGE, defer_mail
from workflow.opening import acts, rules, running_rules, seats
from workflow.opening.running import PLACES, Changing, changing, state
from workflow.powers.pending import pilots_of
from workflow.record.refusals import Invalid, Locked


@dataclass(frozen=True)
class Wanted:
    """What is done to the places beside what their fields say: at most one of these."""

    move: tuple[int, int] | None = None  # a place, -1 or 1
    remove: int | None = None
    add: Office | None = None


def change_places(
    user: User,
    contract_id: int,
    rows: Mapping[int, Mapping[str, Any]],
    *,
    seen: str,
    reason: str,
    wanted: Wanted = Wanted(),  # noqa: B008 (frozen)
) -> bool:
    """Change the places of signature; return whether anything changed.

    Raises Locked once a version is under way, which says its own places. Raises Invalid without a reason, or
    where somebody who has to sign would have no place left.
    """
    with changing(user, contract_id, PLACES, seen) as met:
        contract = met.contract
        if why := running_rules.why_not_places(contract):
            raise Locked(why)
        before, lacking = state(contract, PLACES), {gap.sentence for gap in rules.missing_places(contract)}
        offices = _offices(contract)
        acts.write_places(contract, rows)
        _do(contract, wanted)
        after = state(contract, PLACES)
        if after == before:
            return False
        if not reason.strip():
            raise Invalid(_("Dites pourquoi : tous les participants le liront au journal."), "reason")
        if missing := [gap for gap in rules.missing_places(contract) if gap.sentence not in lacking]:
            raise Invalid(missing[0].sentence)
        said = ", ".join(f"{rank}. {place[1]}" for rank, place in enumerate(after, start=1))
        met.tell("signatories_changed", [said], before=before, after=after, reason=reason.strip())
        _mail(met, offices, said, reason.strip())
    return True


def _offices(contract: Contract) -> set[int]:
    return set(contract.signatories.values_list("office", flat=True))


def _do(contract: Contract, wanted: Wanted) -> None:
    if wanted.move is not None:
        seats.move(contract, *wanted.move)
    if wanted.remove is not None:
        seats.remove(contract, [wanted.remove])
    if wanted.add is not None:
        seat = next((one for one in seats.proposed(contract) if one.office == wanted.add), None)
        if seat is not None and seat.office is not None and not _has_place(contract, seat.office):
            seats.add_seat(contract, seat)  # as the kind of contract says: its council, its quality
        else:
            seats.add(contract, office=wanted.add)


def _has_place(contract: Contract, office: Office) -> bool:
    return contract.signatories.filter(office=office).exists()


def _mail(met: Changing, offices: set[int], said: str, reason: str) -> None:
    """Tell those who have a place, had one, and the pilots; one mail a person."""
    contract = met.contract
    held = Mandate.objects.in_force().filter(
        office__in=offices | _offices(contract), limited_type=None, person__is_active=True
    )
    people = [mandate.person for mandate in held.select_related("person").order_by("pk")]
    with translation.override(LANGUAGE):
        subject = _("[Contreseing] %(reference)s : signataires modifiés") % {"reference": contract.reference}
        lines = [
            _("%(person)s a modifié les signataires du contrat %(reference)s (%(title)s).")
            % {"person": met.user, "reference": contract.reference, "title": contract.title},
            _("Désormais, dans l’ordre : %(places)s.") % {"places": said},
            _("Motif : %(reason)s") % {"reason": reason},
            settings.PUBLIC_URL + reverse("contract", args=[contract.pk]),
        ]
        for person in dict.fromkeys([*people, *pilots_of([contract])]):
            if person != met.user:
                greeting = _("Bonjour %(name)s,") % {"name": person}
                body = "\n\n".join([greeting, *lines]) + "\n"
                defer_mail(to=person.email, subject=subject, body=body, person=person, contract=contract)
