"""Mail on connections that end: a server that says one word at a time could hold the worker for ever."""

from __future__ import annotations

import os
import smtplib
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.core.mail.backends import filebased, smtp

WITHIN = 30.0  # seconds, for a connection from its first byte to its last


class _Bounded(smtplib.SMTP):
    """A connection that is cut after WITHIN, whatever it then waits for."""

    _timer: threading.Timer | None = None

    def _get_socket(self, host: str, port: int, timeout: float) -> Any:
        opened: socket.socket = super()._get_socket(host, port, timeout)  # type: ignore[misc]
        self._line = opened.dup()  # TLS takes the socket itself over
        self._timer = threading.Timer(WITHIN, _cut, [self._line])
        self._timer.daemon = True
        self._timer.start()
        return opened

    def close(self) -> None:
        """Close, and forget the deadline."""
        if self._timer is not None:
            self._timer.cancel()
            self._line.close()
        super().close()


class _BoundedTls(smtplib.SMTP_SSL, _Bounded):
    """The same, with TLS from the start."""


class BoundedBackend(smtp.EmailBackend):
    """Django's own, on such connections."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        """Return what opens a connection."""
        return _BoundedTls if self.use_ssl else _Bounded


class FolderBackend(filebased.EmailBackend):
    """Django's own, whose files are named in their order: a disk dates many of one moment alike."""

    _fname: str | None

    def _get_filename(self) -> str:
        if self._fname is None:
            seconds, rest = divmod(time.time_ns(), 10**9)
            moment = time.strftime("%Y%m%d-%H%M%S", time.gmtime(seconds))
            self._fname = str(Path(self.file_path, f"{moment}-{rest:09d}-{os.getpid()}.log"))
        return self._fname


def _cut(connection: socket.socket) -> None:
    """Have whoever waits on the connection find it ended."""
    with suppress(OSError):  # it had ended
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
