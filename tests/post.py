"""A mail server of the tests' own: it keeps what it receives, and refuses whom it is told to refuse."""

from __future__ import annotations

import email
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message

from aiosmtpd.controller import Controller
from django.test import override_settings

from config.mail import transport_from_url
from config.run import free_port

BREAK_OFF = ""  # instead of an answer: the connection ends


class Post:
    """What was received, and the answers to those who are refused: by address, « 550 no such mailbox ».

    ``at_mail`` and ``at_data`` are the next answers to a sender and to a whole mail, which was received then;
    ``taken`` is called when one was, before it is answered.
    """

    def __init__(self) -> None:
        self.url = ""
        self.at_mail: list[str] = []
        self.at_data: list[str] = []
        self.taken: Callable[[], None] = lambda: None
        self.breaks_at_the_end = False
        self.received: list[tuple[list[str], Message]] = []
        self.refused: dict[str, str] = {}
        self.asked: list[str] = []
        self.senders: list[str] = []
        self.arrived = threading.Condition()

    async def handle_RCPT(  # noqa: N802 (named by aiosmtpd)
        self, server: object, session: object, envelope: object, address: str, options: object
    ) -> str:
        """Take a recipient, or refuse them."""
        self.asked.append(address)
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)  # type: ignore[attr-defined]
        return "250 OK"

    async def handle_MAIL(  # noqa: N802 (named by aiosmtpd)
        self, server: object, session: object, envelope: object, address: str, options: list[str]
    ) -> str:
        """Take a sender, or refuse them."""
        self.senders.append(address)
        answer = self.at_mail.pop(0) if self.at_mail else "250 OK"
        if answer.startswith("250"):
            envelope.mail_from = address  # type: ignore[attr-defined]
            envelope.mail_options.extend(options)  # type: ignore[attr-defined]
        return answer

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
        """Keep a message (named by aiosmtpd)."""
        content, recipients = envelope.content, envelope.rcpt_tos  # type: ignore[attr-defined]
        with self.arrived:
            self.received.append((recipients, email.message_from_bytes(content)))
            self.arrived.notify_all()
        self.taken()
        answer = self.at_data.pop(0) if self.at_data else "250 OK"
        if answer == BREAK_OFF:
            server.transport.abort()  # type: ignore[attr-defined]
        return answer or "250 OK"

    async def handle_QUIT(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
        """End, well or not."""
        if self.breaks_at_the_end:
            server.transport.abort()  # type: ignore[attr-defined]
        return "221 Bye"

    def to(self, address: str) -> list[Message]:
        """Return the mails that an address received so far, in their order."""
        return [message for recipients, message in self.received if address in recipients]

    def wait_for(self, address: str, number: int, seconds: float = 20) -> list[Message]:
        """Return the mails of an address once there are ``number`` of them; AssertionError after a while."""
        with self.arrived:
            came = self.arrived.wait_for(lambda: len(self.to(address)) >= number, seconds)
        assert came, f"{address} has {len(self.to(address))} mails, not {number}"
        return self.to(address)


def words(message: Message) -> str:
    """Return the text of a mail, whether it has another form too."""
    part = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode(part.get_content_charset() or "utf-8")


@contextmanager
def mail_server() -> Iterator[Post]:
    """Run a mail server on a free port; the worker's transport points at it meanwhile."""
    kept = Post()
    port = free_port()
    controller = Controller(kept, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        kept.url = f"smtp://127.0.0.1:{port}"
        with override_settings(MAIL_TRANSPORT=transport_from_url(kept.url)):
            yield kept
    finally:
        controller.stop()
