"""What a page's socket does with what is pushed: takes what its reader is shown, and sends what changed."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token

from stakeholders.models import User
from workflow.live import pushing
from workflow.live.listening import ListeningSocket
from workflow.live.pushing import Made, Reader

FORBIDDEN = 4403


class PushedPage(ListeningSocket):
    """A page that is pushed what moves; ``reader`` is None for one that has to fetch it."""

    reader: Reader | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shows: dict[str, int] = {}  # the digest of each part that was pushed
        self._forms = HttpRequest()

    def be_pushed(self, user: User, contract: int | None, after: int | None) -> None:
        """Be among the pages that are pushed: all but those of a guest, whose session opens less.

        ``after`` is None for a page that has no places for the parts of its contract. The forms of the parts
        bear a token of the page's own, made of its cookie as for a page that is fetched.
        """
        self._forms.COOKIES = self.scope.get("cookies", {})
        CsrfViewMiddleware(lambda _request: HttpResponse()).process_request(self._forms)
        if user.only_mandates is None and "CSRF_COOKIE" in self._forms.META:
            shown = (None, 0) if after is None else (contract, after)
            self.reader = pushing.here().pages[self] = Reader(user.pk, self.language, *shown)

    def leave(self) -> None:
        """Be pushed nothing more."""
        pushing.here().pages.pop(self, None)

    @property
    def language(self) -> str:
        """The language that the reader chose, as for the pages (``ChosenLanguageMiddleware``)."""
        chosen = self.scope.get("cookies", {}).get(settings.LANGUAGE_COOKIE_NAME, "")
        return chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

    async def send_text(self, text: str) -> None:
        """Tell the page what was already written as JSON."""
        await self.send(text_data=text)

    async def parts_told(self, message: dict[str, Any]) -> None:
        """Send what this page does not show yet: parts of the contract, the diagram, the tray's counter."""
        made: Made = message["made"]
        if self.reader is None:
            return
        shown, tray = made.shown.get(self.reader), made.trays.get(self.reader.own)
        if shown is not None and self.reader.person not in made.allowed:
            await self.close(FORBIDDEN)
        elif shown is not None or tray is not None:
            digests = {name: hash(part) for name, part in shown.parts.items()} if shown else {}
            moved = frozenset(name for name, digest in digests.items() if self._shows.get(name) != digest)
            self._shows |= digests
            text = _written(message, self.reader, moved)
            if pushing.TOKEN in text:
                text = text.replace(pushing.TOKEN, get_token(self._forms))
            await self.send_text(text)


def _written(message: dict[str, Any], reader: Reader, moved: frozenset[str]) -> str:
    """Return what the page receives, as JSON; written once for all the pages that are sent the same."""
    made: Made = message["made"]
    shown = made.shown.get(reader)
    key = (reader if shown else reader.own, moved)
    if key not in message["written"]:
        told = {"kind": "pushed", "until": message["until"], "contract": message["contract"]}
        if shown is None:
            told |= {"tray": made.trays[reader.own]}
        else:
            parts = {name: shown.parts[name] for name in shown.parts if name in moved}
            told |= {"tag": shown.tag, "parts": parts, "steps": shown.steps}
        message["written"][key] = json.dumps(told)
    written: str = message["written"][key]
    return written
