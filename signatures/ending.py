"""The certificates of the installation that end one day as people's do: its seal's, its time-stamping's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from asn1crypto import cms
from django.conf import settings
from django.db.models import F
from pyhanko.sign.general import CMSExtractionError, extract_certificate_info

from signatures import seals
from signatures.backends import SigningCertificate, certificate_in, certificate_of
from signatures.brought import token_in
from signatures.errors import SignatureError
from signatures.models import EnrolledKey, SignatureRequest
from signatures.tokens import GARBAGE

Use = Literal["seal", "timestamp"]
LOOKED_AT = 50  # signatures, the last ones: each of the authorities that answer in turn is among them


def last_seen() -> Iterator[tuple[Use, SigningCertificate]]:
    """Yield the certificate of the seal, then those of the time-stamping authorities, as last seen.

    Neither a module nor an authority is asked. What cannot be read is left out: its use says so.
    """
    found = _seal()
    if found is not None:
        yield "seal", found
    for one in _time_stamping():
        yield "timestamp", one


def _seal() -> SigningCertificate | None:
    """Return the certificate of SEAL_CERTIFICATES, else the last that the module showed."""
    if not settings.SEAL.get("module"):
        return None
    try:
        chain = seals.certificates()
        if chain:
            return certificate_of(chain[0], tuple(chain[1:]))
        rows = EnrolledKey.objects.filter(owner=None, means="pkcs11", ended_at=None)
        last = rows.order_by(F("last_used_at").desc(nulls_last=True), "-pk").first()
        return None if last is None else certificate_in(last)
    except SignatureError:
        return None


def _time_stamping() -> list[SigningCertificate]:
    """Return the last certificate of each authority that we asked: a signatory's own tool may ask others."""
    rows = SignatureRequest.objects.exclude(cms=b"").filter(supplied_sha256="", stamped_at__isnull=False)
    found: dict[tuple[str, str], SigningCertificate] = {}
    for whole in rows.order_by("-stamped_at").values_list("cms", flat=True)[:LOOKED_AT]:
        try:
            token = token_in(bytes(whole))
            if token is None:
                continue
            maker = extract_certificate_info(cms.ContentInfo.load(token)["content"]).signer_cert
            one = certificate_of(maker.dump())
        except (*GARBAGE, CMSExtractionError, SignatureError):
            continue
        found.setdefault((one.common_name, one.organisation), one)
    return list(found.values())
