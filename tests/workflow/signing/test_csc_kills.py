"""A web process killed while a remote service signs: never lost, never twice, whatever the moment."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from signatures import blobs
from signatures.models import SignatureRequest
from signatures.validation import validate
from tests import plot, workers
from tests.cast import Cast
from tests.csc.pages import asked, enrolled, followed, left, logged_in, offered
from tests.database_address import database_address
from tests.stage import run_jobs

pytestmark = pytest.mark.kill
State = SignatureRequest.State
# before the service is asked; between its answer and the writing of the value; once it is written
POINTS = {"csc:authorised": 0, "csc:signed": 1, "csc:handed-in": 1}


def come_back(environment: dict[str, str], told: tuple[Any, ...]) -> None:
    """Be a web process that answers one return from the service."""
    services, address, session = told
    workers._stand_in(environment)
    settings.CSC_SERVICES = services
    client = Client(SERVER_NAME="localhost")
    client.cookies[settings.SESSION_COOKIE_NAME] = session
    client.get(address)


@pytest.mark.parametrize("point", sorted(POINTS))
def test_killed_while_the_service_signs(cast: Cast, point: str) -> None:
    contract, person = plot.at_signing(cast), cast.prefete
    client = logged_in(person)
    with offered("2", person) as strict:
        held = strict.keys[f"cle-{person.pk}"]
        request = asked(client, contract, enrolled(client, strict, person))
        gone = client.get(left(client, request).headers["Location"])
        came = strict.consent(gone.headers["Location"], person.get_username())
        address = f"{reverse('csc_back')}?code={came['code']}&state={came['state']}"
        environment = {
            **os.environ,
            "DATABASE_URL": database_address(),
            "SECRET_KEY": settings.SECRET_KEY,
            "CONTRESEING_KILL_AT": point,
            "LOG_LEVEL": "CRITICAL",
        }
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        process = workers._forked(come_back, environment, (settings.CSC_SERVICES, address, session))
        assert workers.ended(process) == -9
        assert len(held.signed) == POINTS[point]
        request.refresh_from_db()
        if point == "csc:handed-in":
            assert request.state == State.SIGNED
        else:
            assert (request.state, bytes(request.raw_signature)) == (State.PREPARED, b"")
            page = client.get(address, follow=True).content.decode()  # the browser tries again
            assert "ne correspond à aucune demande" in page, "what came back has served"
            followed(client, left(client, request), strict, person.get_username())
        value = bytes(SignatureRequest.objects.get(pk=request.pk).raw_signature)
        run_jobs()
    request.refresh_from_db()
    assert request.state == State.DONE, request.error_text
    assert bytes(request.raw_signature) == value
    assert SignatureRequest.objects.filter(slot=request.slot).count() == 1
    field = [request.slot.field_name]
    assert validate(blobs.get(request.final_sha256), expected=field, intermediate=True).valid
