"""The mailbox where mails come back, read every five minutes by IMAP over TLS (RFC 9051)."""

from __future__ import annotations

import imaplib
import ssl
from typing import Any

import structlog
from django.conf import settings
from procrastinate.contrib.django import app

from workflow.notices import returns
from workflow.notices.mail import QUEUE

log = structlog.get_logger(__name__)

WITHIN = 20.0  # seconds, for each answer of the server
A_TURN = 200  # messages; the next turn takes the others
LARGEST = 512 * 1024  # bytes: a report holds headers, and at most a mail of ours


class MailboxUnread(Exception):
    """The mailbox could not be read; says how, and nothing of what the server answered."""


@app.periodic(cron="*/5 * * * *")
@app.task(
    name="workflow.read_returns", queue=QUEUE, pass_context=False, queueing_lock="returns", lock="returns"
)
def read_returns(timestamp: int) -> None:
    """Read what came back, where the installation says in which mailbox; tried again at the next turn."""
    if settings.BOUNCES is None:
        return
    try:
        read(settings.BOUNCES)
    except MailboxUnread as error:
        log.warning("returned mails were not read", how=str(error))


def read(box: Any) -> int:
    """Take each unread message of a mailbox (``config.mail.Mailbox``), then mark it read; return how many
    mails came back.

    Killed in between, it takes the message again, which changes nothing more. Raises MailboxUnread.
    """
    try:
        trusted = ssl.create_default_context()
        with imaplib.IMAP4_SSL(box.host, box.port, ssl_context=trusted, timeout=WITHIN) as server:
            server.login(box.user, box.password)
            _checked(server.select(_quoted(box.folder)))
            return sum(_take(server, number) for number in _unread(server))
    except (OSError, imaplib.IMAP4.error, UnicodeError) as error:  # the last, of an accented password
        # a server's words may quote what it was told
        raise MailboxUnread(type(error).__name__) from None


def _unread(server: imaplib.IMAP4) -> list[bytes]:
    found = _checked(server.uid("SEARCH", "UNSEEN"))
    numbers = found[0].split() if found and isinstance(found[0], bytes) else []
    return [number for number in numbers if number.isdigit()][:A_TURN]


def _take(server: imaplib.IMAP4, number: bytes) -> int:
    uid = number.decode("ascii")
    size = _checked(server.uid("FETCH", uid, "(RFC822.SIZE)"))
    count = 0
    if _size(size) <= LARGEST:
        answer = _checked(server.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)"))
        raw = next((part[1] for part in answer if isinstance(part, tuple)), b"")
        count = returns.take(raw)
    _checked(server.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
    return count


def _size(answer: list[Any]) -> int:
    words = b" ".join(part for part in answer if isinstance(part, bytes))
    said = words.partition(b"RFC822.SIZE ")[2].split(b")")[0].split()
    return int(said[0]) if said and said[0].isdigit() else LARGEST + 1


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _checked(answer: tuple[str, Any]) -> list[Any]:
    said, content = answer
    if said != "OK":
        raise imaplib.IMAP4.error(said)
    return list(content)
