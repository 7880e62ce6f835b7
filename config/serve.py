"""``python -m config.serve``: the processes of pages and live events, with all limits of connections."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

import uvicorn
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import limits, processes
from config.database import DatabaseUnavailable
from config.premises import of_disk
from config.protocol import PageProtocol, SocketProtocol


def configuration(**where: Any) -> uvicorn.Config:
    """Return how the pages are served; ``where`` is uvicorn's: host, port, fd, log_level."""
    return uvicorn.Config(
        "config.asgi:application",
        http=PageProtocol,
        ws=SocketProtocol,
        ws_max_size=limits.FRAME,
        ws_max_queue=4,
        ws_per_message_deflate=False,
        ws_ping_interval=limits.PING_EVERY,
        ws_ping_timeout=limits.ANSWERS_WITHIN,
        lifespan="off",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # config/proxies.py knows which proxies are ours
        limit_concurrency=limits.CONNECTIONS + 1,
        timeout_keep_alive=5,
        **where,
    )


def main(arguments: list[str]) -> int:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m config.serve", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--fd", type=int, help="sert sur cette prise déjà ouverte")
    parser.add_argument("--log-level", default="warning")
    parser.add_argument("--grace", type=int, default=10, help="secondes laissées aux demandes en cours")
    chosen = parser.parse_args(arguments)
    try:
        number = 1 if chosen.fd is not None else processes.number()
    except processes.BadNumber as error:
        print(error, file=sys.stderr)
        return 1
    if number == 1:  # only the pages share their connections; a command or a worker has its own
        os.environ.setdefault("DATABASE_POOL", str(limits.POOL))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        settings.INSTALLED_APPS  # noqa: B018 (reads the settings: what they lack is said in a sentence)
    except (ImproperlyConfigured, DatabaseUnavailable) as error:
        print(error, file=sys.stderr)
        return 1
    except OSError as error:
        if not (said := of_disk(error)):
            raise
        print(said, file=sys.stderr)
        return 1
    facts = vars(chosen)
    configured = configuration(timeout_graceful_shutdown=facts.pop("grace"), **facts)
    if number > 1:
        return processes.serve(configured, number)
    uvicorn.Server(configured).run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
