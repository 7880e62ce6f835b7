"""A forger who has an authority's time-stamps and nothing else, against CHECK.txt: what it lets pass."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from asn1crypto import cms, core

from signatures import anchoring
from tests.workflow.evidence.checking import check
from tests.workflow.evidence.test_evidence import entries, entry, forge_without_seal, sum_of
from workflow.record import anchors


def ranges(folder: Path) -> dict[str, list[int]]:
    lines = (folder / "signatures" / "PLAGES.txt").read_text().splitlines()
    return {line.split()[0]: [int(one) for one in line.split()[2:]] for line in lines}


def put(folder: Path, number: str, der: bytes) -> None:
    """Write a CMS in its hole of the file, and beside."""
    _begin, length, resume, _rest = ranges(folder)[number]
    data = bytearray((folder / "contrat-signe.pdf").read_bytes())
    room = resume - length - 2
    data[length + 1 : resume - 1] = der.hex().encode().ljust(room, b"0")
    (folder / "contrat-signe.pdf").write_bytes(data)
    (folder / "signatures" / f"{number}.cms").write_bytes(der)


def stamp_anew(folder: Path) -> None:
    """Time-stamp the whole anew, then the journal: an authority dates whatever it is given."""
    [number] = [
        line.split()[0]
        for line in (folder / "signatures" / "PLAGES.txt").read_text().splitlines()
        if " horodatage " in line
    ]
    _begin, length, resume, rest = ranges(folder)[number]
    data = (folder / "contrat-signe.pdf").read_bytes()
    put(folder, number, anchoring.stamp(data[:length] + data[resume : resume + rest]))
    sealed = entry(folder, "contract_sealed")
    now = re.sub(
        r'"sealed_sha256":"\w+"',
        f'"sealed_sha256":"{sum_of(folder / "contrat-signe.pdf")}"',
        sealed.read_text(),
    )
    sealed.write_text(now)
    for path, after in zip(entries(folder), entries(folder)[1:], strict=False):
        if int(after.stem) == int(path.stem) + 1:
            after.write_text(sum_of(path) + after.read_text()[64:])
    for path in (folder / "journal" / "ancrages").glob("*.json"):
        said = anchors.statement(
            int(path.stem), sum_of(folder / "journal" / "ecritures" / f"{path.stem}.txt")
        )
        path.write_bytes(said)
        path.with_suffix(".tst").write_bytes(anchoring.stamp(said))


def test_a_signature_that_no_line_names_is_missed(folder: Path) -> None:
    """The second signature is nothing but zeros; its line is not there."""
    put(folder, "02", b"\x30\x00")
    lines = (folder / "signatures" / "PLAGES.txt").read_text().splitlines(keepends=True)
    (folder / "signatures" / "PLAGES.txt").write_text("".join(x for x in lines if not x.startswith("02")))
    stamp_anew(folder)
    forge_without_seal(folder)
    status, said = check(folder)
    assert status == 1 and "n’est pas dans signatures/PLAGES.txt" in said, said


def test_a_signatory_of_whom_nothing_says_that_they_were_not_revoked_is_missed(folder: Path) -> None:
    path = folder / "revocation" / "LIENS.txt"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(line for line in lines if "/02." not in line))
    forge_without_seal(folder)
    status, said = check(folder)
    assert status == 1 and "rien ne répond du certificat de la signature 02" in said, said


def test_the_certificate_beside_is_that_of_who_signed(folder: Path) -> None:
    """The first signatory's was revoked: his file holds that of the second."""
    one, two = (folder / "signatures" / f"0{n}.signataire.pem" for n in (1, 2))
    one.write_bytes(two.read_bytes())
    path = folder / "revocation" / "LIENS.txt"
    lines = [line.split() for line in path.read_text().splitlines()]
    [good] = [line for line in lines if "/02." in line[0]]
    path.write_text("".join(f"{' '.join([x[0], *good[1:]])}\n" for x in lines))
    forge_without_seal(folder)
    status, said = check(folder)
    assert status == 1 and "n’est pas le certificat de qui a signé" in said, said


def test_a_time_stamp_of_something_else_dates_no_signature(folder: Path) -> None:
    """Any old token of the authority, over anything, put with what it dates into the CMS."""
    anything = b"my shopping list, time-stamped years ago"
    token = anchoring.stamp(anything)
    info = cms.ContentInfo.load((folder / "signatures" / "02.cms").read_bytes())
    info["content"]["signer_infos"][0]["unsigned_attrs"] = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "1.2.3.4", "values": [core.OctetString(anything)]}),
            cms.CMSAttribute({"type": "1.2.3.5", "values": [core.Any(cms.ContentInfo.load(token))]}),
        ]
    )
    put(folder, "02", info.dump(force=True))
    (folder / "signatures" / "02.valeur").write_bytes(anything)
    (folder / "signatures" / "02.tst").write_bytes(token)
    stamp_anew(folder)
    forge_without_seal(folder)
    status, said = check(folder)
    assert status == 1 and "n’est pas la valeur de la signature" in said, said


def test_a_value_of_nothing_is_in_every_signature(folder: Path) -> None:
    (folder / "signatures" / "02.valeur").write_bytes(b"")
    forge_without_seal(folder)
    status, said = check(folder)
    assert status == 1 and "n’est pas la valeur de la signature" in said, said


@pytest.mark.parametrize(
    ("number", "words"),
    [("01", "la signature 01 ne suit pas la précédente"), (".*", "nomme autre chose que des numéros")],
)
def test_a_line_is_of_a_number_and_each_signature_has_one(folder: Path, number: str, words: str) -> None:
    """One line twice in the place of two; one whose name stands for any file's in the search."""
    path = folder / "signatures" / "PLAGES.txt"
    first, second, *others = path.read_text().splitlines(keepends=True)
    again = first if number == "01" else second.replace("02 ", f"{number} ", 1)
    path.write_text("".join([first, again, *others]))
    forge_without_seal(folder)
    status, said = check(folder)
    assert status == 1 and words in said, said
