"""The evidence of a signed contract proves it to who has openssl and nothing of ours, and shows each forgery.

The forger of these tests holds the whole file, and has an authority time-stamp what he made of it: the list
of hashes and its token are his. What is left to show the forgery is what the contract and the journal prove.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from contracts.models import Contract
from signatures import anchoring
from tests.workflow.evidence.checking import check, commands, source, unpack
from workflow.evidence.making import make, path_of
from workflow.evidence.models import Scope


def entries(folder: Path) -> list[Path]:
    return sorted((folder / "journal" / "ecritures").iterdir())


def entry(folder: Path, verb: str) -> Path:
    return [path for path in entries(folder) if f'"verb":"{verb}"' in path.read_text()][-1]


def sum_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def rewrite(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def list_anew(folder: Path) -> None:
    """Have the forger's own list of entries and of files, with a true token over it."""
    sums = "".join(f"{sum_of(path)}  ecritures/{path.name}\n" for path in entries(folder))
    (folder / "journal" / "EMPREINTES").write_text(sums)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and "SHA256SUMS" not in path.name)
    listed = "".join(f"{sum_of(path)}  {path.relative_to(folder)}\n" for path in files)
    (folder / "SHA256SUMS").write_text(listed)
    (folder / "SHA256SUMS.tst").write_bytes(anchoring.stamp(listed.encode()))


def forge_without_seal(folder: Path) -> None:
    """The forger has no key of the platform's: the seal goes."""
    (folder / "SHA256SUMS.p7s").unlink()
    list_anew(folder)


def test_it_is_verified_where_none_of_our_code_is(folder: Path) -> None:
    status, said = check(folder)
    assert (status, said.splitlines()[-1]) == (0, "TOUT EST VÉRIFIÉ"), said
    assert re.search(r"Les \d\d écritures d’avant le scellement sont toutes là", said)
    assert len(re.findall(r"^Signature 0\d valable, horodatée : \w+ ", said, re.MULTILINE)) == 2
    held = {path.relative_to(folder).parts[0] for path in folder.rglob("*")}
    assert held >= {
        "annexes",
        "bordereau.pdf",
        "faits",
        "rapports",
        "revocation",
        "versions",
        "contrat-signe.pdf",
    }
    told = json.loads((folder / "manifeste.json").read_text())
    assert {one["fichier"]: one["sha256"] for one in told["fichiers"]}["contrat-signe.pdf"] == sum_of(
        folder / "contrat-signe.pdf"
    )
    said_of = json.loads((folder / "faits" / "deliberations.json").read_text())
    assert said_of[0]["numero"] == "2026-11-014" and said_of[0]["accuse_de_reception_du"]


@pytest.mark.skipif(shutil.which("faketime") is None, reason="faketime is not installed")
@pytest.mark.parametrize("day", ["2030-01-01", "2045-06-01"])
def test_it_is_verified_once_every_certificate_but_the_root_has_ended(folder: Path, day: str) -> None:
    status, said = check(folder, on=day)
    assert (status, said.splitlines()[-1]) == (0, "TOUT EST VÉRIFIÉ"), said


def test_it_bears_the_seal_of_the_platform_which_no_other_list_fits(folder: Path) -> None:
    assert "CN=SPÉCIMEN, cachet de la plateforme" in check(folder)[1]
    (folder / "faits" / "avis.json").write_text("[]")
    list_anew(folder)
    status, said = check(folder)
    assert (status, "le cachet électronique" in said) == (1, True), said


def test_a_file_changed_added_or_taken_away_is_shown_by_the_list(folder: Path) -> None:
    (folder / "ajout.txt").write_text("x")
    assert "un fichier de trop" in check(folder)[1]
    (folder / "ajout.txt").unlink()
    (folder / "faits" / "avis.json").write_text("[]")
    status, said = check(folder)
    assert (status, "un fichier a changé" in said) == (1, True)
    lines = (folder / "SHA256SUMS").read_text()
    avis = next(line for line in lines.splitlines() if line.endswith("faits/avis.json"))
    (folder / "SHA256SUMS").write_text(lines.replace(avis[:64], sum_of(folder / "faits" / "avis.json")))
    assert "SHA256SUMS.tst n’horodate pas SHA256SUMS" in check(folder)[1]


def test_a_title_is_never_taken_for_a_command(contract: Contract, tmp_path: Path) -> None:
    contract.title = "Contrat\n    touch pris %s $(touch pris)"
    written, _token = make(source(contract), Scope.WHOLE, None)
    folder = unpack(path_of(contract.pk, Scope.WHOLE, written.sha256), tmp_path / "dossier")
    assert "touch" not in commands(folder) and "touch pris %s" in (folder / "CHECK.txt").read_text()
    assert check(folder)[0] == 0


def change_the_page(folder: Path) -> None:
    data = bytearray((folder / "contrat-signe.pdf").read_bytes())
    data[data.index(b"stream") + 40] ^= 1
    (folder / "contrat-signe.pdf").write_bytes(data)


def cut_the_second_signature(folder: Path) -> None:
    ranges = (folder / "signatures" / "PLAGES.txt").read_text().splitlines(keepends=True)
    _number, _kind, _begin, _length, resume, rest = ranges[0].split()
    data = (folder / "contrat-signe.pdf").read_bytes()
    (folder / "contrat-signe.pdf").write_bytes(data[: int(resume) + int(rest)])
    (folder / "signatures" / "PLAGES.txt").write_text(ranges[0])


def add_after_the_end(folder: Path) -> None:
    with (folder / "contrat-signe.pdf").open("ab") as file:
        file.write(b"\n% and more")


def give_another_signature(folder: Path) -> None:
    shutil.copy(folder / "signatures" / "01.cms", folder / "signatures" / "02.cms")


def answer_for_another(folder: Path) -> None:
    lines = [line.split() for line in (folder / "revocation" / "LIENS.txt").read_text().splitlines()]
    lines[0][3], lines[1][3] = lines[1][3], lines[0][3]
    (folder / "revocation" / "LIENS.txt").write_text("".join(f"{' '.join(line)}\n" for line in lines))


def change_an_entry(folder: Path) -> None:
    rewrite(entry(folder, "opinion_given"), '"value":"favourable"', '"value":"unfavourable"')


def take_an_entry_away(folder: Path) -> None:
    entry(folder, "opinion_given").unlink()


def change_an_entry_and_the_seal(folder: Path) -> None:
    """Every hash fits again: but the seal's own entry was time-stamped, and is no longer that one."""
    change_an_entry(folder)
    sealed = entry(folder, "contract_sealed")
    before = [path for path in entries(folder) if path.name < sealed.name]
    said = hashlib.sha256("".join(f"{sum_of(path)}\n" for path in before).encode()).hexdigest()
    sealed.write_text(re.sub(r'"entries_sha256":"\w+"', f'"entries_sha256":"{said}"', sealed.read_text()))
    for path, after in zip(entries(folder), entries(folder)[1:], strict=False):
        if int(after.stem) == int(path.stem) + 1:
            after.write_text(sum_of(path) + after.read_text()[64:])


def change_the_text(folder: Path) -> None:
    rewrite(folder / "versions" / "v1.json", "Clairval", "Clairvaux")


def give_another_token(folder: Path) -> None:
    path = next((folder / "journal" / "ancrages").glob("*.tst"))
    path.write_bytes(anchoring.stamp(b"something else"))


@pytest.mark.parametrize(
    ("forge", "shown"),
    [
        (change_the_page, "signature 01"),
        (cut_the_second_signature, "n’est pas horodaté dans son entier"),
        (add_after_the_end, "des octets suivent"),
        (give_another_signature, "02.cms n’est pas celle du fichier"),
        (answer_for_another, "reponse"),
        (change_an_entry, "ne suit pas la précédente"),
        (take_an_entry_away, "la liste des écritures n’est pas celle du scellement"),
        (change_an_entry_and_the_seal, "est celui d’une autre écriture"),
        (change_the_text, "la version 1 n’est pas celle qui a été figée"),
        (give_another_token, "n’horodate pas"),
    ],
)
def test_what_a_forger_does_is_shown_though_every_hash_of_the_list_fits(
    folder: Path, forge: Callable[[Path], None], shown: str
) -> None:
    forge(folder)
    forge_without_seal(folder)
    status, said = check(folder)
    assert status == 1
    assert "FAUTE" in said and shown in said, said
