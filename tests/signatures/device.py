"""A device that keeps a passkey: real keys and real signatures, without a browser (WebAuthn level 3, §6)."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth.base_user import AbstractBaseUser
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData
from fido2.webauthn import CollectedClientData as ClientData

from tests.trust import trust

FLAG = AuthenticatorData.FLAG


class Device:
    """One passkey of one person, for one site."""

    def __init__(self, owner: AbstractBaseUser, site: str = "localhost", *, counts: bool = True) -> None:
        self.site_hash = hashlib.sha256(site.encode()).digest()
        self.origin = f"http://{site}:8000"
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.identifier = secrets.token_bytes(32)
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(Aaguid(bytes(16)), self.identifier, public)
        data = AuthenticatorData.create(self.site_hash, FLAG.UP | FLAG.UV | FLAG.AT, 0, credential)
        client = ClientData.create(ClientData.TYPE.CREATE, secrets.token_bytes(32), self.origin)
        registration = self._sent(
            clientDataJSON=client, attestationObject=AttestationObject.create("none", data, {})
        )
        self.authenticator = WebAuthn.add(owner, "Clé d’essai", registration).instance
        if counts:
            trust(self.authenticator)

    def answer(
        self, options: dict[str, Any], *, verified: bool = True, origin: str | None = None
    ) -> dict[str, Any]:
        """Sign what the site asks, as the browser hands it over (AuthenticationResponseJSON)."""
        challenge = options["publicKey"]["challenge"]
        client = ClientData.create(ClientData.TYPE.GET, challenge, origin or self.origin)
        data = AuthenticatorData.create(self.site_hash, FLAG.UP | FLAG.UV if verified else FLAG.UP, 1)
        signature = self.key.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        return self._sent(clientDataJSON=client, authenticatorData=data, signature=signature)

    def _sent(self, **response: bytes) -> dict[str, Any]:
        encoded = {name: websafe_encode(value) for name, value in response.items()}
        identifier = websafe_encode(self.identifier)
        return {
            "id": identifier,
            "rawId": identifier,
            "type": "public-key",
            "response": encoded,
            "clientExtensionResults": {},
        }
