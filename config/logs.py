"""What the log keeps, and what it never does: a path, a job's arguments, a row, a password.

Three nets, one behind the other: the filters take out of a record what its library should not
have put there; :func:`exceptions` prints a stack without the rows and letters that some errors
quote; :class:`Line` blots, in the finished line, whatever still looks like a secret or is one of
this installation's own.
"""

from __future__ import annotations

import logging
import re
import smtplib
import sys
import traceback
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import structlog
from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest

from config import routes

BLOT = "[…]"
SHORTEST = 8  # characters: blotting a shorter password would blot words
LONGEST = 2_000  # characters of an exception's own words
# « workflow.send_mail[12](to='…') », as procrastinate names a job: what is between the parentheses
CALL = re.compile(r"([\w.]+\[\w+\])\(.*\)(?= ended with status|, |$)", re.DOTALL)
LOOKS_SECRET = [
    (re.compile(pattern), rf"\1{BLOT}")
    for pattern in (
        r"(/(?:avis-demandes|invitations|calendriers|reset/key|confirm-email)/)[^\s/'\"\\]+",
        r"((?:https?://|/)[^\s?'\"]*\?)[^\s'\"]+",  # any query
        r"(#)[\w:-]{20,}",  # a fragment
        r"(\b(?:__Host-|__Secure-)?(?:contreseing|sessionid|csrftoken)=)[^\s;,'\"]+",
        r"(\b(?:Bearer|Basic) )[\w.~+/=-]+",
        r"(://[^\s:/@'\"]*:)[^\s@'\"]+(?=@)",
    )
]


class FailuresOnly(logging.Filter):
    """Keep warnings, and whatever carries an exception: the job queue tells a retry at INFO."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is kept."""
        return record.levelno >= logging.WARNING or bool(record.exc_info and record.exc_info[0])


class Discreet(logging.Filter):
    """Takes the arguments of jobs, the paths of requests and the frames of sockets out of records."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Alter the record in place; drop those that are nothing but secrets."""
        if record.name.startswith("procrastinate"):
            _without_arguments(record)
        elif record.name == "asyncio" and isinstance(record.msg, str):
            # after the first line come the reprs of what was at hand, tasks and exceptions
            record.msg, record.args = record.getMessage().split("\n", 1)[0], None
        elif isinstance(request := getattr(record, "request", None), HttpRequest):
            _without_path(record, request)
        return not (record.name.startswith(("uvicorn", "websockets")) and record.levelno < logging.INFO)


def _without_arguments(record: logging.LogRecord) -> None:
    if isinstance(record.msg, str):
        record.msg, record.args = CALL.sub(r"\1", record.getMessage()).split(" - Result:")[0], None
    for name in ("job", "jobs", "result", "task_kwargs"):
        record.__dict__.pop(name, None)


def _without_path(record: logging.LogRecord, request: HttpRequest) -> None:
    name = routes.named(request)
    if isinstance(record.msg, str):
        message = record.getMessage()
        for path in sorted({request.get_full_path(), request.path, request.path_info}, key=len, reverse=True):
            if path != "/":
                message = message.replace(path, name)
        record.msg, record.args = message, None
    del record.__dict__["request"]


def exceptions(_logger: Any, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Replace ``exc_info`` by the stack, each exception in words that quote no row and no letter."""
    given = event.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    error = given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        event["exception"] = "\n".join(_stack(error, set()))
    return event


def _stack(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _stack(before, seen)
        yield "…"
    yield "Traceback (most recent call last):"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno}, in {frame.name}: {frame.line}"
    yield f"{type(error).__module__}.{type(error).__qualname__}: {words_of(error)}"
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _stack(each, seen)


def words_of(error: BaseException) -> str:
    """Return what an exception says, without what some of them quote.

    PostgreSQL's DETAIL holds the refused row; a mail server's answers hold addresses, and may
    hold the letter.
    """
    if isinstance(error, DatabaseError) and isinstance(error.__cause__, psycopg.Error):
        return words_of(error.__cause__)
    if isinstance(error, psycopg.Error) and error.diag.message_primary:
        return error.diag.message_primary
    if isinstance(error, smtplib.SMTPResponseException):
        return str(error.smtp_code)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return BLOT
    return str(error)[:LONGEST]


class Line:
    """Renders a record as one line, and blots what is or looks like a secret."""

    def __init__(self) -> None:
        self._render = structlog.processors.KeyValueRenderer(
            key_order=["timestamp", "level", "logger", "event"]
        )
        self._own: re.Pattern[str] | None = None

    def __call__(self, logger: Any, method: str, event: structlog.types.EventDict) -> str:
        return self.blotted(str(self._render(logger, method, event)))

    def blotted(self, line: str) -> str:
        """Return the line without this installation's secrets, nor anything of a secret's shape."""
        if self._own is None:
            self._own = re.compile("|".join(sorted(_own_secrets(), key=len, reverse=True)) or r"(?!)")
        line = self._own.sub(BLOT, line)
        for shape, instead in LOOKS_SECRET:
            line = shape.sub(instead, line)
        return line


def _own_secrets() -> set[str]:
    """Return the patterns of the secrets that this process was given."""
    given: list[Any] = [
        settings.SECRET_KEY,
        *settings.SECRET_KEY_FALLBACKS,
        settings.PKI_PASSPHRASE,
        settings.METRICS_TOKEN,
    ]
    given += [database.get("PASSWORD") for database in settings.DATABASES.values()]
    given += [getattr(settings.BOUNCES, "password", None)]
    given += [settings.MAIL_TRANSPORT.get("password"), urlsplit(settings.REDIS_URL or "").password]
    given += [
        app.get("secret")
        for provider in settings.SOCIALACCOUNT_PROVIDERS.values()
        for app in provider.get("APPS", [])
    ]
    known = {str(secret) for secret in given if secret and len(str(secret)) >= SHORTEST}
    return {re.escape(form) for secret in known for form in (secret, repr(secret)[1:-1])}
