"""What the authorities' own services may answer: so many bytes, in so much time, and no more.

pyHanko reads what comes to its end; a service that never stops sending would fill the memory of the
worker that signs. What it asks of an OCSP responder is written here in DER, octet for octet the same: through
a general ASN.1 library the question takes longer than reading the answer.
"""

from __future__ import annotations

import os

import aiohttp
from asn1crypto import algos, cms, ocsp, x509
from pyhanko_certvalidator.authority import Authority
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend, ocsp_client

from signatures.cms import oid, tlv

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


_NONCE = oid("1.3.6.1.5.5.7.48.1.2")
_DIGESTS = {name: oid(algos.DigestAlgorithmId.unmap(name)) for name in ("sha1", "sha256")}


def question(
    cert: x509.Certificate | cms.AttributeCertificateV2,
    authority: Authority,
    *,
    certid_hash_algo: str,
    request_nonces: bool,
) -> ocsp.OCSPRequest:
    """Return what to ask of a responder about one certificate of an authority (RFC 6960 § 4.1)."""
    of_person = isinstance(cert, x509.Certificate)
    serial = cert["tbs_certificate" if of_person else "ac_info"]["serial_number"].dump()
    asked = tlv(
        0x30,
        tlv(0x30, _DIGESTS[certid_hash_algo], b"\x05\x00"),
        tlv(0x04, getattr(authority.name, certid_hash_algo)),
        tlv(0x04, getattr(authority.public_key, certid_hash_algo)),
        serial,
    )
    extensions = b""
    if request_nonces:  # so that no answer of another day is passed off as today's
        nonce = tlv(0x04, tlv(0x04, os.urandom(16)))
        extensions = tlv(0xA2, tlv(0x30, tlv(0x30, _NONCE, nonce)))
    return ocsp.OCSPRequest.load(tlv(0x30, tlv(0x30, tlv(0x30, tlv(0x30, asked)), extensions)))


ocsp_client.format_ocsp_request = question  # type: ignore[attr-defined]
