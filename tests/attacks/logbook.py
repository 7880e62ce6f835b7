"""The log as an operator reads it: our own handlers and formatter, at DEBUG, into memory."""

from __future__ import annotations

import copy
import io
import logging
import logging.config
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings


@contextmanager
def kept() -> Iterator[io.StringIO]:
    """Have everything logged go through the settings' handlers, root at DEBUG, into the text yielded."""
    text, root = io.StringIO(), logging.getLogger()
    before, level = list(root.handlers), root.level
    told: dict[str, Any] = copy.deepcopy(settings.LOGGING)
    told["root"]["level"] = "DEBUG"
    for handler in told["handlers"].values():
        handler["stream"] = text
    logging.config.dictConfig(told)
    try:
        yield text
    finally:
        logging.config.dictConfig(settings.LOGGING)
        root.handlers[:], root.level = before, level
