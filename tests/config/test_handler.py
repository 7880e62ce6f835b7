"""One thread answers a request, from its first middleware to its page; an asynchronous page too."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from config.handler import Pages

THREAD = "X-Thread"


class Passed:
    """A middleware that says in which thread it was."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers[THREAD] = str(threading.get_ident())
        return response


def page(request: HttpRequest) -> HttpResponse:
    with pytest.raises(RuntimeError):
        asyncio.get_running_loop()
    return HttpResponse(str(threading.get_ident()))


async def later(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse("later")


def stream(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[bytes]:
        for part in (b"one ", b"two"):
            yield part

    return StreamingHttpResponse(parts())


def fails(request: HttpRequest) -> HttpResponse:
    raise ZeroDivisionError


urlpatterns = [path("page", page), path("later", later), path("stream", stream), path("fails", fails)]


@pytest.fixture
async def pages() -> AsyncIterator[httpx.AsyncClient]:
    changed: dict[str, Any] = {"ROOT_URLCONF": __name__, "MIDDLEWARE": [f"{__name__}.Passed"]}
    with override_settings(**changed):
        handler: Any = Pages()
        transport = httpx.ASGITransport(handler, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            yield client


async def test_the_thread_that_begins_a_request_ends_it(pages: httpx.AsyncClient) -> None:
    answer = await pages.get("/page")
    assert answer.text == answer.headers[THREAD]
    assert answer.text != str(threading.get_ident()), "never that of the event loop"


async def test_what_is_asynchronous_is_answered(pages: httpx.AsyncClient) -> None:
    assert (await pages.get("/later")).text == "later"
    assert (await pages.get("/stream")).text == "one two"
    both = await asyncio.gather(pages.get("/page"), pages.get("/later"))
    assert [answer.status_code for answer in both] == [200, 200]


async def test_what_fails_or_is_not_there_has_its_status(pages: httpx.AsyncClient) -> None:
    assert (await pages.get("/fails")).status_code == 500
    assert (await pages.get("/nowhere")).status_code == 404
