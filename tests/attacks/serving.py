"""The application behind its limits, served in this process for whoever attacks it with real sockets."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

from config import serve


@contextmanager
def door(told: logging.Handler | None = None) -> Iterator[str]:
    """Serve the application in this process, by the server and the protocols of ``config.serve``.

    What goes wrong in the server itself is ``told``; it logs nothing else than that, and not elsewhere.
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    server = uvicorn.Server(serve.configuration(log_level="error" if told else "critical"))
    errors = logging.getLogger("uvicorn.error")
    if told:
        errors.addHandler(told)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
        if told:
            errors.removeHandler(told)
