"""A strict service with keys in it, as tests ask for it, and what their holders do there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import override_settings

from signatures import cms
from signatures.csc import calling, client
from signatures.csc.providers import Service, service
from tests.csc.held import Key, key_of
from tests.csc.server import StrictService, served

BACK = "http://testserver/signature-a-distance/retour/"
STATE = "un état que personne ne devine"
VERSIONS = pytest.mark.parametrize("strict", ["1", "2"], indirect=True)


@pytest.fixture
def strict(request: pytest.FixtureRequest, signatories: Any) -> Iterator[StrictService]:
    """A strict service of this version, with the keys of the prefect (P-256) and of the mayor (RSA)."""
    calling.forget_failures()
    with served(request.param, BACK) as found:
        for person, name in ((signatories.prefect, "P"), (signatories.mayor, "M")):
            found.keys[name] = key_of(person, name)
        with override_settings(CSC_SERVICES=[found.settings()]):
            yield found


@pytest.fixture
def remote(strict: StrictService) -> Service:
    """The same, as the application knows it."""
    return service("essai")


def account(strict: StrictService, remote: Service, owner: str) -> client.Access:
    """Open the account as its owner does."""
    address = client.leave_for(remote, "service", state=STATE, back=BACK, language="fr")
    came = strict.consent(address, owner)
    assert came["state"] == STATE
    return client.redeem(remote, came["code"], state=STATE, back=BACK)


def attributes_of(key: Key, text: bytes = b"contrat") -> tuple[bytes, bytes]:
    """Return signed attributes for this key, and the hash that the service signs."""
    attributes = cms.signed_attributes(key.chain[0], hashlib.sha256(text).digest())
    return attributes, hashlib.sha256(attributes).digest()


def authorised(
    strict: StrictService, remote: Service, key: Key, *hashes: bytes, **answers: Any
) -> client.Access:
    """Authorise these hashes at the service, as the holder of the key does there."""
    address = client.leave_for(
        remote,
        "credential",
        state=STATE,
        back=BACK,
        language="fr",
        credential=key.identifier,
        hashes=hashes,
        why="Contrat de Clairval",
    )
    came = strict.consent(address, key.owner, **answers)
    client.refuse_denied(remote, came.get("error", ""), came.get("error_description", ""))
    return client.redeem(remote, came["code"], state=STATE, back=BACK, bound=(key.identifier, hashes))


def signed(
    strict: StrictService, remote: Service, key: Key, access: client.Access, *hashes: bytes
) -> list[bytes] | client.Pending:
    """Have the hashes signed, the authorisation of ``access`` being the SAD of v1."""
    mine = client.credential(remote, account(strict, remote, key.owner), key.identifier)
    if strict.version == "1":
        return client.sign(remote, account(strict, remote, key.owner), mine, hashes, access.token)
    return client.sign(remote, access, mine, hashes, "")
