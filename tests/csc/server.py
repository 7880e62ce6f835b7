"""The strict service, really served on loopback by a thread; what a person does there is done by HTTP too."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from aiohttp import web

from tests.csc import api, oauth
from tests.csc.held import Grant, Held, Refuse

CLIENT, SECRET = "contreseing-essai", "un secret donné par le service"
METHODS = {
    "credentials/list": api.listing,
    "credentials/info": api.credential,
    "credentials/sendOTP": api.challenge,
    "credentials/getChallenge": api.challenge,
    "credentials/authorize": api.authorise,
    "signatures/signHash": api.sign,
}
OF_ONE = {"credentials/sendOTP": "1", "credentials/getChallenge": "2", "signatures/signPolling": "2"}


class StrictService(Held):
    """One service, of one version, and its address."""

    def __init__(self, version: str, back: str) -> None:
        super().__init__()
        self.version = version
        self.clients[CLIENT] = (SECRET, back)
        self.port = 0
        self.over = asyncio.Event()

    @property
    def origin(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.port}"

    def settings(self, code: str = "essai", **changes: Any) -> dict[str, Any]:
        """Return this service as the settings of an installation name it."""
        return {
            "code": code,
            "name": "Signature d’essai",
            "url": f"{self.origin}/csc/v{self.version}",
            "oauth_url": self.origin,
            "version": self.version,
            "client_id": CLIENT,
            "client_secret": SECRET,
            **changes,
        }

    def consent(
        self, address: str, account: str, *, pin: str = "2468", answer: str = "yes"
    ) -> dict[str, str]:
        """Be the person at the service: read its page, type, answer; return what it sends back with them."""
        with httpx.Client(trust_env=False) as browser:
            read = browser.get(address)
            assert read.status_code == 200, read.text
            sent = browser.post(address, data={"account": account, "pin": pin, "answer": answer})
        assert sent.status_code == 302, sent.text
        return dict(parse_qsl(urlsplit(sent.headers["Location"]).query))

    async def _trouble(self, request: web.Request) -> web.StreamResponse | None:
        trouble = self.trouble(request.path)
        if trouble == "mute":
            await self.over.wait()
        if trouble == "endless":
            response = web.StreamResponse()
            await response.prepare(request)
            while True:
                await response.write(bytes(1 << 16))
        if trouble == "garbage":
            return web.Response(text="<html>Maintenance</html>", content_type="text/html")
        if trouble == "nested":
            return web.Response(text="[" * 100_000, content_type="application/json")
        if trouble == "elsewhere":
            return web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"})
        if trouble.startswith("{"):
            return web.Response(text=trouble, content_type="application/json")
        if trouble == "plain":
            return web.Response(status=400, text="Bad Request")
        return web.Response(status=int(trouble)) if trouble else None

    async def method(self, request: web.Request) -> web.StreamResponse:
        """Answer a method of the API."""
        if troubled := await self._trouble(request):
            return self._noted(request, troubled)
        path = request.match_info["method"]
        try:
            if OF_ONE.get(path, self.version) != self.version:
                raise Refuse("not_implemented_method", "The method is not implemented", 501)
            if request.content_type != "application/json":
                raise Refuse("invalid_request", "The body is not JSON")
            body = await request.json()
            self.heard.append((path, body))
            if path == "info":
                return self._noted(
                    request, web.json_response({"specs": f"{self.version}.0.0.0", "name": "Essai"})
                )
            scopes = ("service", "credential") if self.version == "2" else ("service",)
            bearer = api.holder(self, request.headers.get("Authorization", ""), *scopes)
            status, answer = self._answer(path, body, bearer)
        except Refuse as refused:
            said = {"error": refused.error, "error_description": refused.description}
            return self._noted(request, web.json_response(said, status=refused.status))
        if answer is None:
            return self._noted(request, web.Response(status=204))
        return self._noted(request, web.json_response(answer, status=status))

    def _answer(self, path: str, body: dict[str, Any], bearer: Grant) -> tuple[int, dict[str, Any] | None]:
        if path == "signatures/signPolling":
            return api.poll(self, self.version, body, bearer)
        if path not in METHODS:
            raise Refuse("not_implemented_method", "The method is not implemented", 501)
        return 200, METHODS[path](self, self.version, body, bearer)

    async def authorise(self, request: web.Request) -> web.StreamResponse:
        """Show the page where a person authorises, or take their answer."""
        asked = dict(request.query)
        try:
            grant = oauth.check(self, self.version, asked)
            if request.method == "GET":
                return web.Response(text=oauth.page(grant), content_type="text/html")
            typed = {name: str(value) for name, value in (await request.post()).items()}
            back = oauth.answered(self, grant, asked, typed)
        except Refuse as refused:
            return web.Response(status=400, text=refused.description)
        return web.Response(status=302, headers={"Location": back})

    async def token(self, request: web.Request) -> web.StreamResponse:
        """Give a token."""
        if troubled := await self._trouble(request):
            return self._noted(request, troubled)
        form = {name: str(value) for name, value in (await request.post()).items()}
        try:
            return self._noted(request, web.json_response(oauth.token(self, self.version, form)))
        except Refuse as refused:
            said = {"error": refused.error, "error_description": refused.description}
            return self._noted(request, web.json_response(said, status=refused.status))

    def _noted(self, request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
        self.seen.append((request.path.removeprefix(f"/csc/v{self.version}/"), response.status))
        return response


@contextmanager
def served(
    version: str, back: str = "http://testserver/signature-a-distance/retour/"
) -> Iterator[StrictService]:
    """Serve a strict service of this version while the block runs."""
    service = StrictService(version, back)
    loop = asyncio.new_event_loop()

    async def start() -> web.AppRunner:
        application = web.Application()
        application.router.add_route("*", "/oauth2/authorize", service.authorise)
        application.router.add_post("/oauth2/token", service.token)
        application.router.add_post(f"/csc/v{version}/{{method:.+}}", service.method)
        runner = web.AppRunner(application, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        service.port = runner.addresses[0][1]
        return runner

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    runner = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    try:
        yield service
    finally:
        loop.call_soon_threadsafe(service.over.set)
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
