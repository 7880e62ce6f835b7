"""Time-stamp tokens (RFC 3161), asked with a hard limit on everything and checked by ourselves.

pyHanko's client does not compare the message imprint and stumbles on a wrong nonce, so a
careless or hostile authority would be believed; this one never is.
"""

from __future__ import annotations

import datetime as dt
import secrets

import aiohttp
from asn1crypto import algos, cms, core, tsp
from django.conf import settings
from django.utils import timezone
from pyhanko.sign.timestamps import TimeStamper

from signatures import clocks, tokens
from signatures.asn1 import TimeStampResponse
from signatures.breakers import Breaker
from signatures.errors import TimestampUnavailable

CONNECT_SECONDS = 3
TOTAL_SECONDS = 10
MAX_ANSWER = 64 * 1024


class BadAnswer(Exception):
    """What an authority answered is not a token for our request; the text is for the log."""


class TooBig(BadAnswer):
    """The token is good, and longer than the place kept for it."""


class ClocksApart(BadAnswer):
    """The token's hour and ours are further apart than ``clocks.TOLERANCE``: one of the two is wrong."""


_breakers: dict[str, Breaker] = {}


def forget_failures() -> None:
    """Try every authority again, however often it failed in this process."""
    _breakers.clear()


class CheckedTimeStamper(TimeStamper):
    """Asks each of ``urls`` (``settings.TIMESTAMP_URLS``) in turn until one answers well.

    Three seconds to connect, ten in all, 64 KB, no redirect. « Well » is all that our own validation
    will ask of the token: kept, a token that proves nothing would cost the signature under it.
    ``room`` is the most bytes a token may take; ``listed`` wants an authority that may stamp a sealed
    document. Raises TimestampUnavailable, NoTrustRoot.
    """

    def __init__(
        self, urls: list[str] | None = None, *, room: int = MAX_ANSWER, listed: bool = False
    ) -> None:
        super().__init__(include_nonce=True)  # type: ignore[no-untyped-call]
        self.urls = list(settings.TIMESTAMP_URLS) if urls is None else urls
        self.room, self.listed = room, listed

    def keep_to_who_answered(self) -> None:
        """Ask no other from now on: what is kept beside the token are that authority's proofs."""
        self.urls = [self._answered]

    async def async_timestamp(self, message_digest: bytes, md_algorithm: str) -> cms.ContentInfo:
        """Return a token over ``message_digest``; raises TimestampUnavailable."""
        reasons: dict[str, str] = {}
        apart = 0
        timeout = aiohttp.ClientTimeout(total=TOTAL_SECONDS, sock_connect=CONNECT_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout, trust_env=False) as session:
            for url in self.urls:
                breaker = _breakers.setdefault(url, Breaker())
                if breaker.is_open and url != self.urls[-1]:
                    reasons[url] = "left alone after repeated failures"
                    continue
                try:
                    token = await _ask(session, url, message_digest, md_algorithm)
                    await self._refuse_worthless(token, message_digest)
                except (aiohttp.ClientError, TimeoutError, OSError, BadAnswer) as error:
                    breaker.count_failure()
                    apart += isinstance(error, ClocksApart)
                    reasons[url] = f"{type(error).__name__}: {error}"[:200]
                else:
                    breaker.count_success()
                    self._answered = url
                    return token
        raise TimestampUnavailable(reasons, clocks_apart=bool(reasons) and apart == len(reasons))

    async def _refuse_worthless(self, token: cms.ContentInfo, digest: bytes) -> None:
        """Raise BadAnswer when our validation would refuse the token, or there is no room for it."""
        data = token.dump()
        if len(data) > self.room:
            raise TooBig(f"a token of {len(data)} bytes, for {self.room}")
        try:
            await tokens.judge(data, digest, timezone.now(), listed=self.listed)
        except tokens.TokenInvalid as invalid:
            raise BadAnswer(invalid.reason) from invalid


async def _ask(session: aiohttp.ClientSession, url: str, digest: bytes, algorithm: str) -> cms.ContentInfo:
    nonce = secrets.randbits(63) | 1 << 62
    imprint = {"hash_algorithm": algos.DigestAlgorithm({"algorithm": algorithm}), "hashed_message": digest}
    request = tsp.TimeStampReq(
        {
            "version": 1,
            "message_imprint": tsp.MessageImprint(imprint),
            "nonce": core.Integer(nonce),
            "cert_req": True,
        }
    )
    headers = {"Content-Type": "application/timestamp-query", "Accept": "application/timestamp-reply"}
    async with session.post(url, data=request.dump(), headers=headers, allow_redirects=False) as response:
        if response.status != 200:
            raise BadAnswer(f"HTTP {response.status}")
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > MAX_ANSWER:
                raise BadAnswer(f"more than {MAX_ANSWER} bytes")
    return check_answer(bytes(body), digest, algorithm, nonce)


def check_answer(body: bytes, digest: bytes, algorithm: str, nonce: int) -> cms.ContentInfo:
    """Return the token in the TimeStampResp ``body`` (DER) if it answers this very request.

    Compares status, content type, imprint, nonce and hour; the token's signature and its authority
    are asked next (:func:`signatures.tokens.judge`). Raises BadAnswer, ClocksApart.
    """
    try:
        response = TimeStampResponse.load(body, strict=True)
        status = response["status"]["status"].native
        if status not in ("granted", "granted_with_mods"):
            raise BadAnswer(f"status {status}")
        token = response["time_stamp_token"]
        content = token["content"]["encap_content_info"]
        if token["content_type"].native != "signed_data" or content["content_type"].native != "tst_info":
            raise BadAnswer("not a time-stamp token")
        info = content["content"].parsed
        imprint = info["message_imprint"]
        if (
            imprint["hash_algorithm"]["algorithm"].native != algorithm
            or imprint["hashed_message"].native != digest
        ):
            raise BadAnswer("wrong message imprint")
        if info["nonce"].native != nonce:
            raise BadAnswer("wrong nonce")
        if not token["content"]["certificates"]:
            raise BadAnswer("no certificate in the token")
        given, ours = info["gen_time"].native, timezone.now()
        if abs(given - ours) > clocks.TOLERANCE:
            raise ClocksApart(f"its clock says {given:%Y-%m-%dT%H:%M:%SZ}, ours {ours:%Y-%m-%dT%H:%M:%SZ}")
    except tokens.GARBAGE as error:
        raise BadAnswer(f"unreadable answer ({type(error).__name__})") from error
    return token


def generated_at(token: bytes) -> dt.datetime:
    """Return the hour that a token (DER) which was checked tells."""
    signed = cms.ContentInfo.load(token)["content"]
    moment: dt.datetime = signed["encap_content_info"]["content"].parsed["gen_time"].native
    return moment
