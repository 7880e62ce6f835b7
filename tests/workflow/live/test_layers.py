"""What a process gives its sockets: one message, once each, and nothing of it made anew."""

from __future__ import annotations

import asyncio
import json

import pytest
from django.conf import settings

from stakeholders.models import User
from workflow.live import consumers, missed
from workflow.live.consumers import LiveConsumer
from workflow.live.layers import ProcessLayer


def test_a_socket_of_two_groups_is_given_a_message_once_and_nobody_a_copy() -> None:
    async def share() -> None:
        layer = ProcessLayer()
        for group, channel in (("contract.1", "a"), ("user.7", "a"), ("user.8", "b"), ("user.9", "c")):
            await layer.group_add(group, channel)
        message = {"type": "event.told", "readers": {7, 8}}
        await layer.share(["contract.1", "user.7", "user.8"], message)
        assert {name: queue.qsize() for name, queue in layer.channels.items()} == {"a": 1, "b": 1}
        assert await layer.receive("a") is await layer.receive("b") is message

    asyncio.run(share())


def test_a_socket_that_is_too_far_behind_misses_it_and_the_others_do_not() -> None:
    async def share() -> None:
        layer = ProcessLayer()
        layer.capacity = 2
        for turn in range(4):
            if turn == 1:
                await layer.group_add("user.8", "late")
            await layer.group_add("user.7", "behind")
            await layer.share(["user.7", "user.8"], {"turn": turn})
        assert [(await layer.receive("behind"))["turn"] for _turn in range(2)] == [0, 1]
        assert [(await layer.receive("late"))["turn"] for _turn in range(2)] == [1, 2]

    asyncio.run(share())


def test_an_event_is_written_once_for_all_the_pages_of_a_language(monkeypatch: pytest.MonkeyPatch) -> None:
    def page(person: int, language: str) -> LiveConsumer:
        opened = LiveConsumer()
        opened.scope = {"user": User(pk=person), "cookies": {settings.LANGUAGE_COOKIE_NAME: language}}
        return opened

    written: list[tuple[str, bool]] = []
    told = missed.told

    def counted(message: dict[str, object], language: str, *, is_mine: bool) -> dict[str, object]:
        written.append((language, is_mine))
        return told(message, language, is_mine=is_mine)

    monkeypatch.setattr(consumers, "told", counted)
    message = {
        "event": 5,
        "kind": "draft_submitted",
        "contract": 1,
        "payload": {"organisation": "Ville"},
        "actor": 3,
        "at": "2026-11-26T12:00:00+00:00",
        "written": {},
    }
    pages = [page(person, language) for language in ("fr", "en") for person in (1, 2, 3)]
    heard = [json.loads(opened._written(message)) for opened in pages]
    assert written == [("fr", False), ("fr", True), ("en", False), ("en", True)]
    assert [one["mine"] for one in heard] == [False, False, True] * 2
    assert heard[0]["text"] != heard[3]["text"]
    assert "payload" not in heard[0]
