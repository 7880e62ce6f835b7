"""Says to mypy what tests/demonstration.py says to pytest, before its Django plugin reads the settings."""

import os

from mypy.plugin import Plugin

os.environ.setdefault("DEMONSTRATION", "1")


def plugin(version: str) -> type[Plugin]:
    """Return a plugin that does nothing (named by mypy)."""
    return Plugin
