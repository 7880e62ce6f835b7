"""The transfer to an archive service: valid, complete, and for the pilots alone."""

from __future__ import annotations

import hashlib
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from contracts.models import Contract
from tests.cast import Cast
from tests.workflow.evidence.checking import check, scene, source, unpack
from workflow.evidence import making
from workflow.evidence.models import Scope
from workflow.evidence.seda import NAMESPACE

SCHEMAS = Path(__file__).parent / "seda"
# What 2.3 puts in the place of a signature's description, as the standard describes it (see the README).
SIGNING = """
  <xsd:group name="SigningInformationGroup"><xsd:sequence>
    <xsd:element name="SigningInformation" minOccurs="0"><xsd:complexType><xsd:sequence>
      <xsd:element name="SigningRole" maxOccurs="unbounded"><xsd:simpleType>
        <xsd:restriction base="xsd:token">
          <xsd:enumeration value="SignedDocument"/><xsd:enumeration value="Signature"/>
          <xsd:enumeration value="Timestamp"/><xsd:enumeration value="AdditionalProof"/>
        </xsd:restriction>
      </xsd:simpleType></xsd:element>
      <xsd:element name="SignatureDescription" minOccurs="0" maxOccurs="unbounded">
        <xsd:complexType><xsd:sequence>
        <xsd:element name="Signer" type="SignerType" minOccurs="0"/>
        <xsd:element name="SigningType" type="NonEmptyTokenType" minOccurs="0"/>
      </xsd:sequence></xsd:complexType></xsd:element>
      <xsd:element name="TimestampingInformation" minOccurs="0" maxOccurs="unbounded">
        <xsd:complexType><xsd:sequence>
        <xsd:element name="TimeStamp" type="xsd:dateTime" minOccurs="0"/>
        <xsd:element name="AdditionalTimestampingInformation" type="NonEmptyTokenType" minOccurs="0"/>
      </xsd:sequence></xsd:complexType></xsd:element>
    </xsd:sequence></xsd:complexType></xsd:element>
  </xsd:sequence></xsd:group>
</xsd:schema>"""


@pytest.fixture
def contract(cast: Cast) -> Contract:
    return scene(cast)


@pytest.fixture
def folder(contract: Contract, tmp_path: Path) -> Path:
    written, _token = making.make(source(contract), Scope.TRANSFER, None)
    return unpack(making.path_of(contract.pk, Scope.TRANSFER, written.sha256), tmp_path / "versement")


@pytest.fixture
def schema(tmp_path: Path) -> etree.XMLSchema:
    """Return the schema of 2.3, made of that of 2.2 and of what changed that we use."""
    made = tmp_path / "schemas"
    made.mkdir()
    for path in SCHEMAS.glob("*.xsd"):
        text = path.read_text(encoding="utf-8").replace("seda:v2.2", "seda:v2.3")
        if "ontology" in path.name:
            before = '<xsd:group ref="SignatureGroup"/>'
            assert text.count(before) == 1
            text = text.replace(before, before.replace("SignatureGroup", "SigningInformationGroup"))
            text = text.replace("</xsd:schema>", SIGNING)
        (made / path.name).write_text(text, encoding="utf-8")
    offline = etree.XMLParser(no_network=True)
    return etree.XMLSchema(etree.parse(made / "seda-2.2-main.xsd", offline))


def test_the_message_is_valid(folder: Path, schema: etree.XMLSchema) -> None:
    message = etree.parse(folder / "manifest.xml")
    schema.assertValid(message)
    for broken in ("MessageIdentifier", "ArchivalAgency", "MessageDigest"):
        other = etree.parse(folder / "manifest.xml")
        one = next(other.iter(f"{{{NAMESPACE}}}{broken}"))
        one.getparent().remove(one)
        assert not schema.validate(other), broken


def test_who_signed_when_and_of_which_level_is_told_as_the_report_found_it(
    contract: Contract, folder: Path
) -> None:
    kept = source(contract).report
    assert kept is not None
    signing = next(etree.parse(folder / "manifest.xml").iter(f"{{{NAMESPACE}}}SigningInformation"))
    name = {"s": NAMESPACE}
    told = [
        (one.findtext("s:Signer/s:FullName", "", name), one.findtext("s:Signer/s:SigningTime", "", name))
        for one in signing.findall("s:SignatureDescription", name)
    ]
    rows = kept.report.signatures
    assert told == [
        (row.signer, row.timestamped_at.isoformat(timespec="seconds")) for row in rows if row.timestamped_at
    ]
    assert len(told) == len(rows) == 2
    kinds = [one.text or "" for one in signing.iter(f"{{{NAMESPACE}}}SigningType")]
    assert len(kinds) == 2
    assert all(kind.startswith("spécimen") for kind in kinds), "a demonstration key signs nothing else"
    stamps = [one.text for one in signing.iter(f"{{{NAMESPACE}}}TimeStamp")]
    assert stamps == [row.at.isoformat(timespec="seconds") for row in kept.report.document_timestamps]


def test_it_describes_every_file_once_and_by_its_own_hash(folder: Path) -> None:
    message = etree.parse(folder / "manifest.xml")
    name = {"s": NAMESPACE}
    objects = message.findall(".//s:BinaryDataObject", name)
    told = {one.findtext("s:Uri", "", name): one for one in objects}
    files = {
        str(path.relative_to(folder)): path for path in (folder / "content").rglob("*") if path.is_file()
    }
    assert set(told) == set(files)
    for uri, path in files.items():
        assert (
            told[uri].findtext("s:MessageDigest", "", name) == hashlib.sha256(path.read_bytes()).hexdigest()
        )
        assert told[uri].findtext("s:Size", "", name) == str(path.stat().st_size)
    referred = [one.text for one in message.iter(f"{{{NAMESPACE}}}DataObjectReferenceId")]
    assert sorted(referred) == sorted(one.get("id") for one in objects)


def test_what_is_transferred_is_the_whole_evidence_and_is_verified_in_the_same_way(folder: Path) -> None:
    assert (folder / "content" / "annexes" / "01-plan-des-cameras.pdf").exists()
    status, said = check(folder / "content")
    assert status == 0, said


def test_a_title_that_looks_like_markup_stays_a_title(contract: Contract, schema: etree.XMLSchema) -> None:
    contract.title = 'Contrat <b>&amp; "essai"</b> ]]>'
    source_ = source(contract)
    written, _token = making.make(source_, Scope.TRANSFER, None)
    with zipfile.ZipFile(making.path_of(contract.pk, Scope.TRANSFER, written.sha256)) as archive:
        message = etree.fromstring(archive.read("manifest.xml"))
        assert 'Contrat <b>&amp; "essai"' in archive.read("content/CHECK.txt").decode()
    schema.assertValid(message)
    titles = [one.text for one in message.iter(f"{{{NAMESPACE}}}Title")]
    assert titles[0] == f"{contract.title} ({contract.reference})"
