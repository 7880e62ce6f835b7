"""A remote credential as an enrolled key: what is public of it is kept, and asked once."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import asdict
from typing import Any

from signatures.backends import SigningCertificate, certificate_of
from signatures.csc.credentials import Asked, Credential
from signatures.csc.faults import NobodyAsked
from signatures.csc.providers import Service, service
from signatures.models import EnrolledKey, SignatureRequest


def certificate_of_credential(credential: Credential) -> SigningCertificate:
    """Return the certificate to be enrolled; raises UnreadableCertificate."""
    return certificate_of(credential.certificate, credential.chain)


def refuse_unproved(service: Service, credential: Credential) -> None:
    """Raise NobodyAsked for a key that would sign without its holder proving who they are each time."""
    asks = credential.mode == "oauth2code" or (credential.mode == "explicit" and credential.asked)
    if not asks and service.grant != "code":
        raise NobodyAsked(service.name)


def settings_of(service: Service, credential: Credential) -> dict[str, Any]:
    """Return what is kept of a credential: nothing secret, only how it is asked."""
    return {
        "service": service.code,
        "name": service.name,
        "credential": credential.identifier,
        "mode": credential.mode,
        "bound": credential.bound,
        "most": credential.most,
        "algorithms": list(credential.algorithms),
        "asked": [asdict(one) for one in credential.asked],
        "expression": credential.expression,
    }


def service_of(key: EnrolledKey) -> Service:
    """Return the service that holds this key; raises UnknownService."""
    return service(str(key.settings.get("service", "")))


def credential_of(key: EnrolledKey) -> Credential:
    """Return the credential as it was when it was enrolled."""
    told = key.settings
    return Credential(
        identifier=told["credential"],
        certificate=bytes(key.certificate),
        chain=tuple(base64.b64decode(other) for other in key.chain),
        mode=told["mode"],
        bound=told["bound"],
        most=told["most"],
        algorithms=tuple(told["algorithms"]),
        asked=tuple(Asked(**one) for one in told["asked"]),
        expression=told["expression"],
        enabled=True,
        status="valid",
    )


def hash_of(request: SignatureRequest) -> bytes:
    """Return what the service signs: the SHA-256 of the signed attributes (RFC 5652 § 5.4)."""
    return hashlib.sha256(request.signed_attributes).digest()
