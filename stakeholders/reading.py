"""One page, one reading: what its parts ask several times is asked of the database once.

The parts of a page do not know each other, and ask the same questions: which mandates the reader
has, who pilots, what is open. While a page is read, ``asked_once`` keeps each answer. An act keeps
none: what it decides is asked under its lock (``afresh``).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
Answer = TypeVar("Answer")

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
