"""The authorisation server of the strict service: the page where a person authorises, and its tokens."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from tests.csc.held import SHA256, Grant, Held, Refuse, challenge_of, invalid, strict_base64, strict_base64url

CODE_LASTS, TOKEN_LASTS, AUTHORISATION_LASTS = 60, 3600, 300
KNOWN = {
    *("response_type", "client_id", "redirect_uri", "scope", "state", "lang", "description"),
    *("code_challenge", "code_challenge_method", "credentialID", "numSignatures"),
}
PAGE = """<!doctype html><html lang="fr"><title>Service de signature d’essai</title>
<h1>Autoriser la signature</h1><p>{what}</p><form method="post">
<p><label>Compte <input name="account" value=""></label></p>
<p><label>Code PIN <input name="pin" type="password" autocomplete="off"></label></p>
<button name="answer" value="yes">Autoriser</button>
<button name="answer" value="no">Refuser</button></form>"""


def bound_to(version: str, asked: Mapping[str, str]) -> tuple[str, tuple[bytes, ...]]:
    """Return the credential and the hashes that ``oauth2/authorize`` is asked to bind, each read strictly."""
    if version == "2" and "authorization_details" in asked:
        (detail,) = json.loads(asked["authorization_details"])
        if detail["type"] != "credential" or detail["hashAlgorithmOID"] != SHA256:
            raise invalid("Invalid parameter authorization_details")
        digests = tuple(strict_base64(one["hash"]) for one in detail["documentDigests"])
        if not all(one["label"] for one in detail["documentDigests"]):
            raise invalid("Invalid parameter authorization_details")
        return detail["credentialID"], digests
    name = "hash" if version == "1" else "hashes"
    if version == "2" and asked.get("hashAlgorithmOID") != SHA256:
        raise invalid("Missing (or invalid type) string parameter hashAlgorithmOID")
    digests = tuple(strict_base64url(word) for word in asked[name].split(","))
    if int(asked["numSignatures"]) != len(digests):
        raise invalid("Invalid value for parameter numSignatures")
    return asked["credentialID"], digests


def check(held: Held, version: str, asked: Mapping[str, str]) -> Grant:
    """Return what is asked for, not granted yet; raises Refuse."""
    known = KNOWN | ({"hash"} if version == "1" else {"hashes", "hashAlgorithmOID", "authorization_details"})
    if set(asked) - known:
        raise invalid(f"Unknown parameter {sorted(set(asked) - known)}")
    _secret, back = held.clients.get(asked.get("client_id", ""), ("", ""))
    if not back or asked.get("redirect_uri") != back:
        raise invalid("redirect_uri parameter does not match")
    if asked.get("response_type") != "code" or asked.get("code_challenge_method") != "S256":
        raise invalid("Missing parameter code_challenge_method")
    if len(asked.get("code_challenge", "")) != 43 or len(asked.get("state", "")) < 20:
        raise invalid("Missing parameter code_challenge or state")
    grant = Grant("", asked.get("scope", "credential"), 0, asked["client_id"], back=back)
    grant.challenge = asked["code_challenge"]
    if grant.scope == "credential":
        grant.credential, grant.hashes = bound_to(version, asked)
        key = held.key(grant.credential, "")
        if len(grant.hashes) > key.most:
            raise invalid("Numbers of signatures is too high")
    elif grant.scope != "service":
        raise Refuse("invalid_scope", "unknown")
    return grant


def page(grant: Grant) -> str:
    """Return the page that a person reads there."""
    what = f"{len(grant.hashes)} document(s)" if grant.hashes else "Ouvrir mon compte"
    return PAGE.format(what=html.escape(what))


def answered(held: Held, grant: Grant, asked: Mapping[str, str], typed: Mapping[str, str]) -> str:
    """Return where the person is sent back to, with a code or with an error."""
    account, state = typed.get("account", ""), {"state": asked["state"]}
    denied = {"error": "access_denied", "error_description": "The user denied the request", **state}
    if typed.get("answer") != "yes":
        return f"{grant.back}?{urlencode(denied)}"
    if grant.scope == "credential":
        key = held.key(grant.credential, account)
        if key.is_locked or typed.get("pin") != key.pin:
            key.wrong_pins += 1
            return f"{grant.back}?{urlencode(denied)}"
        key.wrong_pins = 0
    grant.owner, grant.ends = account, held.now + CODE_LASTS
    return f"{grant.back}?{urlencode({'code': held.give(held.codes, grant), **state})}"


def token(held: Held, version: str, form: Mapping[str, str]) -> dict[str, Any]:
    """Exchange a code, once; or open the account to a client's secret."""
    client, secret = form.get("client_id", ""), form.get("client_secret", "")
    if held.clients.get(client, ("", ""))[0] != secret:
        raise Refuse("invalid_client", "Invalid parameter client_secret", 401)
    if form.get("grant_type") == "client_credentials":
        word = held.give(held.tokens, Grant("", "service", held.now + TOKEN_LASTS, client))
        return {"access_token": word, "token_type": "Bearer", "expires_in": TOKEN_LASTS}
    if form.get("grant_type") != "authorization_code":
        raise invalid("Invalid parameter grant_type")
    grant = held.codes.get(form.get("code", ""))
    if grant is None or grant.used or grant.ends < held.now or grant.client != client:
        raise Refuse("invalid_grant", "Authorization code is invalid or expired")
    grant.used = True
    if form.get("redirect_uri") != grant.back:
        raise Refuse("invalid_grant", "redirect_uri parameter does not match")
    if challenge_of(form.get("code_verifier", "")) != grant.challenge:
        raise Refuse("invalid_grant", "code_verifier does not match")
    lasts = AUTHORISATION_LASTS if grant.scope == "credential" else TOKEN_LASTS
    given = Grant(grant.owner, grant.scope, held.now + lasts, client, grant.credential, grant.hashes)
    word = held.give(held.tokens, given)
    if version == "1" and grant.scope == "credential":
        held.sads[word] = held.tokens.pop(word)
        return {"access_token": word, "token_type": "SAD", "expires_in": lasts}
    answer: dict[str, Any] = {"access_token": word, "token_type": "Bearer", "expires_in": lasts}
    if "authorization_details" in form:
        said = [held.says(base64.b64encode(one).decode()) for one in grant.hashes]
        detail = {"type": "credential", "credentialID": grant.credential, "hashAlgorithmOID": SHA256}
        digests = [{"hash": one, "label": "essai"} for one in said]
        answer["authorization_details"] = [{**detail, "documentDigests": digests}]
    return answer
