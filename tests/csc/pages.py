"""What a person does with a remote service from our pages: enrol, sign, come back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.test import Client, override_settings
from django.urls import reverse

from contracts.models import Contract
from signatures.csc import calling
from signatures.models import EnrolledKey, SignatureRequest
from stakeholders.models import User
from tests import plot
from tests.csc.held import other_key_of
from tests.csc.server import StrictService, served
from tests.stage import run_jobs
from tests.workflow.sockets import logged_in
from workflow.signing.models import SigningAct


@contextmanager
def offered(version: str, *people: User, **changes: Any) -> Iterator[StrictService]:
    """Serve a strict service that holds the keys of these people, and have the installation offer it."""
    calling.forget_failures()
    with served(version, f"{settings.PUBLIC_URL}/signature-a-distance/retour/") as strict:
        for person in people:
            strict.keys[f"cle-{person.pk}"] = other_key_of(person, f"cle-{person.pk}")
        with override_settings(CSC_SERVICES=[strict.settings(**changes)]):
            yield strict


def followed(client: Client, response: Any, strict: StrictService, account: str, **answers: Any) -> Any:
    """Follow where a page leads: by our addresses, and by the service where the person answers."""
    for _hop in range(8):
        if response.status_code != 302:
            return response
        to = response.headers["Location"]
        if to.startswith(strict.origin):
            came = strict.consent(to, account, **answers)
            to = f"/signature-a-distance/retour/?{urlencode(came)}"
        response = client.get(to)
    raise AssertionError("led in circles")


def enrolled(client: Client, strict: StrictService, person: User) -> EnrolledKey:
    """Enrol the person's key by the pages."""
    left = client.post(reverse("csc_enrol"), {"service": "essai"})
    page = followed(client, left, strict, person.get_username())
    assert page.status_code == 200, page.content.decode()[:2000]
    name = f"cle-{person.pk}"
    assert name in page.content.decode()
    done = client.post(reverse("csc_choose", args=["essai"]), {"credential": name})
    assert urlsplit(done.headers["Location"]).path == reverse("signing_keys")
    return EnrolledKey.objects.get(owner=person, means="csc", ended_at=None)


def asked(client: Client, contract: Contract, key: EnrolledKey) -> SignatureRequest:
    """Ask for a signature from the page of the task, and have the worker prepare it."""
    waiting = plot.task(contract, "sign")
    envelope = plot.envelope(contract)
    sent = {"document_sha256": envelope.current_sha256, "key": str(key.pk)}
    response = client.post(reverse("task", args=[contract.pk, waiting.pk]), sent)
    assert response.status_code == 302, re.findall(r"notice.*?</", response.content.decode(), re.DOTALL)
    run_jobs()
    request = SignatureRequest.objects.filter(slot__envelope=envelope).latest("pk")
    assert request.is_awaited, (request.state, request.error_text)
    return request


def left(client: Client, *requests: SignatureRequest) -> Any:
    """Press « Continuer chez … »."""
    return client.post(reverse("csc_leave"), {"request": [str(one.pk) for one in requests]})


def receipt(client: Client, request: SignatureRequest, contract: Contract) -> str:
    """Return what the receipt of a signature says now."""
    act = SigningAct.objects.get(request=request)
    return str(client.get(reverse("task_done", args=[contract.pk, act.task_id])).content.decode())


__all__ = ["asked", "enrolled", "followed", "left", "logged_in", "offered", "receipt"]
