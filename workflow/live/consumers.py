"""The websocket: tells an open page what has just happened, to those who may know.

A page joins its person's group and, on a contract's page, that contract's; it says which
event it saw last and first receives what it missed. Each event says who may read it
today: a socket whose person is not among them is closed, and so is one whose session ended.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs

from channels.db import database_sync_to_async

from stakeholders.models import User
from stakeholders.sessions import limit, mark_of, seconds_left_to
from workflow.live import open_pages, relay
from workflow.live.missed import MISSED_AT_MOST, missed, number, told
from workflow.live.pushed_page import FORBIDDEN, PushedPage
from workflow.record import events
from workflow.tasks.access import contracts_of

UNAUTHENTICATED, TOO_MANY_PAGES, SPOKE, FULL = 4401, 4429, 1008, 1013
SPOKEN_AT_MOST = 20  # messages; pages only listen


def _number(query: dict[str, list[str]], name: str) -> int | None:
    return number(query.get(name, [""])[0])


class LiveConsumer(PushedPage):
    """One open page.

    Close codes: 4401 log in, 4403 the right was withdrawn, 4429 more recent pages of the same
    person took its place, 1013 come back later, 1008 a page does not speak.
    """

    contract_id: int | None = None
    last = 0
    spoken = 0
    mark = ""
    closed = False
    clock: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Accept first, so that the page can read the close code; then join and catch up."""
        await self.accept()
        user: User = self.scope["user"]
        if not user.is_authenticated or not user.is_active:
            await self.close(UNAUTHENTICATED)
            return
        if not await open_pages.enter(self, user.pk):
            await self.close(FULL)
            return
        await database_sync_to_async(limit)(user, self.scope["session"])
        self.mark = await database_sync_to_async(mark_of)(self.scope["session"])
        self.clock = asyncio.create_task(self._end_with_the_session())
        await relay.ensure_running()
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        self.contract_id = _number(query, "contract")
        if self.contract_id is not None and not await self._may_see(user):
            await self.close(FORBIDDEN)
            return
        await self.channel_layer.group_add(self._group(), self.channel_name)
        if self.contract_id is not None:
            await self.channel_layer.group_add(f"user.{user.pk}", self.channel_name)
        self.be_pushed(user, self.contract_id, _number(query, "depuis"))
        await self._catch_up(_number(query, "after"))

    async def close(self, code: int | bool | None = None, reason: str | None = None) -> None:
        """Close once: what is said to a socket that we closed goes nowhere, and is no fault."""
        if not self.closed:
            self.closed = True
            await super().close(code, reason)

    async def send_json(self, content: Any, close: bool = False) -> None:
        """Tell the page, unless we closed its socket meanwhile (while it was greeted, say)."""
        if not self.closed:
            await super().send_json(content, close)

    async def send_text(self, text: str) -> None:
        """Tell the page what was already written as JSON, unless we closed its socket meanwhile."""
        if not self.closed:
            await self.send(text_data=text)

    async def disconnect(self, code: int) -> None:
        """Leave the groups."""
        user = self.scope["user"]
        open_pages.leave(self)
        self.leave()
        if self.clock is not None:
            self.clock.cancel()
        await self.channel_layer.group_discard(self._group(), self.channel_name)
        if self.contract_id is not None and user.is_authenticated:
            await self.channel_layer.group_discard(f"user.{user.pk}", self.channel_name)

    async def receive(
        self, text_data: str | None = None, bytes_data: bytes | None = None, **kwargs: Any
    ) -> None:
        """Pages only listen: what they send is not even read, and who goes on is cut."""
        self.spoken += 1
        if self.spoken > SPOKEN_AT_MOST:
            await self.close(SPOKE)

    async def give_way(self) -> None:
        """Close, for a more recent page of the same person."""
        await self.close(TOO_MANY_PAGES)

    async def event_told(self, message: dict[str, Any]) -> None:
        """Pass an event on, unless it was seen, or its reader may no longer read."""
        if message["kind"] == "session_ended":
            ended, kept = (message["payload"].get(name) for name in ("session", "all_but"))
            if ended == self.mark or (kept is not None and kept != self.mark):
                await self.close(UNAUTHENTICATED)
            return
        if self.scope["user"].pk not in message["readers"]:
            await self.close(FORBIDDEN)
            return
        if message["kind"] == "rights_changed" and not await self._still_entitled():
            await self.close(FORBIDDEN)
            return
        if self.scope["user"].only_mandates is not None and not await self._is_let_hear(message):
            return
        if message["event"] > self.last:
            self.last = message["event"]
            await self.send_text(self._written(message))

    async def _end_with_the_session(self) -> None:
        """Close once the session has waited too long for its owner: a page that only listens is nobody."""
        user, key = self.scope["user"], self.scope["session"].session_key
        while (left := await database_sync_to_async(seconds_left_to)(user, self.mark, key)) > 0:
            await asyncio.sleep(left)
        await self.close(UNAUTHENTICATED)

    def _group(self) -> str:
        return (
            f"contract.{self.contract_id}"
            if self.contract_id is not None
            else f"user.{self.scope['user'].pk}"
        )

    def _written(self, message: dict[str, Any]) -> str:
        """Return what the page receives, as JSON; written once for all the pages of one kind."""
        language, is_mine = self.language, message.get("actor") == self.scope["user"].pk
        written: dict[tuple[str, bool], str] = message["written"]
        if (language, is_mine) not in written:
            written[language, is_mine] = json.dumps(told(message, language, is_mine=is_mine))
        return written[language, is_mine]

    async def _catch_up(self, after: int | None) -> None:
        """Send what the page missed since the event it names, then say where it stands.

        The groups were joined before: what commits during the query waits its turn in the
        channel and is dropped there only if the query saw it.
        """
        if after is None:
            self.last = await database_sync_to_async(events.last_identifier)()
        else:
            self.last = after
            missed = await self._missed(after)
            if len(missed) > MISSED_AT_MOST:
                await self.send_json({"kind": "reload"})
            for message in missed[:MISSED_AT_MOST]:
                await self.event_told(message)
        await self.send_json({"kind": "hello", "last": self.last, "pushed": self.reader is not None})

    @database_sync_to_async
    def _missed(self, after: int) -> list[dict[str, Any]]:
        return missed(self.scope["user"], self.contract_id, after, MISSED_AT_MOST + 1)

    @database_sync_to_async
    def _may_see(self, user: User) -> bool:
        return self.contract_id is not None and contracts_of(user).filter(pk=self.contract_id).exists()

    @database_sync_to_async
    def _is_let_hear(self, message: dict[str, Any]) -> bool:
        """Whether the session opens what the event is about: a guest's opens one contract."""
        user: User = self.scope["user"]
        if message["kind"] == "rights_changed":
            return True
        return contracts_of(user).filter(pk=message.get("contract") or 0).exists()

    async def _still_entitled(self) -> bool:
        user = await User.objects.aget(pk=self.scope["user"].pk)
        user.only_mandates = self.scope["user"].only_mandates
        return user.is_active and (self.contract_id is None or await self._may_see(user))
