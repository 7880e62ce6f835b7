"""One page, one reading: what its parts ask several times is asked of the database once.

The parts of a page do not know each other, and ask the same questions: which mandates the reader
has, who pilots, what is open. While a page is read, ``asked_once`` keeps each answer. An act keeps
none: what it decides is asked under its lock (``afresh``).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import update_wrapper, wraps
from typing import Any, Generic, ParamSpec, TypeVar

P = ParamSpec("P")
Answer = TypeVar("Answer")
Row = TypeVar("Row", bound=Hashable)

_kept: ContextVar[dict[Hashable, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def reading() -> Iterator[None]:
    """Keep, for the time of a block, each answer of the functions that are ``asked_once``."""
    before = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(before)


@contextmanager
def afresh() -> Iterator[None]:
    """Keep nothing for the time of a block, even within a reading."""
    before = _kept.set(None)
    try:
        yield
    finally:
        _kept.reset(before)


def asked_once(question: Callable[P, Answer]) -> Callable[P, Answer]:
    """Ask once a reading, for each set of arguments; each time, outside of one.

    All who ask get the same object: none may change it. Arguments are compared as they hash: a
    saved row is the row of its key.
    """

    @wraps(question)
    def answer(*args: P.args, **kwargs: P.kwargs) -> Answer:
        kept = _kept.get()
        if kept is None:
            return question(*args, **kwargs)
        key = (question, args, tuple(sorted(kwargs.items())))
        if key not in kept:
            kept[key] = question(*args, **kwargs)
        found: Answer = kept[key]
        return found

    return answer


class AskedForEach(Generic[Row, Answer]):
    """A question about one row, asked for many rows at once where a page knows them all.

    It is written for many: it takes rows, and returns the answer about each. Called with one row, it
    answers about that one, once a reading; ``of`` asks for those rows alone that nobody asked about yet.
    """

    def __init__(self, question: Callable[[list[Row]], dict[Row, Answer]]) -> None:
        self._question = question
        update_wrapper(self, question)

    def __call__(self, row: Row) -> Answer:
        return self.of([row])[row]

    def of(self, rows: Iterable[Row]) -> dict[Row, Answer]:
        """Return the answer about each of these rows."""
        kept, sought = _kept.get(), list(rows)
        if kept is None:
            return self._question(sought) if sought else {}
        if missing := [row for row in sought if _key(self, row) not in kept]:
            found = self._question(missing)
            kept.update({_key(self, row): found[row] for row in missing})
        return {row: kept[_key(self, row)] for row in sought}


def asked_for_each(question: Callable[[list[Row]], dict[Row, Answer]]) -> AskedForEach[Row, Answer]:
    """Ask once a reading for each row, and for many rows at once."""
    return AskedForEach(question)


def told(question: Any, answer: Answer, *args: Hashable) -> Answer:
    """Keep the answer to a question, for whoever asks it later in the reading; return it.

    For who reads more than the question asks, in one query.
    """
    if (kept := _kept.get()) is not None:
        kept[_key(question, *args)] = answer
    return answer


def _key(question: Any, *args: Hashable) -> Hashable:
    return (question.__wrapped__, args, ())
