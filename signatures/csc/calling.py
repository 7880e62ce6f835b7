"""One question to a remote signing service: its host and no other, in so much time, so many bytes.

pyHanko's client writes the path and the names of v1 itself, reads whatever comes and raises one error for
all (ADR 0029): this one is ours. A redirection is never followed, a proxy of the environment never used,
and what is sent is never logged.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from signatures.breakers import Breaker
from signatures.csc.faults import ServiceGarbled, ServiceUnavailable, fault_of
from signatures.csc.providers import Service
from signatures.errors import SignatureError

CONNECT_SECONDS = 3
TOTAL_SECONDS = 10
MAX_ANSWER = 256 * 1024  # a list of credentials, each with its chain

_breakers: dict[str, Breaker] = {}


def forget_failures() -> None:
    """Try every service again, however often it failed in this process."""
    _breakers.clear()


def method(service: Service, path: str, body: Mapping[str, Any], token: str = "") -> dict[str, Any]:
    """Call a method of the API (« credentials/info ») and return its JSON object, empty for a 204.

    Raises ServiceUnavailable, ServiceGarbled, or the RemoteRefusal that the answer means.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return _asked(service, f"{service.url}/{path}", headers, json=dict(body))


def oauth(service: Service, path: str, form: Mapping[str, str]) -> dict[str, Any]:
    """Post a form to the authorisation server (« oauth2/token »), as :func:`method`."""
    return _asked(service, f"{service.oauth_url}/{path}", {}, data=dict(form))


def _asked(service: Service, url: str, headers: Mapping[str, str], **sent: Any) -> dict[str, Any]:
    breaker = _breakers.setdefault(urlsplit(url).netloc, Breaker())
    if breaker.is_open:
        raise ServiceUnavailable(service.name, "left alone after repeated failures")
    try:
        status, body = asyncio.run(_post(url, headers, **sent))
        answer = _read(service, status, body)
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        breaker.count_failure()
        raise ServiceUnavailable(service.name, type(error).__name__) from error
    except ServiceUnavailable:
        breaker.count_failure()
        raise
    except SignatureError:
        breaker.count_success()  # it answers, and well: it refuses
        raise
    breaker.count_success()
    return answer


async def _post(url: str, headers: Mapping[str, str], **sent: Any) -> tuple[int, bytes]:
    timeout = aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS)
    plain = {"Accept": "application/json", "Accept-Encoding": "identity", **headers}
    async with (
        aiohttp.ClientSession(timeout=timeout, trust_env=False, auto_decompress=False) as session,
        session.post(url, headers=plain, allow_redirects=False, **sent) as response,
    ):
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > MAX_ANSWER:
                raise aiohttp.ClientPayloadError(f"more than {MAX_ANSWER} bytes")
        return response.status, bytes(body)


def _read(service: Service, status: int, body: bytes) -> dict[str, Any]:
    """Return the object that was answered; raises what a refusal means."""
    if status == 204:
        return {}
    try:
        answer = json.loads(body)
        _refuse_unkept(answer)
    except (ValueError, RecursionError):
        answer = None
    if status in (200, 201, 202):
        if not isinstance(answer, dict):
            raise ServiceGarbled(service.name, f"{status}, and no JSON object")
        if answer.get("error") != "accepted_request":
            return answer
        return {}  # v2, signPolling: not yet
    if 300 <= status < 400:
        raise ServiceGarbled(service.name, f"{status}, a redirection")
    said = answer if isinstance(answer, dict) else {}
    raise fault_of(
        service.name, status, str(said.get("error", ""))[:100], str(said.get("error_description", ""))[:500]
    )


def _refuse_unkept(answer: Any) -> None:
    """Raise ValueError for what no row can keep: no number (1e999), no letter (half a one, a NUL)."""
    text = json.dumps(answer, ensure_ascii=False, allow_nan=False)
    text.encode()
    if "\\u0000" in text:
        raise ValueError("NUL")
