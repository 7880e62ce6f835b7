"""The front door: who asks, how much they may send, how many are served at one time.

It stands before Django, so that what is refused costs neither a thread nor a connection to
the database. Every refusal is a page in French that says what to do.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

from channels.db import database_sync_to_async
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpResponse, parse_cookie
from django.utils import translation

from config import bodies, crowd, errors, health, limits, metrics, proxies
from config.bodies import Receive, Send
from config.unsent import may_be_long
from stakeholders.security_events import Name, tell

Scope = dict[str, Any]
Application = Callable[..., Awaitable[None]]
HEALTH = {"/sante/": health.lives, "/sante/pret/": health.ready}
REFUSALS = {408: errors.too_slow, 413: errors.too_large, 503: errors.busy}


class Front:
    """Django's pages and the websockets, behind their limits."""

    def __init__(self, pages: Application, sockets: Application, socket_path: str) -> None:
        self.pages, self.sockets, self.socket_path = pages, sockets, socket_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one websocket."""
        if scope["type"] not in {"http", "websocket"}:
            raise NotImplementedError(scope["type"])
        known = proxies.believed(scope, settings.TRUSTED_PROXIES)
        if scope["type"] == "websocket":
            await self._listen(known, receive, send)
        elif scope["path"] in HEALTH and scope["method"] in {"GET", "HEAD"}:
            await _tell(await HEALTH[scope["path"]](), scope, send)
        else:
            await self._serve(known, receive, send)

    async def _listen(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        if scope["path"] != self.socket_path or not _is_origin(headers.get(b"origin", b"")):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self.sockets(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        try:
            body = await _body(scope, headers, receive)
        except bodies.Gone:
            return
        except bodies.Refusal as refusal:
            await _refuse(refusal.status, scope, headers, send, receive)
            return
        except crowd.Busy:
            await _refuse(503, scope, headers, send, receive)
            return
        reply = bodies.Reply()
        try:
            async with crowd.here().hands.place():
                await self.pages(scope, body.replay(), reply.keep)
        except crowd.Busy:
            await _refuse(503, scope, headers, send)
            return
        finally:
            body.close()
        await reply.pass_on(send)


async def _body(scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> bodies.Body:
    """Receive the body; beyond a few kilobytes from somebody logged in, or for a page that is open to all."""
    length = bodies.announced(headers)
    if length is not None and length <= limits.STRANGER:
        return await bodies.received(headers, receive, limits.STRANGER)
    most = limits.route(scope["path"], headers.get(b"content-type", b"").decode("latin-1"))
    if (length or 0) > most:
        raise bodies.TooLarge
    if limits.OPEN_TO_ALL.match(scope["path"]):
        strangers = crowd.here().strangers
        async with strangers.place_of((scope.get("client") or [""])[0]):
            return await bodies.received(headers, receive, most, lambda: strangers.is_waited_for)
    if not may_be_long(_cookies(headers).get(settings.UNSENT_COOKIE_NAME)) and not await _is_known(headers):
        return await bodies.received(headers, receive, limits.STRANGER)
    crowds = crowd.here()
    async with (crowds.uploads if most > limits.LONG else crowds.large).place():
        return await bodies.received(headers, receive, most)


@database_sync_to_async
def _is_known(headers: dict[bytes, bytes]) -> bool:
    """Whether the request comes with the session of somebody logged in."""
    key = _cookies(headers).get(settings.SESSION_COOKIE_NAME)
    store = import_module(settings.SESSION_ENGINE).SessionStore(key)
    return bool(key) and SESSION_KEY in store.load()


def _cookies(headers: dict[bytes, bytes]) -> dict[str, str]:
    cookies: dict[str, str] = parse_cookie(headers.get(b"cookie", b"").decode("latin-1"))
    return cookies


async def _refuse(
    status: int, scope: Scope, headers: dict[bytes, bytes], send: Send, receive: Receive | None = None
) -> None:
    """Answer at once; the connection closes when the body was not read to its end (``receive`` given)."""
    metrics.REFUSED.labels(status).inc()
    tell(Name.LIMIT_REACHED, limit=status, ip=(scope.get("client") or [""])[0])
    chosen = _cookies(headers).get(settings.LANGUAGE_COOKIE_NAME)
    with translation.override(chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE):
        response = REFUSALS[status](in_words=b"hx-request" in headers)
    if receive is None:
        await _tell(response, scope, send)
        return
    response["Connection"] = "close"
    draining = None if b"expect" in headers else receive
    await _tell(response, scope, send, draining)


async def _tell(response: HttpResponse, scope: Scope, send: Send, draining: Receive | None = None) -> None:
    content = response.content
    response["Content-Length"] = str(len(content))
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "; ".join(
        f"{name} {' '.join(sources)}"
        for name, sources in settings.CONTENT_SECURITY_POLICY["DIRECTIVES"].items()
    )
    head = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.items()]
    await send({"type": "http.response.start", "status": response.status_code, "headers": head})
    await send({"type": "http.response.body", "body": content, "more_body": draining is not None})
    if draining is not None:
        await bodies.drain(draining)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _is_origin(text: bytes) -> bool:
    """Whether an address can be read in the header; channels compares it with ours afterwards."""
    try:
        urlsplit(text.decode("latin-1")).port  # noqa: B018 (read for the error that it raises)
    except ValueError:
        return False
    return True
