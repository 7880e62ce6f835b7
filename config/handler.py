"""Django's handler of requests, in which one thread answers a request from end to end."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class Pages(ASGIHandler):
    """Every middleware is synchronous, and so are the pages: the thread that begins a request ends it.

    Django's own calls the middlewares from a thread, goes back to the event loop for the page, and from there
    to the thread again: a tenth of what a page takes. A page that is asynchronous is run by that thread.
    """

    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def get_response_async(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a request in a thread of its own; never raises."""
        return await sync_to_async(self.get_response, thread_sensitive=True)(request)
