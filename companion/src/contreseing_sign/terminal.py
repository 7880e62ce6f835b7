"""What is said and asked, in a terminal: plain lines, that a screen reader reads."""

from __future__ import annotations

import getpass
import textwrap
from collections.abc import Sequence
from typing import Protocol

from contreseing_sign.refusals import Stopped

WIDTH = 88
YES = {"oui", "o"}


class Talk(Protocol):
    """How the program talks with the person."""

    def say(self, *lines: str) -> None:
        """Say something, a paragraph a line."""

    def ask(self, question: str) -> str:
        """Ask for a line; raises Stopped when the person leaves."""

    def secret(self, question: str) -> str:
        """Ask for a code that is not shown; raises Stopped when the person leaves."""


class Terminal:
    """The terminal in which the program runs."""

    def say(self, *lines: str) -> None:
        """Print the lines, cut at the width that is read well."""
        for line in lines:
            for piece in textwrap.wrap(line, WIDTH, break_on_hyphens=False) or [""]:
                print(piece, flush=True)

    def ask(self, question: str) -> str:
        """Read a line."""
        try:
            return input(f"{question} ").strip()
        except (EOFError, KeyboardInterrupt):
            raise _left() from None

    def secret(self, question: str) -> str:
        """Read a code without showing it."""
        try:
            return getpass.getpass(f"{question} ")
        except (EOFError, KeyboardInterrupt):
            raise _left() from None


def agrees(talk: Talk, question: str) -> bool:
    """Ask yes or no; no answer is no."""
    return talk.ask(f"{question} (oui/non)").lower() in YES


def chosen(talk: Talk, question: str, options: Sequence[str]) -> int:
    """Have the person choose by number; returns its index. Raises Stopped when they leave."""
    for number, option in enumerate(options, 1):
        talk.say(f"  {number}. {option}")
    while True:
        answer = talk.ask(f"{question} (1 à {len(options)}, ou q pour arrêter)")
        if answer.lower() == "q":
            raise _left()
        if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(options):
            return int(answer) - 1


def _left() -> Stopped:
    return Stopped("Vous avez arrêté : rien n’a été signé.", "declined")
