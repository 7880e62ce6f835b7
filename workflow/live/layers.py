"""The channel layer: the groups of one server process, in its memory."""

from __future__ import annotations

import time

from channels.layers import InMemoryChannelLayer

CAPACITY = 10_000  # messages a socket may be behind; beyond, the layer drops them without a word
GROUP_EXPIRY = 366 * 86_400  # seconds; a page left open for long goes on being told
TIDY_EVERY = 30.0  # seconds


class ProcessLayer(InMemoryChannelLayer):
    """Channels' own layer, which tidies up now and then rather than at each message received.

    Tidying goes through all sockets: at each message of each socket it cost the square of
    their number.
    """

    def __init__(self) -> None:
        super().__init__(capacity=CAPACITY, group_expiry=GROUP_EXPIRY)
        self._tidied = time.monotonic()

    def _clean_expired(self) -> None:
        if time.monotonic() - self._tidied >= TIDY_EVERY:
            self._tidied = time.monotonic()
            super()._clean_expired()
