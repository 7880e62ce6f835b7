"""What is asked of a remote signing service, in the order of a signature.

Each verb is one question (``credentials`` some more), made with no transaction open; each raises what
:mod:`signatures.csc.faults` names. What is secret is shown by no ``repr``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

from django.conf import settings

from signatures.csc import calling, credentials
from signatures.csc.credentials import Credential
from signatures.csc.dialects import b64, dialect
from signatures.csc.faults import (
    ActivationOfAnother,
    ServiceGarbled,
    TooManyAtOnce,
    fault_of,
)
from signatures.csc.providers import Service

Scope = Literal["service", "credential"]
MOST_CREDENTIALS = 50
MOST_PAGES = 5
_ONE_WORD = re.compile(r"[\x21-\x7e]{1,8192}")  # a token, a SAD, a code (RFC 6749, A.12): no space


@dataclass(frozen=True)
class Access:
    """An access token, in memory: of the account (service), or of one authorisation (credential)."""

    token: str = field(repr=False)
    seconds: int


@dataclass(frozen=True)
class Pending:
    """The service signs later (v2, operationMode « A »): asked again by :func:`poll`."""

    identifier: str


def info(service: Service) -> dict[str, Any]:
    """Return what the service says of itself; its addresses are shown, never followed."""
    return calling.method(service, "info", {})


def verifier_of(state: str) -> str:
    """Return the PKCE verifier that goes with a state (RFC 7636 § 4.1): ours to derive, kept nowhere."""
    key = hmac.digest(settings.SECRET_KEY.encode(), b"signatures.csc.pkce", "sha256")
    return base64.urlsafe_b64encode(hmac.digest(key, state.encode(), "sha256")).decode().rstrip("=")


def leave_for(
    service: Service,
    scope: Scope,
    *,
    state: str,
    back: str,
    language: str,
    credential: str = "",
    hashes: Sequence[bytes] = (),
    why: str = "",
) -> str:
    """Return the address at the service where the person opens their account, or authorises these hashes."""
    challenge = hashlib.sha256(verifier_of(state).encode()).digest()
    parameters = {
        "response_type": "code",
        "client_id": service.client_id,
        "redirect_uri": back,
        "state": state,
        "lang": language,
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    if scope == "service":
        parameters["scope"] = "service"
    else:
        parameters |= dialect(service).allowing(service, credential, hashes, why)
    return f"{service.oauth_url}/oauth2/authorize?{urlencode(parameters)}"


def refuse_denied(service: Service, error: str, description: str) -> None:
    """Raise what the service sent back instead of a code (RFC 6749 § 4.1.2.1)."""
    if error:
        raise fault_of(service.name, 0, error[:100], description[:500])


def redeem(
    service: Service, code: str, *, state: str, back: str, bound: tuple[str, Sequence[bytes]] | None = None
) -> Access:
    """Exchange the code that came back for its token, which proves that we are who left.

    ``bound``: the credential and the hashes that were to be authorised; a service that says it authorised
    others is not believed (ActivationOfAnother).
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back}
    form["code_verifier"] = verifier_of(state)
    if bound and service.version == "2" and service.details:
        form["authorization_details"] = dialect(service).allowing(service, *bound, "")[
            "authorization_details"
        ]
    answer = calling.oauth(service, "oauth2/token", {**form, **_client(service)})
    if bound:
        _refuse_another(service, answer, *bound)
    return _access(service, answer)


def enter(service: Service) -> Access:
    """Open the account with the platform's own secret (client credentials): no person is asked."""
    form = {"grant_type": "client_credentials", "scope": "service", **_client(service)}
    return _access(service, calling.oauth(service, "oauth2/token", form))


def credential(service: Service, access: Access, identifier: str) -> Credential:
    """Return one credential, with its chain."""
    wanted = {"credentialID": identifier, "certificates": "chain", "certInfo": False, "authInfo": True}
    return credentials.read(
        service.name, identifier, calling.method(service, "credentials/info", wanted, access.token)
    )


def identifiers(service: Service, access: Access) -> list[str]:
    """Return the identifiers of the account's credentials, fifty at most."""
    found: list[str] = []
    page: dict[str, str] = {}
    for _number in range(MOST_PAGES):
        answer = calling.method(
            service, "credentials/list", {**dialect(service).listing(), **page}, access.token
        )
        listed = answer.get("credentialIDs")
        if not isinstance(listed, list) or not all(isinstance(one, str) and one for one in listed):
            raise ServiceGarbled(service.name, "credentials/list without credentialIDs")
        found += [one for one in listed if one not in found and len(one) <= 200]
        following = answer.get("nextPageToken")
        if not following or len(found) >= MOST_CREDENTIALS:
            break
        page = {"pageToken": str(following)}
    return found[:MOST_CREDENTIALS]


def challenge(service: Service, access: Access, credential: str, identifier: str) -> str:
    """Have the service send a one-time code, or ask its question; return the question, if there is one."""
    path, body = dialect(service).challenging(credential, identifier)
    answer = calling.method(service, path, body, access.token)
    return str(answer.get("challenge", ""))[:200]


def activate(
    service: Service,
    access: Access,
    credential: Credential,
    hashes: Sequence[bytes],
    typed: Mapping[str, str],
    why: str,
) -> str:
    """Authorise these hashes with what the person typed, and return the SAD."""
    if len(hashes) > credential.most:
        raise TooManyAtOnce(service.name, f"{len(hashes)} for {credential.most}")
    body = dialect(service).authorising(credential, hashes, typed, why)
    answer = calling.method(service, "credentials/authorize", body, access.token)
    sad = answer.get("SAD")
    if not isinstance(sad, str) or not _ONE_WORD.fullmatch(sad):
        raise ServiceGarbled(service.name, "credentials/authorize without a SAD")
    return sad


def sign(
    service: Service, access: Access, credential: Credential, hashes: Sequence[bytes], sad: str
) -> list[bytes] | Pending:
    """Have the hashes signed: one value each, in their order. Whether a value is right is asked elsewhere."""
    way = credential.refuse_unusable(service.name)
    body = dialect(service).signing(credential.identifier, hashes, way, sad)
    if service.version == "2":
        body["operationMode"] = "A" if service.asynchronous else "S"
    answer = calling.method(service, "signatures/signHash", body, access.token)
    identifier = answer.get("responseID")
    if service.asynchronous and isinstance(identifier, str) and _ONE_WORD.fullmatch(identifier):
        return Pending(identifier)
    return _values(service, answer, len(hashes))


def poll(service: Service, access: Access, pending: Pending, count: int) -> list[bytes] | None:
    """Return the values that are signed later; None while the service is at it."""
    body = {"requestID": pending.identifier}
    answer = calling.method(service, "signatures/signPolling", body, access.token)
    return _values(service, answer, count) if answer.get("signatures") is not None else None


def _values(service: Service, answer: Mapping[str, Any], count: int) -> list[bytes]:
    try:
        values = [base64.b64decode(one, validate=True) for one in answer["signatures"]]
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise ServiceGarbled(service.name, "signatures/signHash without its signatures") from error
    if len(values) != count:
        raise ServiceGarbled(service.name, f"{len(values)} signatures for {count} hashes")
    return values


def _client(service: Service) -> dict[str, str]:
    secret = {"client_secret": service.client_secret} if service.client_secret else {}
    return {"client_id": service.client_id, **secret}


def _access(service: Service, answer: Mapping[str, Any]) -> Access:
    token, kind = answer.get("access_token"), str(answer.get("token_type", "Bearer"))
    if not isinstance(token, str) or not _ONE_WORD.fullmatch(token) or kind.lower() not in ("bearer", "sad"):
        raise ServiceGarbled(service.name, "oauth2/token without a token")
    try:
        return Access(token, int(answer.get("expires_in", 3600)))
    except (TypeError, ValueError, OverflowError) as error:  # JSON of Python's has an infinity
        raise ServiceGarbled(service.name, "oauth2/token, expires_in") from error


def _refuse_another(
    service: Service, answer: Mapping[str, Any], credential: str, hashes: Sequence[bytes]
) -> None:
    """Raise ActivationOfAnother when the service says that it authorised another key, or other hashes.

    Raises ServiceGarbled when what it says of them cannot be read.
    """
    said = answer.get("authorization_details", [])
    details = said if isinstance(said, list) else []
    wanted = sorted(b64(one) for one in hashes)
    for one in (answer, *(each for each in details if isinstance(each, dict))):
        if one.get("credentialID", credential) != credential:
            raise ActivationOfAnother(service.name, "another credential")
        digests = one.get("documentDigests")
        if digests is None:
            continue
        if not isinstance(digests, list) or not all(isinstance(each, dict) for each in digests):
            raise ServiceGarbled(service.name, "oauth2/token, documentDigests")
        if sorted(str(each.get("hash")) for each in digests) != wanted:
            raise ActivationOfAnother(service.name, "other hashes")
