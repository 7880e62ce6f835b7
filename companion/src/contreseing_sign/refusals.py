"""Why the program stops: a sentence for the person, and a word for the page that waits."""

from __future__ import annotations

from typing import Literal

# What the page is told, and nothing more: it never hears of a card, a module or a code.
Word = Literal[
    "declined", "mismatch", "card_absent", "certificate_absent", "pin_locked", "card_failed", "closed"
]


class Stopped(Exception):
    """The program stops; ``str`` is the sentence shown, ``word`` what the page is told."""

    word: Word = "closed"

    def __init__(self, sentence: str, word: Word | None = None) -> None:
        super().__init__(sentence)
        if word is not None:
            self.word = word


class Mismatch(Stopped):
    """What the site sent does not hold together: nothing may be signed of it."""

    word: Word = "mismatch"

    def __init__(self, what: str) -> None:
        super().__init__(
            f"Rien n’a été signé : {what}. Ne recommencez pas avant d’avoir prévenu l’administrateur du site."
        )


class BadLink(Stopped):
    """The link or the code cannot be one of ours."""


class SiteRefused(Stopped):
    """The site answered no; ``status`` is HTTP's."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class SiteAway(Stopped):
    """The site did not answer, or not as this program understands."""
