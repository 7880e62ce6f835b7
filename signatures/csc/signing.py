"""Signatures that wait for a remote credential: what is next, and what the service signed, handed in.

Several go together: one authorisation for all their hashes, one value each; one that fails does not stop
the others. Killed between the service and the writing of a value, a signature waits as before: its
signatory is asked again, and the value that was lost is worth nothing without the document that it is of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from signatures import actions, awaited, signals
from signatures.csc import client
from signatures.csc.client import Access, Pending
from signatures.csc.credentials import Credential
from signatures.csc.providers import Service
from signatures.csc.remote_keys import credential_of, hash_of, service_of
from signatures.errors import NotReady, SignatureError
from signatures.machine import checkpoint
from signatures.models import EnrolledKey, SignatureRequest

Step = Literal["account", "authorise", "codes"]
Failures = dict[int, str]  # by the number of a request: why its signature is not there


@dataclass(frozen=True)
class Later:
    """The service signs these requests (by number, in the order of the values) later; others failed."""

    pending: Pending
    requests: list[int]
    failures: Failures


def waiting(user: AbstractBaseUser, numbers: Sequence[int]) -> tuple[EnrolledKey, list[SignatureRequest]]:
    """Return the requests of these numbers that wait for this person's one remote key, in order.

    Those that wait no more are left out; raises NotReady when none does, or when they are of several keys.
    """
    whose: Any = user
    rows = SignatureRequest.objects.filter(
        pk__in=numbers,
        user=whose,
        backend="csc",
        state=SignatureRequest.State.PREPARED,
        awaited_until__gt=timezone.now(),
    )
    found = list(rows.select_related("key", "slot__envelope", "user").order_by("pk"))
    key = found[0].key if found else None
    if key is None or any(one.key_id != key.pk for one in found):
        raise _gone()
    return key, found


def step_of(key: EnrolledKey, *, opened: bool) -> Step:
    """Return what comes next: opening the account there, authorising there, or typing the codes here."""
    service, credential = service_of(key), credential_of(key)
    needs_account = service.version == "1" or credential.mode != "oauth2code"
    if needs_account and service.grant == "code" and not opened:
        return "account"
    return "authorise" if credential.mode == "oauth2code" else "codes"


def account_of(service: Service, opened: Access | None) -> Access | None:
    """Return the token of the account: the one that was opened, the platform's own, or None."""
    if opened is None and service.grant == "client":
        return client.enter(service)
    return opened


def with_codes(
    key: EnrolledKey, requests: Sequence[SignatureRequest], access: Access, typed: Mapping[str, str], why: str
) -> Failures | Later:
    """Authorise with what was typed, and have all of them signed."""
    service, credential = service_of(key), credential_of(key)
    credential.refuse_unusable(service.name)
    ready, failures = entitled(requests)
    if not ready:
        return failures
    hashes = [hash_of(one) for one in ready]
    sad = client.activate(service, access, credential, hashes, typed, why)
    return _signed(service, credential, ready, access, sad, failures)


def with_authorisation(
    key: EnrolledKey, requests: Sequence[SignatureRequest], authorised: Access, account: Access | None
) -> Failures | Later:
    """Have all of them signed by what was authorised there."""
    service, credential = service_of(key), credential_of(key)
    ready, failures = entitled(requests)
    if not ready:
        return failures
    let_go_of_the_database()
    if service.version == "1":
        opened = account_of(service, account)
        if opened is None:
            raise NotReady(_("Votre connexion au service de signature est terminée : recommencez."))
        return _signed(service, credential, ready, opened, authorised.token, failures)
    return _signed(service, credential, ready, authorised, "", failures)


def later(
    key: EnrolledKey,
    requests: Sequence[SignatureRequest],
    access: Access,
    pending: Pending,
    numbers: Sequence[int],
) -> Failures | None:
    """Ask whether the service has signed the requests of these numbers; None while it is at it.

    ``requests`` are those among them that still wait: the value of another is of no use any more.
    """
    values = client.poll(service_of(key), access, pending, len(numbers))
    if values is None:
        return None
    value_of = dict(zip(numbers, values, strict=True))
    return _handed_in(requests, [value_of[one.pk] for one in requests])


def entitled(requests: Sequence[SignatureRequest]) -> tuple[list[SignatureRequest], Failures]:
    """Leave out those whose signatory, or whose key, may not sign (any more), and say why of each.

    Asked before the person leaves to authorise, and again before the key serves.
    """
    ready: list[SignatureRequest] = []
    failures: Failures = {}
    for request in requests:
        try:
            with transaction.atomic():
                awaited.unchanged_certificate(request)
                signals.key_about_to_serve.send(SignatureRequest, request=request)
        except SignatureError as error:
            failures[request.pk] = str(error)
        else:
            ready.append(request)
    return ready, failures


def _signed(
    service: Service,
    credential: Credential,
    requests: Sequence[SignatureRequest],
    access: Access,
    sad: str,
    failures: Failures,
) -> Failures | Later:
    checkpoint("csc:authorised")
    values = client.sign(service, access, credential, [hash_of(one) for one in requests], sad)
    checkpoint("csc:signed")
    if isinstance(values, Pending):
        return Later(values, [one.pk for one in requests], failures)
    return {**failures, **_handed_in(requests, values)}


def _handed_in(requests: Sequence[SignatureRequest], values: Sequence[bytes]) -> Failures:
    failures: Failures = {}
    for request, value in zip(requests, values, strict=True):
        try:
            actions.supply_signature(request, request.user, value)
        except SignatureError as error:
            failures[request.pk] = str(error)
        checkpoint("csc:handed-in")
    return failures


def _gone() -> NotReady:
    return NotReady(_("Cette signature n’attend plus votre service de signature : rechargez la page."))


def let_go_of_the_database() -> None:
    """Give the connection back while an outside service is asked: others may need it for those seconds.

    Not where a form was sent (codes, « a-t-il signé ? »): its connection holds what keeps the same form, sent
    twice, from reaching the service twice (``config/once.py``): a PIN tried twice may block the key.
    """
    if not connection.in_atomic_block:
        connection.close()
