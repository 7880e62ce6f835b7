"""The same content for an archive service: a transfer (SEDA 2.3, ArchiveTransfer) and its files in a ZIP.

« Standard d’échange de données pour l’archivage », version 2.3 (SIAF, June 2024), NF Z44-022. What an
archive service decides with its depositor (agreement, profile, rules of appraisal and access) is for it
to add: nothing is invented here.
"""

from __future__ import annotations

import datetime as dt
from xml.etree import ElementTree as Tree  # noqa: S405 (written, never read)

from django.utils import timezone
from django.utils.translation import gettext as _

from contracts.models import Contract
from contracts.models import Part as Role
from signatures.sheets import qualification_told
from workflow.evidence.contents import SIGNED
from workflow.evidence.parts import Part, made
from workflow.evidence.state import Source
from workflow.standing.parties import pilot

NAMESPACE = "fr:gouv:culture:archivesdefrance:seda:v2.3"
MESSAGE, CONTENT = "manifest.xml", "content/"
# by the end of the name: media type, and PRONOM identifier of the format where it is certain
FORMATS = {
    "pdf": ("application/pdf", ""),
    "json": ("application/json", "fmt/817"),
    "xml": ("application/xml", "fmt/101"),
    "txt": ("text/plain", "x-fmt/111"),
    "pem": ("application/x-pem-file", ""),
    "cer": ("application/pkix-cert", ""),
    "crl": ("application/pkix-crl", ""),
    "ocsp": ("application/ocsp-response", ""),
    "tst": ("application/timestamp-reply", ""),
    "cms": ("application/cms", ""),
    "p7s": ("application/pkcs7-signature", ""),
}
UNITS = (  # the beginnings of paths, and what the unit that holds them is called
    ("signatures/", "Signatures"),
    ("certificats/", "Certificats"),
    ("revocation/", "Données de révocation"),
    ("versions/", "Versions figées"),
    ("annexes/", "Annexes"),
    ("habilitations/", "Habilitations à signer"),
    ("faits/", "Actes de la procédure"),
    ("rapports/", "Rapports de vérification"),
    ("journal/", "Journal horodaté"),
)


def transfer(source: Source, parts: list[Part]) -> list[Part]:
    """Return the files of a transfer: the message, then each file of the evidence under ``content/``."""
    ordered = sorted(parts, key=lambda one: one.path)
    held = [Part(CONTENT + one.path, one.title, one.data, one.sha256, one.size) for one in ordered]
    return [made(MESSAGE, _("Bordereau de transfert (SEDA 2.3)"), message(source, ordered)), *held]


def message(source: Source, parts: list[Part]) -> bytes:
    """Return the ArchiveTransfer that describes these files, as XML."""
    contract = source.contract
    root = Tree.Element("ArchiveTransfer", xmlns=NAMESPACE)
    _add(root, "Comment", _("Dossier de preuve du contrat %(reference)s") % {"reference": contract.reference})
    _add(root, "Date", _moment(source.last.at))
    _add(root, "MessageIdentifier", f"{contract.reference}-{source.sealed_sha256[:16]}")
    versions = _add(root, "CodeListVersions")
    for name in ("MessageDigestAlgorithm", "MimeType", "FileFormat"):
        _add(versions, f"{name}CodeListVersion", f"{name}Code")
    package = _add(root, "DataObjectPackage")
    for number, part in enumerate(parts, start=1):
        _data_object(package, number, part, source)
    _described(_add(package, "DescriptiveMetadata"), source, parts)
    management = _add(package, "ManagementMetadata")
    _add(management, "LegalStatus", "Public Archive")
    city, state = pilot(contract, Role.CITY_PILOT), pilot(contract, Role.STATE_PILOT)
    for name in ("OriginatingAgencyIdentifier", "SubmissionAgencyIdentifier"):
        _add(management, name, city.siret or city.code)
    _add(_add(root, "ArchivalAgency"), "Identifier", state.siret or state.code)
    _add(_add(root, "TransferringAgency"), "Identifier", city.siret or city.code)
    Tree.indent(root)
    text: str = Tree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def _data_object(package: Tree.Element, number: int, part: Part, source: Source) -> None:
    data = _add(package, "BinaryDataObject", id=f"D{number:05d}")
    _add(data, "DataObjectVersion", "BinaryMaster_1")
    _add(data, "Uri", CONTENT + part.path)
    _add(data, "MessageDigest", part.sha256, algorithm="SHA-256")
    if part.size:  # the schema has none of no byte
        _add(data, "Size", str(part.size))
    media, pronom = FORMATS.get(part.path.rpartition(".")[2], ("application/octet-stream", ""))
    identified = _add(data, "FormatIdentification")
    _add(identified, "MimeType", media)
    if pronom:
        _add(identified, "FormatId", pronom)
    info = _add(data, "FileInfo")
    _add(info, "Filename", part.path.rpartition("/")[2])
    _add(info, "LastModified", _moment(source.last.at))


def _described(metadata: Tree.Element, source: Source, parts: list[Part]) -> None:
    contract = source.contract
    numbers = {part.path: number for number, part in enumerate(parts, start=1)}
    file = _add(metadata, "ArchiveUnit", id="U00000")
    content = _content(file, "File", f"{contract.title} ({contract.reference})", contract)
    _add(content, "StartDate", timezone.localdate(contract.created_at).isoformat())
    _add(content, "EndDate", timezone.localdate(source.last.at).isoformat())
    signed = _add(file, "ArchiveUnit", id="U00001")
    described = _content(signed, "Item", _("Contrat signé"), contract)
    _signing(described, source)
    _refer(signed, numbers[SIGNED])
    unit = 1
    loose = [path for path in numbers if "/" not in path and path != SIGNED]
    groups = [(title, [path for path in numbers if path.startswith(start)]) for start, title in UNITS]
    for title, paths in [*groups, ("Bordereau, manifeste et vérification", loose)]:
        if not paths:
            continue
        unit += 1
        group = _add(file, "ArchiveUnit", id=f"U{unit:05d}")
        _content(group, "RecordGrp", title, contract)
        for path in paths:
            unit += 1
            item = _add(group, "ArchiveUnit", id=f"U{unit:05d}")
            title_of = next(part.title for part in parts if part.path == path)
            _content(item, "Item", title_of, contract)
            _refer(item, numbers[path])


def _content(unit: Tree.Element, level: str, title: str, contract: Contract) -> Tree.Element:
    content = _add(unit, "Content")
    _add(content, "DescriptionLevel", level)
    _add(content, "Title", title)
    if level == "File":
        _add(content, "OriginatingAgencyArchiveUnitIdentifier", contract.reference)
        _add(content, "Description", contract.territory)
    return content


def _signing(content: Tree.Element, source: Source) -> None:
    """Say that this file carries its signatures and time-stamps (new in 2.3), as the report found them."""
    signing = _add(content, "SigningInformation")
    for role in ("SignedDocument", "Signature", "Timestamp"):
        _add(signing, "SigningRole", role)
    if source.report is None:
        return
    report = source.report.report
    for row in report.signatures:
        at = row.timestamped_at or row.signed_at
        described = _add(signing, "SignatureDescription")
        if at is not None:  # the standard has no signatory without the time of their signature
            signer = _add(described, "Signer")
            _add(signer, "FullName", row.signer)
            _add(signer, "SigningTime", _moment(at))
            for title in filter(None, (row.title, row.organisation)):
                _add(signer, "Position", title)
        _add(described, "SigningType", qualification_told(row, row.verdict))
    for stamp in report.document_timestamps:
        told = _add(signing, "TimestampingInformation")
        _add(told, "TimeStamp", _moment(stamp.at))
        if stamp.authority:
            _add(told, "AdditionalTimestampingInformation", stamp.authority)


def _refer(unit: Tree.Element, number: int) -> None:
    _add(_add(unit, "DataObjectReference"), "DataObjectReferenceId", f"D{number:05d}")


def _add(parent: Tree.Element, name: str, text: str = "", **attributes: str) -> Tree.Element:
    element = Tree.SubElement(parent, name, attrib=attributes)
    if text:
        element.text = text
    return element


def _moment(value: dt.datetime) -> str:
    return value.astimezone(dt.UTC).isoformat(timespec="seconds")
