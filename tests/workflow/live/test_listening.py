"""A socket is told in a loop of its own: no thread, nothing before its greeting, nobody left in a group."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from channels.layers import get_channel_layer

from workflow.live.layers import ProcessLayer
from workflow.live.listening import ListeningSocket


class Socket(ListeningSocket):
    """A socket that joins a group, says in which thread it is told, and fails when told to."""

    failure: Exception | None = None

    async def connect(self) -> None:
        await self.channel_layer.group_add("all", self.channel_name)
        await self.channel_layer.share(["all"], {"type": "word.told", "word": "early"})
        await asyncio.sleep(0)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard("all", self.channel_name)

    async def word_told(self, message: dict[str, Any]) -> None:
        if message["word"] == "fail" and self.failure is not None:
            raise self.failure
        await self.send(text_data=f"{message['word']} {threading.current_thread().name}")


async def opened() -> tuple[asyncio.Task[None], asyncio.Queue[Any], asyncio.Queue[Any]]:
    said: asyncio.Queue[Any] = asyncio.Queue()
    heard: asyncio.Queue[Any] = asyncio.Queue()
    said.put_nowait({"type": "websocket.connect"})
    serving = asyncio.create_task(Socket()({"type": "websocket"}, said.get, heard.put))
    return serving, said, heard


def test_it_is_told_in_order_after_its_greeting_by_the_thread_of_the_loop() -> None:
    async def play() -> None:
        layer = get_channel_layer()
        assert isinstance(layer, ProcessLayer)
        serving, said, heard = await opened()
        assert (await heard.get())["type"] == "websocket.accept"
        for turn in range(3):
            await layer.share(["all"], {"type": "word.told", "word": str(turn)})
        told = [(await heard.get())["text"].split(" ", 1) for _turn in range(4)]
        assert [word for word, _thread in told] == ["early", "0", "1", "2"]
        assert {thread for _word, thread in told} == {threading.current_thread().name}
        said.put_nowait({"type": "websocket.disconnect", "code": 1001})
        await asyncio.wait_for(serving, 5)
        assert "all" not in layer.groups

    asyncio.run(play())


@pytest.mark.parametrize("failure", [ValueError("bug"), ConnectionResetError("gone")])
def test_what_fails_ends_it_and_leaves_nobody_in_a_group(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        layer = get_channel_layer()
        serving, said, heard = await opened()
        await heard.get()
        monkeypatch.setattr(Socket, "failure", failure)
        await layer.share(["all"], {"type": "word.told", "word": "fail"})
        if isinstance(failure, OSError):  # it left: its own goodbye ends it, as well as any other
            await asyncio.sleep(0)
            said.put_nowait({"type": "websocket.disconnect", "code": 1006})
            await asyncio.wait_for(serving, 5)
        else:
            with pytest.raises(ValueError, match="bug"):
                await asyncio.wait_for(serving, 5)
        assert "all" not in layer.groups

    asyncio.run(play())
