"""One thread answers a request, from its first middleware to its page; an asynchronous page too."""

from __future__ import annotations

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Callable
from contextvars import ContextVar
from typing import Any

import httpx
import pytest
from django.core import signals
from django.http import FileResponse, HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path
from django.utils.translation import activate, get_language

from config import limits
from config.handler import Pages

THREAD = "X-Thread"
LEFT = ContextVar("left", default="nothing")
FILES: list[io.BytesIO] = []


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


def leaves(request: HttpRequest) -> HttpResponse:
    """Say what is in the context, and leave something there."""
    said = f"{LEFT.get()} {get_language()}"
    LEFT.set("left")
    activate("en")
    return HttpResponse(said)


def file(request: HttpRequest) -> FileResponse:
    return FileResponse(FILES[0])


urlpatterns = [
    *(path("page", page), path("later", later), path("stream", stream), path("fails", fails)),
    *(path("leaves", leaves), path("file", file)),
]


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


async def test_threads_stay_and_nothing_of_a_request_is_left_in_them(pages: httpx.AsyncClient) -> None:
    answered = []
    for _time in range(3):
        answered.append((await pages.get("/page")).text)
        await waits_again(pages)
    assert len(set(answered)) == 1
    assert answered[0] in {str(one.ident) for one in threading.enumerate()}, "it has not ended"
    # each in a task of its own, as the server has them: what a request sets in its context is its task's
    assert {(await asyncio.create_task(pages.get("/leaves"))).text for _time in range(3)} == {"nothing fr"}


async def waits_again(pages: httpx.AsyncClient) -> None:
    """Have the thread that answered wait for the next: it does a moment after its answer is there."""
    transport: Any = pages._transport
    while not transport.app._hands._idle_semaphore._value:
        await asyncio.sleep(0)


async def test_a_request_is_ended_by_its_thread_before_its_answer_is_sent(pages: httpx.AsyncClient) -> None:
    ended: list[str] = []

    def end(**_signal: Any) -> None:
        ended.append(str(threading.get_ident()))

    signals.request_finished.connect(end)
    try:
        assert [(await pages.get("/page")).text] == ended
        ended.clear()
        FILES[:] = [io.BytesIO(b"whole" * 100_000)]
        assert (await pages.get("/file")).content == b"whole" * 100_000
        assert len(ended) == 1
        assert FILES[0].closed
    finally:
        signals.request_finished.disconnect(end)


async def test_as_many_are_answered_at_once_as_are_worked_on(pages: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(pages.get("/page") for _one in range(3 * limits.IN_HAND)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) <= limits.IN_HAND


async def test_what_is_asynchronous_is_answered(pages: httpx.AsyncClient) -> None:
    assert (await pages.get("/later")).text == "later"
    assert (await pages.get("/stream")).text == "one two"
    both = await asyncio.gather(pages.get("/page"), pages.get("/later"))
    assert [answer.status_code for answer in both] == [200, 200]


async def test_what_fails_or_is_not_there_has_its_status(pages: httpx.AsyncClient) -> None:
    assert (await pages.get("/fails")).status_code == 500
    assert (await pages.get("/nowhere")).status_code == 404
