"""What the authorities' own services may answer: so many bytes, in so much time, and no more.

pyHanko reads what comes to its end; a service that never stops sending would fill the memory of the
worker that signs.
"""

from __future__ import annotations

import aiohttp
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend

CONNECT_SECONDS = 3
EACH_SECONDS = 10  # one answer, to its last byte
ALL_SECONDS = 60  # every answer that one validation takes, and the time-stamp of a seal
MAX_STATUS = 64 * 1024  # what an OCSP responder says of one certificate, with its own
MAX_LIST = 16 * 1024 * 1024  # a CRL of a large authority holds some 400,000 certificates


class BoundedResponse(aiohttp.ClientResponse):
    """An answer that is read up to its limit: short to a question (POST), longer for a list (GET)."""

    async def read(self) -> bytes:
        """Return the whole body; raises ClientPayloadError when it is too long, or too slow to come."""
        if self._body is None:
            most = MAX_STATUS if self.method == "POST" else MAX_LIST
            body = bytearray()
            try:
                async for chunk in self.content.iter_any():
                    body += chunk
                    if len(body) > most:
                        raise aiohttp.ClientPayloadError(f"more than {most} bytes")
            except TimeoutError as error:
                self.close()
                raise aiohttp.ClientPayloadError(f"more than {EACH_SECONDS} s") from error
            except BaseException:
                self.close()
                raise
            self._body = bytes(body)
        return await super().read()


def session() -> aiohttp.ClientSession:
    """Return a session that asks in the clear, unpacks nothing and reads no more than its limits."""
    return aiohttp.ClientSession(
        timeout=aiohttp.ClientTimeout(total=EACH_SECONDS, sock_connect=CONNECT_SECONDS),
        response_class=BoundedResponse,
        auto_decompress=False,  # a few bytes would become millions before they could be counted
        headers={"Accept-Encoding": "identity"},
        trust_env=False,
    )


def backend(within: aiohttp.ClientSession) -> AIOHttpFetcherBackend:
    """Return what pyHanko fetches with, in a session of :func:`session`."""
    return AIOHttpFetcherBackend(within, per_request_timeout=EACH_SECONDS)
