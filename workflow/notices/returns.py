"""Mails that come back: what a mail server says of one that it could not deliver (RFC 3464).

Read by IMAP from the mailbox where they return. A mail is known by its Message-ID, or by the number in the
address that it returned to: nobody guesses them, so that a forged return says nothing of a mail that its
author was not sent, and can at most have it called « revenu ».
"""

from __future__ import annotations

import email
import re
from collections.abc import Iterable
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage, Message
from typing import cast

from workflow.notices.mail import named_at_home, settle
from workflow.notices.models import Fate, KeptMail

PARTS = 50  # of one message; beyond, it is no server's report
RECIPIENTS = 20  # of one report: our mails have one
IDENTIFIERS = 5  # that one report may name
_OURS = re.compile(r"<[^<>@\s]{1,80}@[^<>@\s]{1,110}>")
_NUMBER = re.compile(r"\b[0-9a-f]{32}\b")
_STATUS = re.compile(r"([245])\.\d{1,3}\.\d{1,3}")


@dataclass(frozen=True)
class Return:
    """What a report says: of which mails (their Message-ID), and whether nobody will try again."""

    identifiers: tuple[str, ...]
    is_for_good: bool


def understood(raw: bytes) -> Return | None:
    """Return what a message says of a mail of ours; None for anything but a delivery report.

    An answer that a machine gives for somebody absent is a mail like another: nothing is returned.
    """
    try:
        message = cast(EmailMessage, email.message_from_bytes(raw, policy=policy.compat32))
        kind = message.get_content_type(), str(message.get_param("report-type") or "").lower()
        if kind != ("multipart/report", "delivery-status"):
            return None
        return _read(message)
    except (LookupError, ValueError, TypeError, AttributeError, RecursionError):  # whatever a stranger wrote
        return None


def _read(message: Message) -> Return | None:
    identifiers: list[str] = _numbers(str(message.get("To", "")), str(message.get("Delivered-To", "")))
    failed = False
    parts = [part for part, _n in zip(message.walk(), range(PARTS), strict=False)]
    for part in parts:
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            failed = failed or _failed(_blocks(part))
        elif kind in {"message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"}:
            identifiers += _message_ids(part)
    known = tuple(dict.fromkeys(identifiers))[:IDENTIFIERS]
    return Return(known, failed) if known else None


def _blocks(part: Message) -> Iterable[Message]:
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _failed(blocks: Iterable[Message]) -> bool:
    """Whether a recipient was given up: « failed », whose status is not that of a mail that arrived.

    A 4.x.x that failed was tried for days and is not tried any more (RFC 3464, 2.3.3); a « delayed » is.
    """
    for block, _n in zip(blocks, range(RECIPIENTS), strict=False):
        action = str(block.get("Action", "")).strip().lower()
        status = _STATUS.search(str(block.get("Status", "")))
        if action == "failed" and (status is None or status[1] != "2"):
            return True
    return False


def _message_ids(part: Message) -> list[str]:
    payload = part.get_payload()
    if isinstance(payload, list):  # message/rfc822
        inner = payload[0] if payload else None
        return _OURS.findall(str(inner.get("Message-ID", ""))) if isinstance(inner, Message) else []
    decoded = part.get_payload(decode=True)
    text = decoded.decode("ascii", "replace") if isinstance(decoded, bytes) else ""
    return _OURS.findall(str(email.message_from_string(text).get("Message-ID", "")))


def _numbers(*addresses: str) -> list[str]:
    """Return the Message-IDs whose numbers the returning addresses hold (``BOUNCES_ADDRESS`` with {})."""
    found = [number for address in addresses for number in _NUMBER.findall(address)]
    return [named_at_home(f"contreseing.{number}") for number in found]


def take(raw: bytes) -> int:
    """Say « revenu » of the mails that a message returns for good; return how many; safe to do twice."""
    said = understood(raw)
    if said is None or not said.is_for_good:
        return 0
    returned = KeptMail.objects.filter(
        message_id__in=said.identifiers, fate__in=[Fate.QUEUED, Fate.HANDED_OVER]
    )
    count = 0
    for kept in returned:
        settle(kept, Fate.RETURNED)
        count += 1
    return count
