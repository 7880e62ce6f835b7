"""A person before the program: the answers that they type, in order; what was said to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from contreseing_sign.command import main
from contreseing_sign.kept import Kept
from contreseing_sign.terminal import Talk
from tests.companion import sites
from tests.companion.tokens import PIN
from tests.signatures.hsm import LIBRARY

SIGN = ["oui", "2"]  # the site is the right one; sign with the card


@dataclass
class Typed(Talk):
    """Types ``answers`` then leaves; types ``codes`` where a code is asked."""

    answers: list[str]
    codes: list[str] = field(default_factory=lambda: [PIN])
    said: list[str] = field(default_factory=list)
    before_code: Callable[[], object] = lambda: None
    when_said: dict[str, Callable[[], object]] = field(default_factory=dict)

    def say(self, *lines: str) -> None:
        """Keep what is said."""
        self.said += lines
        for line in lines:
            for words, doing in list(self.when_said.items()):
                if words in line:
                    del self.when_said[words]
                    doing()

    def ask(self, question: str) -> str:
        """Give the next answer."""
        self.said.append(question)
        return self.answers.pop(0)

    def secret(self, question: str) -> str:
        """Give the next code."""
        self.said.append(question)
        self.before_code()
        return self.codes.pop(0)

    @property
    def text(self) -> str:
        """All that was said."""
        return "\n".join(self.said)

    @property
    def code_was_asked(self) -> bool:
        """Whether a code was asked for."""
        return any("Code PIN" in line for line in self.said)


def run(talk: Typed, origin: str, folder: Path, *, code: str = sites.CODE, module: str = LIBRARY) -> int:
    """Start the program by the link of a page."""
    link = f"contreseing-sign:{origin}/{code}"
    arguments = [link, *(["--module", module] if module else [])]
    return main(arguments, talk, Kept.read(folder / "known.json"))
