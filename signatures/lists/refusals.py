"""Why a list is not accepted: what is written down, and worded later (``sentences.refusal``)."""

from __future__ import annotations

OF_A_PIVOT = "pivot_"  # begins the code of what is wrong with a pivot, the rest is that of a list


class ListRefused(Exception):
    """A list that is not accepted; ``code`` says why, ``facts`` what goes with it."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code, self.facts = code, facts
