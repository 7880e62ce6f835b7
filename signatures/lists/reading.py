"""One list, verified and read in the limited process: XML that anybody may have written until it is verified.

Of a list only what its signature covers is read. Whose signature counts is told beforehand, by certificate:
for the list of the lists the anchors of the installation, for a national one those that the former names.
pyHanko verifies at the present hour and says nothing of the dates: the signature is verified at the hour at
which the list says that it was issued, and its dates are judged by ``standing``.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from asn1crypto import x509
from cryptography.x509 import load_der_x509_certificate
from lxml import etree
from pyhanko.sign.validation.qualified import eutl_parse
from signxml.exceptions import SignXMLException
from signxml.xades.xades import XAdESSignatureConfiguration, XAdESVerifier

from signatures.lists import criteria
from signatures.lists.refusals import ListRefused
from signatures.lists.trusting import name_mark

NAMESPACE = "{http://uri.etsi.org/02231/v2#}"
ROOT = f"{NAMESPACE}TrustServiceStatusList"
_TYPE = "http://uri.etsi.org/TrstSvc/TrustedList/TSLType/"
_LOTL_TYPE, _NATIONAL_TYPE = f"{_TYPE}EUlistofthelists", f"{_TYPE}EUgeneric"
_SIGNATURE = "{http://www.w3.org/2000/09/xmldsig#}Signature"


@dataclass(frozen=True)
class Heading:
    """What a list says of itself (TS 119 612 § 5.3); ``issued`` and ``following`` in UTC."""

    is_lotl: bool
    territory: str
    sequence: int
    issued: dt.datetime
    following: dt.datetime | None


def claims_for_another_process(xml: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return what a list claims, before it is verified: by whom it has to be signed.

    « territory », « is_lotl », « sequence », and of a list of the lists « pivots »: the addresses of those
    since the Official Journal, the oldest first.
    """
    try:
        claimed = _heading(_parsed(xml))
    except ListRefused as refused:
        return {"refused": refused.code, "facts": refused.facts}
    named = {"territory": claimed.territory, "is_lotl": claimed.is_lotl, "sequence": claimed.sequence}
    return named | {"pivots": _pivots(xml) if claimed.is_lotl else []}


def for_another_process(xml: bytes, options: dict[str, Any]) -> dict[str, Any]:
    """Return a list as it is kept, or « refused » and « facts ».

    ``options``: « signers » (certificates in base64 DER, one of which has to have signed), « territory »
    and « is_lotl » (what it has to be).
    """
    try:
        return _read(xml, options)
    except ListRefused as refused:
        return {"refused": refused.code, "facts": refused.facts}


def _read(xml: bytes, options: dict[str, Any]) -> dict[str, Any]:
    claimed = _parsed(xml)
    if not any(True for _one in claimed.iter(_SIGNATURE)):
        raise ListRefused("unsigned")
    signers = [base64.b64decode(one) for one in options["signers"]]
    covered, signer = _verified(xml, signers, _heading(claimed).issued)
    heading = _heading(_parsed(covered))
    if (heading.territory, heading.is_lotl) != (options["territory"], options["is_lotl"]):
        raise ListRefused("other_territory", territory=heading.territory)
    certificate = x509.Certificate.load(signer)
    read = {
        "territory": heading.territory,
        "sequence": heading.sequence,
        "issued": heading.issued.isoformat(),
        "next": heading.following.isoformat() if heading.following else None,
        "signed_by": hashlib.sha256(signer).hexdigest(),
        "signer": str(certificate.subject.native.get("common_name", ""))[:300],
    }
    try:
        return read | (_pointers(covered) if heading.is_lotl else {"content": _services(covered)})
    except (ValueError, TypeError, AttributeError, KeyError, AssertionError) as error:  # signed, and yet odd
        raise ListRefused("unreadable", detail=str(error)[:200]) from error


def _parsed(xml: bytes) -> Any:
    """Return the root of a list; no entity is replaced, no address read, a document type is refused."""
    if b"<!DOCTYPE" in xml:  # before its entities are even counted
        raise ListRefused("document_type")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(xml, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise ListRefused("not_xml") from error
    if root.getroottree().docinfo.doctype:
        raise ListRefused("document_type")
    if root.tag != ROOT:
        raise ListRefused("not_a_list")
    return root


def _heading(root: Any) -> Heading:
    kind = _text(root, "TSLType")
    territory = _text(root, "SchemeTerritory").upper()
    following = root.findtext(f"{NAMESPACE}SchemeInformation/{NAMESPACE}NextUpdate/{NAMESPACE}dateTime") or ""
    if kind not in (_LOTL_TYPE, _NATIONAL_TYPE) or len(territory) != 2:
        raise ListRefused("not_a_list")
    try:
        return Heading(
            kind == _LOTL_TYPE,
            territory,
            int(_text(root, "TSLSequenceNumber")),
            _moment(_text(root, "ListIssueDateTime")),
            _moment(following.strip()) if following.strip() else None,
        )
    except ValueError as error:
        raise ListRefused("not_a_list") from error


def _text(root: Any, name: str) -> str:
    return (root.findtext(f"{NAMESPACE}SchemeInformation/{NAMESPACE}{name}") or "").strip()


def _moment(text: str) -> dt.datetime:
    found = dt.datetime.fromisoformat(text)
    return found.astimezone(dt.UTC) if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _verified(xml: bytes, signers: Sequence[bytes], moment: dt.datetime) -> tuple[bytes, bytes]:
    """Return what the signature covers, and the certificate that verified it; raises ListRefused."""
    rules = XAdESSignatureConfiguration(require_x509=True, expect_references=True, verification_time=moment)
    # the certificate that the signature names first: the others are then not tried, which takes long
    named = sorted(signers, key=lambda der: base64.b64encode(der)[:64] not in b"".join(xml.split()))
    for der in named:
        try:
            results = XAdESVerifier().verify(
                xml, x509_cert=load_der_x509_certificate(der), expect_config=rules
            )
        except (SignXMLException, ValueError):
            continue
        for result in results:
            if result.signed_xml is not None and result.signed_xml.tag == ROOT:
                return result.signed_data, der
    raise ListRefused("wrongly_signed")


def _pivots(xml: bytes) -> list[str]:
    """Return the addresses of the pivots (§ 5.3.7: among those of the scheme, the newest first)."""
    try:
        named = eutl_parse.parse_lotl_unsafe(xml.decode()).pivot_urls
    except (ValueError, TypeError, AttributeError, KeyError, AssertionError):
        return []  # it cannot be read: which is said once its signature was looked at
    return [url.strip() for url in reversed(named)]


def _pointers(xml: bytes) -> dict[str, Any]:
    """Return as « content » where each national list is and who signs it, as « own » who signs this one."""
    parsed = eutl_parse.parse_lotl_unsafe(xml.decode())
    pointers: dict[str, Any] = {}
    own: list[dict[str, str]] = []
    for one in parsed.references:
        if eutl_parse.LOTL_RULE in one.scheme_rules:
            own += [_dated(each) for each in one.tlso_certs]
            continue
        certificates = [base64.b64encode(each.dump()).decode() for each in one.tlso_certs]
        pointers[one.territory.upper()] = {"url": one.location_uri, "certificates": certificates}
    return {"content": {"pointers": pointers}, "own": own}


def _dated(certificate: x509.Certificate) -> dict[str, str]:
    """Return a certificate in base64 DER with its name and the dates between which it may serve."""
    return {
        "der": base64.b64encode(certificate.dump()).decode(),
        "name": str(certificate.subject.native.get("common_name", ""))[:300],
        "from": _utc(certificate.not_valid_before),
        "until": _utc(certificate.not_valid_after),
    }


def _services(xml: bytes) -> dict[str, Any]:
    """Return the authorities of qualified certificates and of qualified time-stamps, as they were granted."""
    certificates: dict[str, dict[str, str]] = {}
    services = []
    definitions = eutl_parse.read_qualified_service_definitions(xml.decode())
    left_out: list[Any] = []  # what pyHanko could not read: such a service then makes nothing qualified

    def each() -> Iterator[Any]:
        left_out.extend((yield from definitions))

    for one in each():
        base = one.base_info
        services.append(
            {
                "name": base.service_name[:300],
                "is_tst": base.service_type.endswith("/TSA/QTST"),
                "from": _utc(base.valid_from),
                "until": _utc(base.valid_until) if base.valid_until else None,
                "types": sorted(
                    kind.value.removeprefix("qct_") for kind in base.additional_info_certificate_type
                ),
                "qualifications": [
                    {
                        "qualifiers": sorted(qualifier.value for qualifier in qualification.qualifiers),
                        "criteria": criteria.kept(qualification.criteria_list),
                    }
                    for qualification in one.qualifications
                ],
                "certificates": list(_register(base.provider_certs, certificates)),
            }
        )
    return {"services": services, "certificates": certificates, "left_out": len(left_out)}


def _register(found: Sequence[x509.Certificate], known: dict[str, dict[str, str]]) -> Iterator[str]:
    for certificate in found:
        fingerprint = hashlib.sha256(certificate.dump()).hexdigest()
        if fingerprint not in known:
            known[fingerprint] = {
                "der": base64.b64encode(certificate.dump()).decode(),
                "name": name_mark(certificate.subject),
                "key": hashlib.sha256(certificate.public_key.dump()).hexdigest(),
            }
        yield fingerprint


def _utc(moment: dt.datetime) -> str:
    return (moment.astimezone(dt.UTC) if moment.tzinfo else moment.replace(tzinfo=dt.UTC)).isoformat()
