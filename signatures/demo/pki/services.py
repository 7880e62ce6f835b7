"""What the demonstration's authorities answer over HTTP: CRL, OCSP, time-stamps.

A pure ASGI application: ``GET /root.cert.pem``, ``GET /ca/<authority>.cer``,
``GET /crl/<authority>.crl``, ``POST /ocsp`` (RFC 6960, also by GET), ``POST /tsa``
(RFC 3161 with ESSCertIDv2, RFC 5816).
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import secrets
import urllib.parse
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cached_property
from typing import Any

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509 import ocsp

from signatures.asn1 import TimeStampResponse
from signatures.demo.pki import issuance

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Answer = tuple[int, str, bytes]

MAX_BODY = 64 * 1024
TIMESTAMP_POLICY = f"{issuance.DEMO_POLICY}.2"
NOT_FOUND: Answer = (404, "text/plain; charset=utf-8", "Rien à cette adresse.\n".encode())
BAD_REQUEST: Answer = (400, "text/plain; charset=utf-8", "Requête illisible.\n".encode())


class Authorities:
    """The keys of ``settings.PKI_DIR`` at work; ``clock`` tells the time (UTC) that they write."""

    def __init__(self, clock: Callable[[], dt.datetime] | None = None) -> None:
        self._clock = clock or (lambda: dt.datetime.now(dt.UTC))

    @cached_property
    def root(self) -> tuple[x509.Certificate, issuance.PrivateKey]:
        return issuance.load_authority("root")

    @cached_property
    def issuing(self) -> tuple[x509.Certificate, issuance.PrivateKey]:
        return issuance.load_authority("issuing")

    @cached_property
    def responder(self) -> tuple[x509.Certificate, issuance.PrivateKey]:
        return issuance.load_authority("ocsp")

    @cached_property
    def tsa(self) -> tuple[asn1_x509.Certificate, rsa.RSAPrivateKey]:
        certificate, key = issuance.load_authority("tsa")
        if not isinstance(key, rsa.RSAPrivateKey):
            raise TypeError("the time-stamping key is RSA")
        return asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER)), key

    def certificate(self, name: str) -> bytes | None:
        """Return the DER certificate of the root or of the issuing authority, else None."""
        known = {"root": self.root, "issuing": self.issuing}
        return known[name][0].public_bytes(serialization.Encoding.DER) if name in known else None

    def revocation_list(self, name: str) -> bytes | None:
        """Return the CRL (DER) that the root or the issuing authority signs now, else None."""
        known = {"root": self.root, "issuing": self.issuing}
        if name not in known:
            return None
        certificate, key = known[name]
        now = self._now()
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(certificate.subject)
            .last_update(now - dt.timedelta(minutes=1))
            .next_update(now + dt.timedelta(days=90 if name == "root" else 7))
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False
            )
            .add_extension(x509.CRLNumber(int(now.timestamp())), critical=False)
        )
        for serial, when in issuance.read_revoked().items() if name == "issuing" else ():
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(when)
            reason = x509.CRLReason(x509.ReasonFlags.key_compromise)
            builder = builder.add_revoked_certificate(entry.add_extension(reason, critical=False).build())
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def ocsp_answer(self, body: bytes) -> bytes:
        """Answer an OCSP request (DER) about one certificate of the issuing authority."""
        request = ocsp.load_der_ocsp_request(body)
        now = self._now()
        when = issuance.read_revoked().get(request.serial_number)
        status = ocsp.OCSPCertStatus.GOOD
        if when is not None:
            status = ocsp.OCSPCertStatus.REVOKED
        elif not issuance.issued(request.serial_number):
            status = ocsp.OCSPCertStatus.UNKNOWN
        certificate, key = self.responder
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response_by_hash(
                issuer_name_hash=request.issuer_name_hash,
                issuer_key_hash=request.issuer_key_hash,
                serial_number=request.serial_number,
                algorithm=request.hash_algorithm,
                cert_status=status,
                this_update=now - dt.timedelta(seconds=60),
                next_update=now + dt.timedelta(days=1),
                revocation_time=when,
                revocation_reason=x509.ReasonFlags.key_compromise if when else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, certificate)
            .certificates([certificate])
        )
        for extension in request.extensions:
            if isinstance(extension.value, x509.OCSPNonce):
                builder = builder.add_extension(extension.value, critical=False)
        return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)

    def timestamp_answer(self, body: bytes) -> bytes:
        """Answer a time-stamp request (DER, SHA-256 to SHA-512)."""
        request = tsp.TimeStampReq.load(body, strict=True)
        imprint = request["message_imprint"]
        if imprint["hash_algorithm"]["algorithm"].native not in ("sha256", "sha384", "sha512"):
            refusal = {"status": "rejection", "fail_info": {"bad_alg"}}
            return bytes(TimeStampResponse({"status": refusal}).dump())
        token = self._token(self._tst_info(request), with_certificates=bool(request["cert_req"].native))
        return bytes(TimeStampResponse({"status": {"status": "granted"}, "time_stamp_token": token}).dump())

    def _tst_info(self, request: tsp.TimeStampReq) -> bytes:
        certificate, _key = self.tsa
        info = {
            "version": "v1",
            "policy": TIMESTAMP_POLICY,
            "message_imprint": request["message_imprint"],
            "serial_number": secrets.randbits(63),
            "gen_time": self._now(),
            "accuracy": {"seconds": 1},
            "tsa": asn1_x509.GeneralName(name="directory_name", value=certificate.subject),
        }
        if request["nonce"].native is not None:
            info["nonce"] = request["nonce"]
        return bytes(tsp.TSTInfo(info).dump())

    def _token(self, info: bytes, *, with_certificates: bool) -> cms.ContentInfo:
        certificate, key = self.tsa
        identifier = tsp.ESSCertIDv2(
            {
                "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
                "cert_hash": hashlib.sha256(certificate.dump()).digest(),
            }
        )
        signed = cms.CMSAttributes(
            [
                _attribute("content_type", "tst_info"),
                _attribute("signing_time", cms.Time({"utc_time": self._now()})),
                _attribute("signing_certificate_v2", tsp.SigningCertificateV2({"certs": [identifier]})),
                _attribute("message_digest", hashlib.sha256(info).digest()),
            ]
        )
        serial = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier({"issuer_and_serial_number": cms.IssuerAndSerialNumber(serial)}),
                "digest_algorithm": {"algorithm": "sha256"},
                "signature_algorithm": {"algorithm": "sha256_rsa"},
                "signed_attrs": signed,
                "signature": key.sign(signed.untag().dump(force=True), padding.PKCS1v15(), hashes.SHA256()),
            }
        )
        data = {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
            "signer_infos": [signer],
        }
        if with_certificates:
            issuing = self.issuing[0].public_bytes(serialization.Encoding.DER)
            data["certificates"] = [certificate, asn1_x509.Certificate.load(issuing)]
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(data)})

    def _now(self) -> dt.datetime:
        return self._clock().replace(microsecond=0)


def _attribute(kind: str, value: object) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": kind, "values": (value,)})


class Services:
    """The ASGI application over ``authorities``."""

    def __init__(self, authorities: Authorities | None = None) -> None:
        self.authorities = authorities or Authorities()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        body = await _read(receive)
        status, content_type, answer = self._answer(scope["method"], scope["path"], body)
        headers = [
            (b"content-type", content_type.encode()),
            (b"content-length", str(len(answer)).encode()),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer})

    def _answer(self, method: str, path: str, body: bytes | None) -> Answer:
        if body is None:
            return BAD_REQUEST
        try:
            if method == "POST":
                return self._answer_post(path, body)
            if method in {"GET", "HEAD"}:
                return self._answer_get(path)
        except (ValueError, TypeError, binascii.Error):  # what the ASN.1 parsers raise on garbage
            return BAD_REQUEST
        return NOT_FOUND

    def _answer_post(self, path: str, body: bytes) -> Answer:
        if path == "/ocsp":
            return 200, "application/ocsp-response", self.authorities.ocsp_answer(body)
        if path == "/tsa":
            return 200, "application/timestamp-reply", self.authorities.timestamp_answer(body)
        return NOT_FOUND

    def _answer_get(self, path: str) -> Answer:
        folder, _slash, name = path.removeprefix("/").partition("/")
        found: bytes | None = None
        content_type = "application/pkix-cert"
        if path == "/root.cert.pem":
            found = self.authorities.root[0].public_bytes(serialization.Encoding.PEM)
            content_type = "application/x-pem-file"
        elif folder == "ca":
            found = self.authorities.certificate(name.removesuffix(".cer"))
        elif folder == "crl":
            found, content_type = (
                self.authorities.revocation_list(name.removesuffix(".crl")),
                "application/pkix-crl",
            )
        elif folder == "ocsp" and name:
            found = self.authorities.ocsp_answer(base64.b64decode(urllib.parse.unquote(name), validate=True))
            content_type = "application/ocsp-response"
        return NOT_FOUND if found is None else (200, content_type, found)


async def _read(receive: Receive) -> bytes | None:
    """Return the whole body, or None when it is longer than MAX_BODY."""
    body = b""
    while True:
        message = await receive()
        body += bytes(message.get("body", b""))
        if len(body) > MAX_BODY or message["type"] == "http.disconnect":
            return None
        if not message.get("more_body"):
            return body
