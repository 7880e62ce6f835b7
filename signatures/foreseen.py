"""The authority that is to time-stamp a document, known before it is asked.

What the authorities say of it goes into the file under its time-stamp, so before that is made. pyHanko
asks for one token to learn who answers, and for another to keep: twice the requests to a service that
may count them. Whoever made the last time-stamp of the file is foreseen here.
"""

from __future__ import annotations

from asn1crypto import cms
from pyhanko.sign.general import extract_certificate_info
from pyhanko.sign.timestamps import TimeStamper
from pyhanko.sign.timestamps.common_utils import dummy_digest

from signatures.cms import DIGEST_ALGORITHM
from signatures.errors import TimestampUnavailable
from signatures.timestamps import CheckedTimeStamper

MOST_ANSWERS = 4  # of a service whose machines have a certificate each


class Unforeseen(Exception):
    """Another authority answered, or at greater length; its ``token`` is good, and not for this revision."""

    def __init__(self, token: cms.ContentInfo) -> None:
        super().__init__("an authority that was not foreseen")
        self.token = token


class Foreseen(TimeStamper):
    """Asks ``by``, and gives on only the token of an authority that was foreseen.

    ``tokens`` are by those foreseen, the latest last; ``reserved`` is how many bytes the next may take.
    Raises Unforeseen, and what ``by`` raises.
    """

    def __init__(self, by: TimeStamper) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._by = by
        self.tokens: list[cms.SignedData] = []
        self._makers: set[bytes] = set()
        self._reserved = 0

    @property
    def reserved(self) -> int:
        """Return the place to keep: half as much again as the longest, as pyHanko does."""
        return self._reserved * 3 // 2

    async def foresee_as(self, token: cms.SignedData | None) -> None:
        """Foresee whoever made ``token``, if nobody is foreseen yet; without one, ask who would answer."""
        if self.tokens:
            return
        if token is None:
            asked = await self._by.async_timestamp(dummy_digest(DIGEST_ALGORITHM), DIGEST_ALGORITHM)
            self.foresee(asked)
        else:
            self._add(token, len(token.dump()))

    def foresee(self, token: cms.ContentInfo) -> None:
        """Foresee who just answered with ``token``; raises TimestampUnavailable if it is always another."""
        if len(self.tokens) == MOST_ANSWERS:
            raise TimestampUnavailable({"": "another certificate each time"})
        if isinstance(self._by, CheckedTimeStamper):
            self._by.keep_to_who_answered()
        self._add(token["content"], len(token.dump()))

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Return a token over ``message_digest`` by one of those foreseen; raises Unforeseen."""
        token = await self._by.async_timestamp(message_digest, md_algorithm)
        if _maker(token["content"]) not in self._makers or len(token.dump()) > self.reserved:
            raise Unforeseen(token)
        return token

    def _add(self, token: cms.SignedData, length: int) -> None:
        self.tokens.append(token)
        self._makers.add(_maker(token))
        self._reserved = max(self._reserved, length)


def _maker(token: cms.SignedData) -> bytes:
    """Return the certificate (DER) of who signed a token."""
    return bytes(extract_certificate_info(token).signer_cert.dump())
