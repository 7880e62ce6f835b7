"""Closed accounts made anonymous, where nothing that must be kept names them."""

from __future__ import annotations

import datetime as dt

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession

from stakeholders.models import User
from workflow.news.push_models import PushDevice
from workflow.record import journal
from workflow.record.models import JournalEntry
from workflow.steering.models import SavedFilter

ANONYMOUS = "anonyme.invalid"  # RFC 2606: nobody's domain
# what may name an account without its having done anything; whatever else does is an act, and keeps it
_NO_ACT = frozenset(
    {
        *("account.EmailAddress", "mfa.Authenticator", "socialaccount.SocialAccount"),
        *("usersessions.UserSession", "stakeholders.Mandate", "stakeholders.User_groups"),
        *("stakeholders.User_user_permissions", "workflow.Event", "workflow.JournalEntry"),
        *("signatures.ProofMeans", "signatures.FailedConfirmation", "signatures.PasskeyChallenge"),
        *("workflow.PushDevice", "workflow.SavedFilter"),
    }
)
_OF_ACCOUNTS = frozenset(
    {"account_opened", "account_closed", "password_set", "password_changed", "password_reset"}
    | {"factor_added", "factor_removed", "recovery_codes_renewed", "address_confirmed", "person_renamed"}
    | {"address_changed", "invitation_accepted", "identity_linked", "identity_unlinked"}
)


def has_acted(person: User) -> bool:
    """Whether an act, a power or a contract names the person, other than as the account that it is."""
    if JournalEntry.objects.filter(actor=person).exclude(verb__in=_OF_ACCOUNTS).exists():
        return True
    for relation in User._meta.get_fields(include_hidden=True):
        model = relation.related_model if relation.auto_created and not relation.concrete else None
        if model is None or isinstance(model, str) or model._meta.label in _NO_ACT:
            continue
        if model._base_manager.filter(**{relation.remote_field.name: person}).exists():  # type: ignore[union-attr]
            return True
    return False


def forget_closed_accounts(before: dt.datetime) -> int:
    """Make anonymous the accounts closed before a moment that did nothing; return how many."""
    closed = [e.payload["person"] for e in JournalEntry.objects.filter(verb="account_closed", at__lt=before)]
    people = User.objects.select_for_update().filter(is_active=False, pk__in=closed)
    found = [p for p in people.exclude(email__endswith=f"@{ANONYMOUS}") if not has_acted(p)]
    for person in found:
        _make_anonymous(person)
    return len(found)


def _make_anonymous(person: User) -> None:
    for model in (UserSession, EmailAddress, Authenticator, SocialAccount):
        model._base_manager.filter(user=person).delete()
    SavedFilter.objects.filter(person=person).delete()
    PushDevice.objects.filter(person=person).delete()
    person.civility, person.first_name, person.last_name = "", "Compte", "effacé"
    person.telephone = ""
    person.email = f"compte-{person.pk}@{ANONYMOUS}"
    person.set_unusable_password()
    person.save(update_fields=["civility", "first_name", "last_name", "telephone", "email", "password"])
    journal.record("account_made_anonymous", contract=None, actor=None, payload={"person": person.pk})
