"""Django's handler of requests, in which one thread answers a request from end to end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, cast

from asgiref.sync import sync_to_async
from django.core import signals
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from config import limits


class Pages(ASGIHandler):
    """Every middleware is synchronous, and so are the pages: the thread that begins a request ends it.

    Django's own calls the middlewares from a thread, goes back to the event loop for the page, and from there
    to the thread again, each time by a thread that is started for this request: a sixth of what a page takes.
    Here a request goes once to one of the threads that stay, and its answer comes back closed. A page that
    is asynchronous is run by that thread. Nobody is told here that the reader left
    (:meth:`config.bodies.Body.replay`): what was begun is finished.
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)
        # as many as are worked on at one time (config/crowd.py); what a refusal asks has its own
        self._hands = ThreadPoolExecutor(limits.IN_HAND, thread_name_prefix="page")

    async def handle(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request; never raises but what ``send`` does."""
        try:
            body: IO[bytes] = await self.read_body(receive)
        except RequestAborted:
            return
        try:
            answer = sync_to_async(self._answer, thread_sensitive=False, executor=self._hands)
            response = await answer(scope, body)
            try:
                await self.send_response(response, send)
            finally:
                if response.streaming:
                    await sync_to_async(response.close)()
        finally:
            body.close()

    def _answer(self, scope: Any, body: IO[bytes]) -> HttpResponseBase:
        """Return the answer, whose connection to the database is given back; closed, unless it streams."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refused = self.create_request(scope, body)
        answered = refused if request is None else self.get_response(request)
        response = cast(HttpResponseBase, answered)
        # as Django does: the signal of the end names who answered
        response._handler_class = self.__class__  # type: ignore[attr-defined]
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if response.streaming:
            close_old_connections()  # its parts are read by another thread
        else:
            response.close()
        return response
