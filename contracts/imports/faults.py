"""Why a document is not read: a code for each reason; its French sentence is in :mod:`sentences`."""

from __future__ import annotations


class Unreadable(Exception):
    """The document is refused; ``code`` says why, ``what`` names what is at fault in it, if anything does."""

    def __init__(self, code: str, what: str = "") -> None:
        super().__init__(code)
        self.code, self.what = code, what[:80]
