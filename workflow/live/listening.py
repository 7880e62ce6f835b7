"""A socket that takes what its process gives it in a loop of its own, and one that is never in the way.

Channels' own loop takes a thread and three tasks for each message of each socket, to close connections to
the database that nothing of ours opened there: of a thousand sockets, that was most of what an act cost.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from channels.consumer import get_handler_name
from channels.exceptions import StopConsumer
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from channels.layers import get_channel_layer

GONE = 1006  # the close code of who left without one (RFC 6455, 7.1.5)


class ListeningSocket(AsyncJsonWebsocketConsumer):
    """A websocket that is given messages by the channel layer once it has been greeted, one after another."""

    async def __call__(
        self, scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
    ) -> None:
        """Serve the socket until it leaves; what fails while it is told something ends it."""
        self.scope, self.base_send = scope, send
        self.channel_layer = get_channel_layer()
        self.channel_name = await self.channel_layer.new_channel()
        self._greeted = asyncio.Event()
        tasks = {asyncio.create_task(self._listen(receive)), asyncio.create_task(self._be_told())}
        try:
            done, _others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            await self.disconnect(GONE)  # again, if it left well: nobody may stay in a group
        failures = [one for one in ended if isinstance(one, Exception)]
        if done and failures:
            raise failures[0]

    async def _listen(self, receive: Callable[[], Awaitable[Any]]) -> None:
        try:
            while True:
                await self.dispatch(await receive())
                self._greeted.set()  # what comes first is the connection itself
        except StopConsumer:
            return

    async def _be_told(self) -> None:
        await self._greeted.wait()
        try:
            while True:
                message = await self.channel_layer.receive(self.channel_name)
                await getattr(self, get_handler_name(message))(message)
        except OSError:  # it left meanwhile, as it also says where it is listened to
            await asyncio.Event().wait()
