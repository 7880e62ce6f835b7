"""The addresses of the means of signing, for the access matrix."""

from __future__ import annotations

import datetime as dt
from types import SimpleNamespace
from typing import Any, cast

from django.utils import timezone

from contracts.models import Contract, Part
from signatures.csc import errands
from signatures.models import EnrolledKey, RemoteErrand
from stakeholders.models import Mandate, Role, User
from tests import plot
from tests.workflow.address_arguments import none, organisation, signature, signed
from tests.workflow.addresses import ADMINISTRATOR, EVERYBODY, MAYOR, NOBODY, PREFECT, Rule
from tests.workflow.scenes import Scenes
from workflow.signing.many import mark_of_reading
from workflow.standing.parties import pilot
from workflow.tasks.access import OpenTask


def mayors_key(contract: Contract, means: str) -> EnrolledKey:
    """A key of the mayor, whose certificate bears another name."""
    city = pilot(contract, Part.CITY_PILOT)
    mayor: User = Mandate.objects.in_force().get(office__organisation=city, office__role=Role.HEAD).person
    row = {"not_before": timezone.now(), "not_after": timezone.now() + dt.timedelta(days=9)}
    known = {"owner": mayor, "means": means, "fingerprint": means[0] * 64, "ended_at": None}
    return EnrolledKey.objects.get_or_create(**known, defaults={"certificate": b"0", **row})[0]


def own_key(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """A key of the mayor, to be withdrawn."""
    return {"key": mayors_key(contract, "demo").pk}


def waiting_key(scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """A key of the mayor that waits for their administrator."""
    return {**organisation(scenes, contract), "key": mayors_key(contract, "demo").pk}


def remote(_scenes: Scenes, _contract: Contract) -> dict[str, Any]:
    """A remote service that the installation offers (tests/workflow/attempts.py)."""
    return {"service_code": REMOTE["code"]}


def errand(_scenes: Scenes, contract: Contract) -> dict[str, Any]:
    """A way of the mayor's to a remote service, in a session that is none of those that are tried."""
    owner = mayors_key(contract, "demo").owner
    assert owner is not None
    return {"errand": errands.leave(owner, "session", REMOTE["code"], "service", ENROL).pk}


def lot(_scenes: Scenes, contract: Contract, person: User | None) -> dict[str, Any]:
    """The contract that waits for the prefecture's signature, said to be read on the page of several."""
    task, document = plot.task(contract, "sign"), plot.envelope(contract).current_sha256
    asked = {"sign": f"{contract.pk}-{task.pk}-{document}"}
    met = cast("OpenTask", SimpleNamespace(task=task))
    return asked | ({"read": mark_of_reading(person, [(met, document)])} if person else {})


def done(scenes: Scenes, contract: Contract, _person: User | None) -> dict[str, Any]:
    """The signature that the prefect asked for."""
    return {"task": signed(scenes, contract)["task"]}


ENROL = RemoteErrand.Purpose.ENROL
REMOTE: dict[str, Any] = {
    "code": "matrice",
    "name": "Service de la matrice",
    "url": "https://signature.test/csc/v2",
    "version": "2",
    "oauth_url": "https://signature.test",
    "client_id": "contreseing",
    "client_secret": "x",
}
SIGNED = frozenset({"prefete"})
# Of a remote service: one's own, by one's session. Where an address names nothing that is one's own, whoever
# it is reads the same sentence on their tasks (302), and without a number it is not found; what is somebody
# else's is refused in tests/workflow/signing/test_csc_signing.py.
KEYS: dict[str, Rule] = {
    "signing_keys": Rule(EVERYBODY, arguments=none),
    "waiting_keys": Rule(ADMINISTRATOR, arguments=organisation),
    "key_confirm": Rule(ADMINISTRATOR, ADMINISTRATOR, arguments=waiting_key),
    "key_withdraw": Rule(None, MAYOR, arguments=own_key),
    "sign_upload": Rule(PREFECT, PREFECT, "signing", signature),
    "card_enrol": Rule(EVERYBODY, EVERYBODY, arguments=none),
    "card_code": Rule(None, SIGNED, scene="sealed", arguments=signed),
    "sign_cancel": Rule(None, SIGNED, scene="sealed", arguments=signed),
    "csc_enrol": Rule(EVERYBODY, EVERYBODY, arguments=none),
    "csc_choose": Rule(EVERYBODY, EVERYBODY, arguments=remote),
    "csc_leave": Rule(None, NOBODY, arguments=none),
    "csc_go": Rule(EVERYBODY, arguments=errand),
    "csc_back": Rule(EVERYBODY, arguments=none),
    "csc_codes": Rule(NOBODY, NOBODY, arguments=none),
    "csc_later": Rule(EVERYBODY, EVERYBODY, arguments=remote),
    "sign_many": Rule(EVERYBODY, EVERYBODY, arguments=none),
    "sign_many_confirm": Rule(PREFECT, PREFECT, "signing", none, lot),
    "sign_many_challenge": Rule(None, PREFECT, "signing", none, lot),
    "sign_many_done": Rule(SIGNED, scene="sealed", arguments=none, query=done),
}
