"""``./run bench [NAME …]``: run the benchmarks, each printing its table and its ratios."""

from __future__ import annotations

import importlib
import os
import sys

import django

NAMES = ("render", "pages", "draft", "sign", "verify", "flow", "live", "load", "lists", "told", "hostile")


def main(arguments: list[str]) -> int:
    """Run the named benchmarks, or all of them; what follows ``--`` goes to each."""
    names = [a for a in arguments if a in NAMES] or list(NAMES)
    if unknown := [a for a in arguments if not a.startswith("-") and not a.isdecimal() and a not in NAMES]:
        print(f"Banc inconnu : {', '.join(unknown)}. Il y a {', '.join(NAMES)}.", file=sys.stderr)
        return 2
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    os.environ.setdefault("DEMONSTRATION", "1")
    django.setup()
    options = [a for a in arguments if a not in NAMES]
    return max(int(importlib.import_module(f"bench.{name}").main(options) or 0) for name in names)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
