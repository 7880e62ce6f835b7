"""Somebody else's CSC v1 service (certomancer-csc-dummy): what we say is understood by another than us.

It knows neither OAuth nor codes, takes a SAD twice and answers 501 to certInfo: what it does not hold
us to, tests/signatures/test_csc.py does.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from aiohttp import web
from certomancer.registry import CertomancerConfig
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from csc_dummy.csc_dummy_server import CSCWithCertomancer

from signatures import cms
from signatures.csc import calling, client, faults
from signatures.csc.providers import Service

NOBODY = client.Access("personne-ne-le-demande", 60)
VALIDITY = {"valid-from": "2020-01-01T00:00:00+0000", "valid-to": "2100-01-01T00:00:00+0000"}


def _configuration(folder: Any) -> dict[str, Any]:
    keys: dict[str, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey] = {
        "root": ec.generate_private_key(ec.SECP256R1()),
        "prefect": ec.generate_private_key(ec.SECP256R1()),
        "mayor": rsa.generate_private_key(65537, 2048),
    }
    for name, key in keys.items():
        (folder / f"{name}.pem").write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
    certificates = {name: {"subject": name, "issuer": "root", "validity": VALIDITY} for name in keys}
    return {
        "external-url-prefix": "http://test.test",
        "keysets": {"keys": {"path-prefix": ".", "keys": {name: {"path": f"{name}.pem"} for name in keys}}},
        "pki-architectures": {
            "essai": {
                "keyset": "keys",
                "entities": {name: {"common-name": name, "country-name": "FR"} for name in keys},
                "certs": certificates,
            }
        },
    }


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Its service, served."""
    folder = tmp_path_factory.mktemp("certomancer")
    configuration = CertomancerConfig(_configuration(folder), key_search_dir=str(folder))
    dummy = CSCWithCertomancer(configuration)
    dummy.register_routes()
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()

    async def start() -> web.AppRunner:
        runner = web.AppRunner(dummy.app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    calling.forget_failures()
    yield Service("autre", "Un autre service", f"{origin}/csc/v1", origin, "1", "personne")
    asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)


@pytest.mark.parametrize("name", ["essai/prefect", "essai/mayor"])
def test_it_signs_for_us(other: Service, name: str) -> None:
    assert name in client.identifiers(other, NOBODY)
    mine = client.credential(other, NOBODY, name)
    attributes = cms.signed_attributes(mine.certificate, bytes(32))
    hashes = [hashlib.sha256(attributes).digest(), hashlib.sha256(b"un autre").digest()]
    sad = client.activate(other, NOBODY, mine, hashes, {}, "Contrat de Clairval")
    values = client.sign(other, NOBODY, mine, hashes, sad)
    assert isinstance(values, list)
    assert cms.normalised_value(mine.certificate, attributes, values[0])


def test_it_refuses_what_was_not_authorised(other: Service) -> None:
    mine = client.credential(other, NOBODY, "essai/prefect")
    sad = client.activate(other, NOBODY, mine, [bytes(32)], {}, "essai")
    with pytest.raises(faults.RemoteRefusal, match="Un autre service"):
        client.sign(other, NOBODY, mine, [bytes([1]) * 32], sad)


def test_what_it_does_not_do_is_said(other: Service) -> None:
    with pytest.raises(faults.NotOffered):
        client.challenge(other, NOBODY, "essai/prefect", "OTP")
