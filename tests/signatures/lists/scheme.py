"""A list of the lists and a national list of our own, and certificates that the latter's authority issues.

``Scheme`` has the two signers and writes the lists (ETSI TS 119 612, signed in XAdES); ``certified`` has the
demonstration's issuing authority, whose OCSP and CRL are served, certify a key as a real authority does: with
qualified statements (EN 319 412-5), and without the mark of a SPECIMEN. With ``settings.LOTL_CERTIFICATES``
at ``scheme.anchor`` and both lists kept, a signature by such a key is « qualifiée »::

    scheme = Scheme(tmp_path)
    settings.LOTL_CERTIFICATES = [scheme.anchor]
    scheme.keep()
"""

from __future__ import annotations

import base64
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier
from lxml import etree
from signxml.xades.xades import XAdESSigner

from signatures.demo.pki import issuance
from signatures.lists import keeping, reading
from signatures.lists.models import LOTL, ListTrial
from signatures.lists.trusting import Listed

_TSL = "http://uri.etsi.org/02231/v2#"
_SIE = "http://uri.etsi.org/TrstSvc/SvcInfoExt/eSigDir-1999-93-EC-TrustedList/#"
_MORE = "http://uri.etsi.org/02231/v2/additionaltypes#"
_XADES = "http://uri.etsi.org/01903/v1.3.2#"
_URI = "http://uri.etsi.org/TrstSvc"
GRANTED = f"{_URI}/TrustedList/Svcstatus/granted"
WITHDRAWN = f"{_URI}/TrustedList/Svcstatus/withdrawn"
CA_QC = f"{_URI}/Svctype/CA/QC"
QTST = f"{_URI}/Svctype/TSA/QTST"
FRENCH_URL = "https://liste.test/tl-fr.xml"
POLICY = "1.2.250.1.999.1.1"  # of the certificates that « certified » makes
_QCS = "0.4.0.1862.1."
_QC_TYPES = {"esign": f"{_QCS}6.1", "eseal": f"{_QCS}6.2", "web": f"{_QCS}6.3"}
QUALIFIED = ("compliance", "sscd", "esign")


def now() -> dt.datetime:
    """Return the present second."""
    return dt.datetime.now(dt.UTC).replace(microsecond=0)


@dataclass(frozen=True)
class Service:
    """One service: its certificate, what it is, since when, and what was before (status, since)."""

    certificate: x509.Certificate
    kind: str = CA_QC
    status: str = GRANTED
    since: dt.datetime = dt.datetime(2017, 1, 1, tzinfo=dt.UTC)
    before: Sequence[tuple[str, dt.datetime]] = ()
    for_what: Sequence[str] = ("ForeSignatures",)
    qualifiers: Sequence[tuple[Sequence[str], str]] = ()  # names, and the XML of their criteria
    name: str = "Autorité d’essai"


def usage(**bits: bool) -> str:
    """Return the XML of a criterion of key usage."""
    each = "".join(
        f'<KeyUsageBit name="{name}">{str(value).lower()}</KeyUsageBit>' for name, value in bits.items()
    )
    return f"<KeyUsage>{each}</KeyUsage>"


def policy(oid: str = POLICY) -> str:
    """Return the XML of a criterion of policy."""
    identifier = f'<x:Identifier xmlns:x="{_XADES}">{oid}</x:Identifier>'
    return f"<PolicySet><PolicyIdentifier>{identifier}</PolicyIdentifier></PolicySet>"


Signer = tuple[ec.EllipticCurvePrivateKey, x509.Certificate]


@dataclass
class Scheme:
    """The two signers, each with a key and a certificate of its own."""

    folder: Path
    european: tuple[ec.EllipticCurvePrivateKey, x509.Certificate] = field(
        default_factory=lambda: signer("LOTL")
    )
    national: tuple[ec.EllipticCurvePrivateKey, x509.Certificate] = field(
        default_factory=lambda: signer("FR")
    )

    @property
    def anchor(self) -> Path:
        """Where the certificate is that signs the list of the lists, for ``settings.LOTL_CERTIFICATES``."""
        path = self.folder / "lotl.pem"
        path.write_bytes(self.european[1].public_bytes(Encoding.PEM))
        return path

    def lotl(self, *, sequence: int = 1, url: str = FRENCH_URL, **heading: Any) -> bytes:
        """Return a signed list of the lists that names the French one, and itself."""
        pointers = "".join(
            _pointer(where, territory, rule, certificate)
            for where, territory, rule, certificate in (
                ("https://liste.test/eu-lotl.xml", LOTL, "EUlistofthelists", self.european[1]),
                (url, "FR", "EUcommon", self.national[1]),
            )
        )
        root = _list(LOTL, "EUlistofthelists", sequence, pointers, "", **heading)
        return signed(root, *self.european)

    def french(
        self, services: Sequence[Service] | None = None, *, sequence: int = 1, by: Any = None, **heading: Any
    ) -> bytes:
        """Return a signed French list: by default, of the demonstration's authority and its time-stamps."""
        return signed(self.unsigned_french(services, sequence=sequence, **heading), *(by or self.national))

    def unsigned_french(
        self, services: Sequence[Service] | None = None, *, sequence: int = 1, **heading: Any
    ) -> etree._Element:
        """Return it before it is signed."""
        if services is None:
            services = [
                authority(),
                stamper(),
            ]
        each = "".join(_service(one) for one in services)
        provider = (
            "<TrustServiceProviderList><TrustServiceProvider><TSPInformation>"
            '<TSPName><Name xml:lang="fr">Essai</Name></TSPName></TSPInformation>'
            f"<TSPServices>{each}</TSPServices></TrustServiceProvider></TrustServiceProviderList>"
        )
        return _list("FR", "EUgeneric", sequence, "", provider, **heading)

    def listed(self, services: Sequence[Service], **heading: Any) -> Listed:
        """Return the French list as a verdict takes it, verified and read, and kept nowhere."""
        signers = [_b64(self.national[1])]
        options = {"signers": signers, "territory": "FR", "is_lotl": False}
        read = reading.for_another_process(self.french(services, **heading), options)
        facts = {"territory": "FR", "sequence": str(read["sequence"]), "issued": read["issued"]}
        content = read["content"]
        return Listed(facts | {"next": read["next"] or ""}, content["services"], content["certificates"])

    def keep(self, services: Sequence[Service] | None = None, **heading: Any) -> ListTrial:
        """Keep both lists, as if they had been fetched; return what became of the French one."""
        kept = keeping.keep(self.lotl(), "eu-lotl.xml")
        assert kept.outcome != ListTrial.Outcome.REFUSED, kept.why
        return keeping.keep(self.french(services, **heading), "tl-fr.xml")


def authority(**changes: Any) -> Service:
    """Return the service of the demonstration's issuing authority."""
    return Service(issuance.load_certificate("issuing"), **changes)


def stamper() -> Service:
    """Return the service of the demonstration's time-stamps."""
    return Service(issuance.load_certificate("tsa"), QTST, for_what=(), name="Horodatage d’essai")


def signer(territory: str) -> Signer:
    """Return a key that signs lists, and its certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "FR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Essai"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"Signataire de la liste {territory}"),
        ]
    )
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now() - dt.timedelta(days=3650))
        .not_valid_after(now() + dt.timedelta(days=3650))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return key, made.sign(key, hashes.SHA256())


def signed(root: etree._Element, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    """Return a list with its enveloped signature."""
    by = XAdESSigner(
        signature_algorithm="ecdsa-sha256",
        digest_algorithm="sha256",
    )
    done = by.sign(root, key=key, cert=[certificate], always_add_key_value=False)
    return bytes(etree.tostring(done, xml_declaration=True, encoding="UTF-8"))


def certified(
    public_key: Any,
    common_name: str,
    *,
    statements: Sequence[str] = QUALIFIED,
    legislation: Sequence[str] = (),
    organisation: str = "Ville de Clairval",
    title: str = "",
    days: int = 730,
    starts: dt.datetime | None = None,
) -> x509.Certificate:
    """Have the demonstration's issuing authority certify a key, as one that is qualified by default.

    ``statements`` are of « compliance », « sscd », « esign », « eseal », « web ».
    """
    issuing, issuing_key = issuance.load_authority("issuing")
    extensions = [
        (x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier(POLICY), None)]), critical)
        if isinstance(extension, x509.CertificatePolicies)
        else (extension, critical)
        for extension, critical in issuance._person_extensions()
    ]
    if statements or legislation:
        extensions.append((_statements(statements, legislation), False))
    made = issuance._build(
        issuance._name(common_name, organisation=organisation, title=title),
        public_key,
        issuing.subject,
        issuing_key,
        extensions,
        starts=starts or now(),
        days=days,
    )
    path = issuance._folder() / "issued" / f"{made.serial_number:x}.cert.pem"
    issuance._write(path, made.public_bytes(Encoding.PEM), 0o644)
    return made


class _Identifiers(core.SequenceOf):
    _child_spec = core.ObjectIdentifier


class _Countries(core.SequenceOf):
    _child_spec = core.PrintableString


class _Statement(core.Sequence):
    _fields = [("id", core.ObjectIdentifier), ("info", core.Any, {"optional": True})]


class _Statements(core.SequenceOf):
    _child_spec = _Statement


def _statements(names: Sequence[str], legislation: Sequence[str]) -> x509.UnrecognizedExtension:
    held = [
        _Statement({"id": f"{_QCS}{number}"})
        for name, number in (("compliance", 1), ("sscd", 4))
        if name in names
    ]
    kinds = [_QC_TYPES[name] for name in names if name in _QC_TYPES]
    if kinds:
        held.append(_Statement({"id": f"{_QCS}6", "info": _Identifiers(kinds)}))
    if legislation:
        held.append(_Statement({"id": f"{_QCS}7", "info": _Countries(list(legislation))}))
    return x509.UnrecognizedExtension(ObjectIdentifier("1.3.6.1.5.5.7.1.3"), _Statements(held).dump())


def _list(
    territory: str,
    kind: str,
    sequence: int,
    pointers: str,
    providers: str,
    *,
    issued: dt.datetime | None = None,
    following: dt.datetime | None = None,
    closed: bool = False,
) -> etree._Element:
    issued = issued or now() - dt.timedelta(days=1)
    following = following or now() + dt.timedelta(days=180)
    until = "" if closed else f"<dateTime>{_z(following)}</dateTime>"
    text = f"""<TrustServiceStatusList xmlns="{_TSL}" xmlns:s="{_SIE}" xmlns:m="{_MORE}">
<SchemeInformation><TSLVersionIdentifier>5</TSLVersionIdentifier>
<TSLSequenceNumber>{sequence}</TSLSequenceNumber>
<TSLType>{_URI}/TrustedList/TSLType/{kind}</TSLType>
<SchemeInformationURI><URI xml:lang="en">https://liste.test/pages</URI></SchemeInformationURI>
<SchemeTerritory>{territory}</SchemeTerritory>
<PointersToOtherTSL>{pointers}</PointersToOtherTSL>
<ListIssueDateTime>{_z(issued)}</ListIssueDateTime><NextUpdate>{until}</NextUpdate>
</SchemeInformation>{providers}</TrustServiceStatusList>"""
    return etree.fromstring(text.encode())


def _pointer(where: str, territory: str, rule: str, certificate: x509.Certificate) -> str:
    return f"""<OtherTSLPointer><ServiceDigitalIdentities><ServiceDigitalIdentity><DigitalId>
<X509Certificate>{_b64(certificate)}</X509Certificate></DigitalId></ServiceDigitalIdentity>
</ServiceDigitalIdentities><TSLLocation>{where}</TSLLocation><AdditionalInformation>
<OtherInformation><SchemeTypeCommunityRules><URI xml:lang="en">{_URI}/TrustedList/schemerules/{rule}</URI>
</SchemeTypeCommunityRules></OtherInformation>
<OtherInformation><SchemeTerritory>{territory}</SchemeTerritory></OtherInformation>
<OtherInformation><m:MimeType>application/vnd.etsi.tsl+xml</m:MimeType></OtherInformation>
</AdditionalInformation></OtherTSLPointer>"""


def _service(one: Service) -> str:
    history = "".join(
        f"<ServiceHistoryInstance>{_status(one, status, since, '')}</ServiceHistoryInstance>"
        for status, since in one.before
    )
    information = _status(one, one.status, one.since, one.name)
    return (
        f"<TSPService><ServiceInformation>{information}</ServiceInformation>"
        f"<ServiceHistory>{history}</ServiceHistory></TSPService>"
    )


def _status(one: Service, status: str, since: dt.datetime, name: str) -> str:
    extensions = "".join(
        '<Extension Critical="true"><AdditionalServiceInformation>'
        f'<URI xml:lang="en">{_URI}/TrustedList/SvcInfoExt/{each}</URI>'
        "</AdditionalServiceInformation></Extension>"
        for each in one.for_what
    )
    for qualifiers, criteria in one.qualifiers:
        named = "".join(f'<s:Qualifier uri="{_URI}/TrustedList/SvcInfoExt/{each}"/>' for each in qualifiers)
        inner = criteria.replace("<KeyUsage", "<s:KeyUsage").replace("</KeyUsage", "</s:KeyUsage")
        inner = inner.replace("<Policy", "<s:Policy").replace("</Policy", "</s:Policy")
        extensions += (
            '<Extension Critical="true"><s:Qualifications><s:QualificationElement>'
            f'<s:Qualifiers>{named}</s:Qualifiers><s:CriteriaList assert="all">{inner}</s:CriteriaList>'
            "</s:QualificationElement></s:Qualifications></Extension>"
        )
    return (
        f"<ServiceTypeIdentifier>{one.kind}</ServiceTypeIdentifier>"
        f'<ServiceName><Name xml:lang="fr">{name or one.name}</Name></ServiceName>'
        "<ServiceDigitalIdentity><DigitalId>"
        f"<X509Certificate>{_b64(one.certificate)}</X509Certificate></DigitalId></ServiceDigitalIdentity>"
        f"<ServiceStatus>{status}</ServiceStatus><StatusStartingTime>{_z(since)}</StatusStartingTime>"
        f"<ServiceInformationExtensions>{extensions}</ServiceInformationExtensions>"
    )


def _b64(certificate: x509.Certificate) -> str:
    return base64.b64encode(certificate.public_bytes(Encoding.DER)).decode()


def _z(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
