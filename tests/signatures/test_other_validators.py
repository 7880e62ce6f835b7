"""Every kind of file that we make, before each validator that is not ours: the same signatures are valid.

One, two and four signatures, on P-256 and RSA-3072 by both of its ways, sealed, and time-stamped anew; and
the file of a contract between two signatures.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from django.test import override_settings

from signatures import pades
from signatures.backends.demo import demo
from signatures.demo import pki as authorities
from signatures.demo.pki import issuance, services
from signatures.validation import validate
from tests.pki import served_on
from tests.signatures import documents
from tests.signatures.stages import make_people, sign
from tests.signatures.test_independent import check_with_openssl
from tests.signatures.test_mixed_keys import _by_pss

pdfsigner = pytest.importorskip("pdfsigner")

JARS = [
    Path("/usr/share/java", f"{name}.jar")
    for name in ("pdfbox2", "fontbox2", "commons-logging", "bcprov", "bcpkix", "bcutil")
]
AGREES = Path(__file__).with_name("Agrees.java")
# how many signatures and document time-stamps each has
KINDS = {"one": (1, 1), "two": (2, 1), "four": (4, 1), "pss": (2, 1), "renewed": (2, 2), "between": (1, 0)}


@dataclass(frozen=True)
class Made:
    """The files, by kind, and the root (PEM) that they rest on."""

    folder: Path
    root: Path

    def path(self, kind: str) -> Path:
        return self.folder / f"{kind}.pdf"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Make them under authorities whose policy has a short number.

    pdfsigner reads no part of an object identifier above 32 bits, and the demonstration's is a UUID
    (« 2.25.… », ITU-T X.667).
    """
    folder = tmp_path_factory.mktemp("validators")
    listener = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    root = folder / "pki" / "root.cert.pem"
    settings = override_settings(
        PKI_DIR=folder / "pki", PKI_URL=url, TIMESTAMP_URLS=[f"{url}/tsa"], TRUST_ROOTS=[root]
    )
    with settings, pytest.MonkeyPatch.context() as patch:
        patch.setattr(issuance, "DEMO_POLICY", "1.2.3.4.1")
        patch.setattr(services, "TIMESTAMP_POLICY", "1.2.3.4.1.2")
        authorities.ensure()
        with served_on(listener, services.Services()):
            for kind, file in asyncio.run(_files(patch)).items():
                (folder / f"{kind}.pdf").write_bytes(file)
            yield Made(folder, root)


async def _files(patch: pytest.MonkeyPatch) -> dict[str, bytes]:
    prefect, mayor = make_people()
    between = await sign(documents.build(), documents.FIELDS[0], prefect, first=True, last=False)
    found = {"between": between}
    for kind, people in {"one": [prefect], "two": [mayor, prefect], "four": [prefect, mayor] * 2}.items():
        found[kind] = await _sealed(people)
    found["renewed"] = await pades.renew(found["two"])
    patch.setattr(demo(), "sign_as", partial(_by_pss, demo().sign_as, mayor))
    return {**found, "pss": await _sealed([prefect, mayor])}


async def _sealed(people: list[AbstractBaseUser]) -> bytes:
    fields = [f"Signataire-{number:02}" for number in range(1, len(people) + 1)]
    file = documents.build(fields)
    for index, (name, person) in enumerate(zip(fields, people, strict=True)):
        file = await sign(file, name, person, first=index == 0, last=index == len(people) - 1)
    return await pades.seal(file)


def said_by_pdfbox(made: Made, *files: Path) -> list[list[str]]:
    """Return what PDFBox with BouncyCastle says of each signature: file, kind, name, verdict."""
    command = ["java", "-cp", ":".join(map(str, JARS)), str(AGREES), str(made.root), *map(str, files)]
    outcome = subprocess.run(command, capture_output=True, text=True, check=True)
    return [line.split("\t") for line in outcome.stdout.splitlines()]


def broken(made: Made, kind: str) -> Path:
    """Return a copy of a file of which one octet, under every signature, is another."""
    changed = bytearray(made.path(kind).read_bytes())
    changed[changed.index(b"Contrat de Clairval")] ^= 1
    path = made.folder / f"{kind}-broken.pdf"
    path.write_bytes(changed)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_ours_and_pdfsigner_say_the_same(made: Made, kind: str) -> None:
    path, (signatures, stamps) = made.path(kind), KINDS[kind]
    if stamps:
        report = validate(path)
        assert report.valid, report.problems
        assert {row.level for row in report.signatures} == {"B-LTA"}
    theirs = pdfsigner.verify_pdf_report(path, roots=made.root)
    rows = theirs["signatures"]
    found = [row["is_timestamp"] for row in rows]
    assert (found.count(False), found.count(True)) == (signatures, stamps)
    assert theirs["document_intact"]
    assert all(row["trusted_time"] and row["chain_trusted"] for row in rows), rows
    refused = [row["detail"] for row in rows if not row["valid"]]
    if kind == "pss":  # it says so itself
        assert len(refused) == 1 and "RSASSA-PSS is not supported" in refused[0]
    else:
        assert not refused and theirs["all_valid"] and theirs["all_trusted"]


@pytest.mark.skipif(not JARS[0].exists(), reason="libpdfbox2-java is not installed")
def test_pdfbox_and_bouncycastle_find_each_signature_and_time_stamp_valid(made: Made) -> None:
    said = said_by_pdfbox(made, *map(made.path, KINDS), broken(made, "four"))
    for kind, (signatures, stamps) in KINDS.items():
        rows = [row for row in said if row[0] == f"{kind}.pdf"]
        assert [row[3] for row in rows] == ["valid"] * (signatures + stamps), rows
        assert [row[1] for row in rows].count("ETSI.RFC3161") == stamps
    refused = [row[3] for row in said if row[0] == "four-broken.pdf"]
    assert len(refused) == 5 and "valid" not in refused, refused


@pytest.mark.skipif(shutil.which("pdfsig") is None, reason="poppler-utils is not installed")
@pytest.mark.parametrize("kind", KINDS)
def test_poppler_finds_each_signature_valid(made: Made, kind: str) -> None:
    said = subprocess.run(
        ["pdfsig", "-nocert", str(made.path(kind))], capture_output=True, text=True, check=False
    ).stdout
    assert said.count("Signature Validation: Signature is Valid.") == KINDS[kind][0], said


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_verifies_each_signature_and_time_stamp(made: Made, kind: str, tmp_path: Path) -> None:
    found = check_with_openssl(made.path(kind).read_bytes(), made.root, tmp_path)
    assert (found.count("data"), found.count("tst_info")) == KINDS[kind]


@pytest.mark.skipif(shutil.which("mutool") is None, reason="mupdf-tools is not installed")
@pytest.mark.parametrize("kind", ["one", "between"])
def test_mupdf_sees_no_change_since_signing_in_a_file_of_one(made: Made, kind: str) -> None:
    outcome = subprocess.run(
        ["mutool", "sign", "-v", str(made.path(kind))], capture_output=True, text=True, check=False
    )
    said = outcome.stdout + outcome.stderr
    assert "Hélène Marchand" in said and "changed" not in said.replace("unchanged", ""), said


def test_pdfsigner_finds_no_octet_to_be_another_ones(made: Made) -> None:
    theirs = pdfsigner.verify_pdf_report(broken(made, "two"), roots=made.root)
    assert not any(row["valid"] for row in theirs["signatures"])
