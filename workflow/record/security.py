"""Which of the journal's acts are security events too, and under which name."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from stakeholders.models import User
from stakeholders.security_events import Name, tell

NAMES = {
    "factor_added": Name.FACTOR_ENROLLED,
    "recovery_codes_renewed": Name.FACTOR_ENROLLED,
    "factor_removed": Name.FACTOR_REMOVED,
    "factors_forgotten": Name.FACTOR_REMOVED,
    "password_changed": Name.PASSWORD_CHANGED,
    "password_set": Name.PASSWORD_CHANGED,
    "password_reset": Name.PASSWORD_CHANGED,
    "address_changed": Name.IDENTITY_CHANGED,
    "address_confirmed": Name.IDENTITY_CHANGED,
    "person_renamed": Name.IDENTITY_CHANGED,
    "identity_linked": Name.IDENTITY_CHANGED,
    "identity_unlinked": Name.IDENTITY_CHANGED,
    "platform_rights_changed": Name.PLATFORM_RIGHTS_CHANGED,
    "account_opened": Name.ACCOUNT_OPENED,
    "account_closed": Name.ACCOUNT_CLOSED,
    "invitation_sent": Name.INVITATION_SENT,
    "grant_requested": Name.GRANT_REQUESTED,
    "grant_confirmed": Name.GRANT_CONFIRMED,
    "grant_refused": Name.GRANT_REFUSED,
    "grant_withdrawn": Name.GRANT_REFUSED,
    "mandate_given": Name.GRANT,
    "office_widened": Name.GRANT,
    "authority_recorded": Name.GRANT,
    "absence_declared": Name.GRANT,
    "guest_entered": Name.GRANT,
    "mandate_withdrawn": Name.GRANT_ENDED,
    "mandate_ended": Name.GRANT_ENDED,
    "authority_ended": Name.GRANT_ENDED,
    "absence_ended": Name.GRANT_ENDED,
    "power_ended": Name.GRANT_ENDED,
    "signing_proof_changed": Name.SIGNING_PROOF_CHANGED,
}
# Of an entry's facts, the numbers of rows and the words of ours: no name, no address, no reason.
KEPT = ("person", "authority", "organisation", "contact", "invitation", "grant", "version")


def tell_of(verb: str, *, number: int, actor: User | None, payload: dict[str, Any]) -> None:
    """Tell of an act once it is done for good; of most, there is nothing to tell."""
    name = NAMES.get(verb)
    if name is None:
        return
    facts = {key: payload[key] for key in KEPT if isinstance(payload.get(key), int)}
    if "factor" in payload:
        facts["factor"] = payload["factor"]
    by = actor.pk if actor else None
    transaction.on_commit(lambda: tell(name, verb=verb, entry=number, actor=by, **facts))
