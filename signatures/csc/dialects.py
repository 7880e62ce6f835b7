"""The two ways of asking the same: CSC API v1.0.4 and v2.0.0.2, name by name.

A hash is base64 in a body, and base64url in the parameter of an address (RFC 4648 § 4 and § 5): mistaken
for one another, two hashes in three still pass, and the third is refused.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from signatures.csc.credentials import SHA256_OID, Credential, Way
from signatures.csc.providers import Service


def b64(data: bytes) -> str:
    """Return base64, as in a JSON body."""
    return base64.b64encode(data).decode()


def b64url(data: bytes) -> str:
    """Return base64url, as in the parameter of an address."""
    return base64.urlsafe_b64encode(data).decode()


class Dialect(Protocol):
    """What differs between the versions."""

    def listing(self) -> dict[str, Any]:
        """Return the body of ``credentials/list``."""
        ...

    def authorising(
        self, credential: Credential, hashes: Sequence[bytes], typed: Mapping[str, str], why: str
    ) -> dict[str, Any]:
        """Return the body of ``credentials/authorize``, with what the person typed."""
        ...

    def signing(self, credential: str, hashes: Sequence[bytes], way: Way, sad: str) -> dict[str, Any]:
        """Return the body of ``signatures/signHash``; no SAD where the access token stands for it."""
        ...

    def allowing(
        self, service: Service, credential: str, hashes: Sequence[bytes], why: str
    ) -> dict[str, str]:
        """Return the parameters by which ``oauth2/authorize`` binds an authorisation to these hashes."""
        ...

    def challenging(self, credential: str, identifier: str) -> tuple[str, dict[str, Any]]:
        """Return the method and the body that have the service send, or ask, what is to be typed."""
        ...


class First:
    """v1.0.4."""

    def listing(self) -> dict[str, Any]:
        """§ 11.4."""
        return {"maxResults": 20}

    def authorising(
        self, credential: Credential, hashes: Sequence[bytes], typed: Mapping[str, str], why: str
    ) -> dict[str, Any]:
        """§ 11.6: the PIN and the OTP have names of their own."""
        body = {"credentialID": credential.identifier, "numSignatures": len(hashes)}
        return {**body, "hash": [b64(one) for one in hashes], **typed, "description": why[:500]}

    def signing(self, credential: str, hashes: Sequence[bytes], way: Way, sad: str) -> dict[str, Any]:
        """§ 11.9."""
        body: dict[str, Any] = {
            "credentialID": credential,
            "SAD": sad,
            "hash": [b64(one) for one in hashes],
            "signAlgo": way.signature,
        }
        return {**body, **({"hashAlgo": way.digest} if way.digest else {}), **_parameters(way)}

    def allowing(
        self, service: Service, credential: str, hashes: Sequence[bytes], why: str
    ) -> dict[str, str]:
        """§ 8.3.2."""
        return {
            "scope": "credential",
            "credentialID": credential,
            "numSignatures": str(len(hashes)),
            "hash": ",".join(b64url(one) for one in hashes),
            "description": why[:500],
        }

    def challenging(self, credential: str, identifier: str) -> tuple[str, dict[str, Any]]:
        """§ 11.8."""
        return "credentials/sendOTP", {"credentialID": credential}


class Second:
    """v2.0.0.2."""

    def listing(self) -> dict[str, Any]:
        """§ 11.4."""
        return {"onlyValid": True}

    def authorising(
        self, credential: Credential, hashes: Sequence[bytes], typed: Mapping[str, str], why: str
    ) -> dict[str, Any]:
        """§ 11.6: each thing typed under the identifier that ``auth.objects`` gave it."""
        return {
            "credentialID": credential.identifier,
            "numSignatures": len(hashes),
            "hashes": [b64(one) for one in hashes],
            "hashAlgorithmOID": SHA256_OID,
            "authData": [{"id": name, "value": value} for name, value in typed.items()],
            "description": why[:500],
        }

    def signing(self, credential: str, hashes: Sequence[bytes], way: Way, sad: str) -> dict[str, Any]:
        """§ 11.10."""
        body: dict[str, Any] = {
            "credentialID": credential,
            "hashes": [b64(one) for one in hashes],
            "hashAlgorithmOID": SHA256_OID,
            "signAlgo": way.signature,
        }
        return {**body, **({"SAD": sad} if sad else {}), **_parameters(way)}

    def allowing(
        self, service: Service, credential: str, hashes: Sequence[bytes], why: str
    ) -> dict[str, str]:
        """§ 8.4.2, by authorization_details (RFC 9396) or by parameters."""
        if service.details:
            digests = [{"hash": b64(one), "label": why[:500]} for one in hashes]
            details = {"type": "credential", "credentialID": credential, "documentDigests": digests}
            return {"authorization_details": json.dumps([{**details, "hashAlgorithmOID": SHA256_OID}])}
        return {
            "scope": "credential",
            "credentialID": credential,
            "numSignatures": str(len(hashes)),
            "hashes": ",".join(b64url(one) for one in hashes),
            "hashAlgorithmOID": SHA256_OID,
            "description": why[:500],
        }

    def challenging(self, credential: str, identifier: str) -> tuple[str, dict[str, Any]]:
        """§ 11.8."""
        return "credentials/getChallenge", {"credentialID": credential, "authObjectID": identifier}


def _parameters(way: Way) -> dict[str, str]:
    return {"signAlgoParams": b64(way.parameters)} if way.parameters else {}


def dialect(service: Service) -> Dialect:
    """Return how this service is spoken to."""
    return First() if service.version == "1" else Second()
