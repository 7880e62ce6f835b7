"""The methods of the strict service: each parameter is looked at, and one that is not known is refused."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any

from tests.csc.held import SHA256, TRIES, Grant, Held, Key, Refuse, invalid, strict_base64

SAD_LASTS = 120


def holder(held: Held, header: str, *scopes: str) -> Grant:
    """Return what the bearer of a token may do; raises Refuse (401)."""
    kind, _space, word = header.partition(" ")
    if kind != "Bearer" or not word:
        raise Refuse("invalid_request", "Malformed authorization header", 400)
    found = held.tokens.get(word)
    if found is None or found.scope not in scopes:
        raise Refuse("invalid_token", "The access token is not valid", 401)
    if found.ends < held.now:
        raise Refuse("expired_token", "The access token is expired or has been revoked", 401)
    return found


def _only(body: Mapping[str, Any], *names: str) -> None:
    if unknown := set(body) - set(names):
        raise invalid(f"Unknown parameter {sorted(unknown)}")


def listing(held: Held, version: str, body: Mapping[str, Any], bearer: Grant) -> dict[str, Any]:
    """credentials/list, a page of two at a time."""
    _only(body, *(("maxResults", "pageToken") if version == "1" else ("onlyValid", "pageToken")))
    mine = [key.identifier for key in held.keys.values() if bearer.owner in ("", key.owner)]
    start = int(body.get("pageToken", 0))
    following = {"nextPageToken": str(start + 2)} if start + 2 < len(mine) else {}
    return {"credentialIDs": mine[start : start + 2], **following}


def credential(held: Held, version: str, body: Mapping[str, Any], bearer: Grant) -> dict[str, Any]:
    """credentials/info."""
    _only(body, "credentialID", "certificates", "certInfo", "authInfo")
    key = held.key(body.get("credentialID"), bearer.owner)
    said: dict[str, Any] = {
        "key": {"status": "enabled" if key.enabled else "disabled", "algo": key.algorithms, "len": 256},
        "cert": {
            "status": key.status,
            # the others in no order, as the standard lets a service do
            "certificates": [base64.b64encode(one).decode() for one in (key.chain[0], *key.chain[:0:-1])],
        },
        "SCAL": key.scal,
        "multisign": key.most,
    }
    if version == "1":
        pin = {"PIN": {"presence": "true", "format": "N", "label": "PIN"}}
        otp = {"OTP": {"presence": "true", "type": "online", "format": "N", "label": "SMS"}}
        return {**said, "authMode": key.mode, **pin, **(otp if key.otp else {"OTP": {"presence": "false"}})}
    objects = [{"type": "Password", "id": "PIN", "format": "N", "label": "PIN"}]
    if key.otp:
        objects.append({"type": "ChallengeResponse", "id": "OTP", "format": "N", "label": "SMS"})
    expression = "PIN AND OTP" if key.otp else "PIN"
    return {**said, "auth": {"mode": key.mode, "expression": expression, "objects": objects}}


def challenge(held: Held, version: str, body: Mapping[str, Any], bearer: Grant) -> None:
    """credentials/sendOTP, credentials/getChallenge: a new code goes out, by another road."""
    _only(body, "credentialID", *(() if version == "1" else ("authObjectID",)))
    key = held.key(body.get("credentialID"), bearer.owner)
    if version == "2" and body.get("authObjectID") != "OTP":
        raise invalid("Invalid parameter authObjectID")
    key.sent_otp = f"{secrets.randbelow(10**6):06}"


def authorise(held: Held, version: str, body: Mapping[str, Any], bearer: Grant) -> dict[str, Any]:
    """credentials/authorize: the PIN and the one-time code, then a SAD for these hashes."""
    hashes_name = "hash" if version == "1" else "hashes"
    own = ("PIN", "OTP") if version == "1" else ("authData", "hashAlgorithmOID")
    _only(body, "credentialID", "numSignatures", "description", hashes_name, *own)
    key = held.key(body.get("credentialID"), bearer.owner)
    _usable(key, version)
    if key.mode != "explicit":
        raise invalid("The credential is authorised by OAuth")
    digests = _digests(body, hashes_name)
    if body.get("numSignatures") != len(digests):
        raise invalid("Invalid value for parameter numSignatures")
    if len(digests) > key.most:
        raise invalid("Numbers of signatures is too high")
    given = {one["id"]: one["value"] for one in body.get("authData", [])} if version == "2" else body
    _try_codes(key, version, str(given.get("PIN", "")), str(given.get("OTP", "")))
    grant = Grant(key.owner, "sad", held.now + SAD_LASTS, bearer.client, key.identifier, digests)
    return {"SAD": held.give(held.sads, grant), "expiresIn": SAD_LASTS}


def _try_codes(key: Key, version: str, pin: str, otp: str) -> None:
    both = version == "2"
    if pin != key.pin:
        key.wrong_pins += 1
        if key.wrong_pins >= TRIES:
            raise invalid("Credential locked") if both else Refuse("invalid_pin", "PIN locked")
        raise _wrong(both, "invalid_pin", "The PIN is invalid")
    if key.otp and (otp != key.sent_otp or not otp):
        key.wrong_otps += 1
        if key.wrong_otps >= TRIES:
            raise invalid("Credential locked") if both else Refuse("invalid_otp", "OTP locked")
        raise _wrong(both, "invalid_otp", "The OTP is invalid")
    key.wrong_pins, key.wrong_otps, key.sent_otp = 0, 0, ""


def _wrong(both: bool, error: str, description: str) -> Refuse:
    if both:
        return Refuse("invalid_authentication_data", "The authentication data is invalid")
    return Refuse(error, description)


def _usable(key: Key, version: str) -> None:
    if key.is_locked:
        raise Refuse("invalid_request" if version == "2" else "invalid_pin", "Credential locked")
    if not key.enabled:
        raise invalid("The credential identified by credentialID is disabled")
    if key.status == "expired":
        raise invalid("Signing certificate 'O=Clairval,CN=essai' is expired")


def _digests(body: Mapping[str, Any], name: str) -> tuple[bytes, ...]:
    words = body.get(name)
    if not isinstance(words, list):
        raise invalid(f"Missing (or invalid type) array parameter {name}")
    if not words:
        raise invalid("Empty hash array")
    return tuple(strict_base64(word) for word in words)


def sign(held: Held, version: str, body: Mapping[str, Any], bearer: Grant) -> dict[str, Any]:
    """signatures/signHash: an authorisation serves once, for its hashes, in its time."""
    hashes_name = "hash" if version == "1" else "hashes"
    digest_name = "hashAlgo" if version == "1" else "hashAlgorithmOID"
    names = ("credentialID", "SAD", hashes_name, digest_name, "signAlgo", "signAlgoParams")
    _only(body, *names, *(("operationMode",) if version == "2" else ()))
    key = held.key(body.get("credentialID"), bearer.owner)
    _usable(key, version)
    allowed = _activation(held, version, body, bearer)
    if allowed.used or allowed.credential != key.identifier or allowed.client != bearer.client:
        raise invalid("Invalid parameter SAD")
    if allowed.ends < held.now:
        raise invalid("SAD expired")
    digests = _digests(body, hashes_name)
    if body.get("signAlgo") not in key.algorithms:
        raise invalid("Invalid parameter signAlgo")
    if body.get(digest_name, SHA256) != SHA256:
        raise invalid(f"Invalid parameter {digest_name}")
    if sorted(digests) != sorted(allowed.hashes):
        raise invalid("Hash is not authorized by the SAD")
    allowed.used = True
    values = [base64.b64encode(key.sign(one, body["signAlgo"])).decode() for one in digests]
    if body.get("operationMode") == "A":
        identifier = secrets.token_urlsafe(12)
        held.later[identifier] = (2, values)
        return {"responseID": identifier}
    return {"signatures": values}


def _activation(held: Held, version: str, body: Mapping[str, Any], bearer: Grant) -> Grant:
    if version == "2" and bearer.scope == "credential":
        return bearer
    word = body.get("SAD")
    if not isinstance(word, str):
        raise invalid("Missing (or invalid type) string parameter SAD")
    if word not in held.sads:
        raise invalid("Invalid parameter SAD")
    return held.sads[word]


def poll(held: Held, version: str, body: Mapping[str, Any], bearer: Grant) -> tuple[int, dict[str, Any]]:
    """signatures/signPolling: twice « not yet », then the values."""
    _only(body, "requestID")
    identifier = str(body.get("requestID"))
    if version == "1" or identifier not in held.later:
        raise invalid("Invalid parameter requestID")
    left, values = held.later[identifier]
    if left:
        held.later[identifier] = (left - 1, values)
        return 202, {"error": "accepted_request", "error_description": "not yet completed"}
    return 200, {"signatures": values}
