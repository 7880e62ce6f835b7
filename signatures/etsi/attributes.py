"""The pieces that the report is made of: digests, references, moments, the attributes of a signature."""

from __future__ import annotations

import base64
import datetime as dt

from pyhanko.generated.etsi import ts_11910202 as vr
from pyhanko.generated.etsi import xades
from pyhanko.generated.w3c import xmldsig_core as ds
from xsdata.models.datatype import XmlDateTime

from signatures.evidence import Evidence, SignatureFacts, StampFacts
from signatures.report import SignatureRow

# RFC 9231; a name that is not here is none that a signature may use (verification refuses it before)
_DIGESTS = {
    "sha1": "http://www.w3.org/2000/09/xmldsig#sha1",
    "sha224": "http://www.w3.org/2001/04/xmldsig-more#sha224",
    "sha256": "http://www.w3.org/2001/04/xmlenc#sha256",
    "sha384": "http://www.w3.org/2001/04/xmldsig-more#sha384",
    "sha512": "http://www.w3.org/2001/04/xmlenc#sha512",
    "sha3_256": "http://www.w3.org/2007/05/xmldsig-more#sha3-256",
    "sha3_384": "http://www.w3.org/2007/05/xmldsig-more#sha3-384",
    "sha3_512": "http://www.w3.org/2007/05/xmldsig-more#sha3-512",
}


def digest_of(algorithm: str, value: str) -> xades.DigestAlgAndValueType:
    """Return a digest (base64) with the address of its algorithm."""
    return xades.DigestAlgAndValueType(
        digest_method=ds.DigestMethod(algorithm=address(algorithm)),
        digest_value=ds.DigestValue(value=base64.b64decode(value)),
    )


def address(algorithm: str) -> str:
    """Return the address that XML signatures give a digest; a name of ours for one that has none."""
    return _DIGESTS.get(algorithm, f"urn:contreseing:digest:{algorithm}")


def reference(identifier: str) -> vr.VOReferenceType:
    """Point to an object of the report."""
    return vr.VOReferenceType(voreference=(identifier,))


def stamp_id(evidence: Evidence, stamp: StampFacts) -> str:
    """Name a time-stamp in the report."""
    return f"T-{evidence.stamps.index(stamp)}"


def written(moment: dt.datetime) -> XmlDateTime:
    """Return a moment in UTC."""
    return XmlDateTime.from_datetime(moment.astimezone(dt.UTC))


def attributes_of(
    facts: SignatureFacts, row: SignatureRow, over: list[tuple[str, StampFacts]]
) -> vr.SignatureAttributesType:
    """Return what the signature says of itself, and the time-stamps over it, each by its name (annex A)."""
    texts = facts.texts
    return vr.SignatureAttributesType(
        signing_time=(vr.SASigningTimeType(time=written(row.signed_at), signed=True),)
        if row.signed_at
        else (),
        signing_certificate=(
            vr.SACertIDListType(
                cert_id=tuple(
                    vr.SACertIDType(
                        x509_issuer_serial=base64.b64decode(one["issuer_serial"])
                        if one["issuer_serial"]
                        else None,
                        digest_method=ds.DigestMethod(algorithm=address(one["algorithm"])),
                        digest_value=ds.DigestValue(value=base64.b64decode(one["digest"])),
                    )
                    for one in facts.references
                ),
                signed=True,
            ),
        )
        if facts.references
        else (),
        signature_production_place=(
            vr.SASignatureProductionPlaceType(address_string=(texts["location"],), signed=True),
        )
        if "location" in texts
        else (),
        signature_time_stamp=tuple(_stamp(name, one) for name, one in over if not one.is_document),
        message_digest=(vr.SAMessageDigestType(digest=base64.b64decode(facts.message_digest), signed=True),),
        dss=(vr.SADSSType(signed=False),) if facts.keeps_proofs else (),
        doc_time_stamp=tuple(_stamp(name, one) for name, one in over if one.is_document),
        reason=(vr.SAReasonType(reason_element=texts["reason"], signed=True),) if "reason" in texts else (),
        name=(vr.SANameType(name_element=texts["name"], signed=True),) if "name" in texts else (),
        contact_info=(vr.SAContactInfoType(contact_info_element=texts["contact_info"], signed=True),)
        if "contact_info" in texts
        else (),
        sub_filter=(vr.SASubFilterType(sub_filter_element=facts.sub_filter, signed=True),),
        byte_range=(tuple(facts.byte_range),),
        filter=(vr.SAFilterType(filter=facts.filter),),
    )


def _stamp(name: str, stamp: StampFacts) -> vr.SATimestampType:
    return vr.SATimestampType(
        attribute_object=(reference(name),), time_stamp_value=written(stamp.at), signed=False
    )
