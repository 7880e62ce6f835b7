"""Keys of several kinds on one contract, in any order: none changes what another certified."""

from __future__ import annotations

import asyncio
import io
import subprocess
from collections.abc import Callable
from functools import partial
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from django.contrib.auth.base_user import AbstractBaseUser
from pyhanko.pdf_utils.reader import PdfFileReader

from signatures import cms, pades
from signatures.backends.demo import demo
from signatures.demo import pki as authorities
from signatures.errors import WrongSignatureValue
from signatures.validation import validate
from tests.signatures import documents
from tests.signatures.stages import make_people, sign, somebody

KINDS = ("p256", "rsa3072")
Sign = Callable[[AbstractBaseUser, bytes, str], Any]


@pytest.mark.parametrize("order", list(permutations(range(2))), ids=lambda order: KINDS[order[0]] + "-first")
def test_whoever_signs_first_the_file_is_sealed_and_valid(pki: object, order: tuple[int, int]) -> None:
    people = make_people()
    file = asyncio.run(_sealed([people[place] for place in order]))
    report = validate(file, expected=["Signataire-01", "Signataire-02"])
    assert report.valid, report.problems


@pytest.mark.parametrize("kind", ["p384", "rsa4096", "pss"])
def test_other_keys_are_valid_and_others_agree(
    pki: object, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a card may hold: a larger curve, a longer modulus, or a module that signs by PSS alone."""
    prefect, _mayor = make_people()
    other, issued = somebody(f"{kind}@validation.test"), demo()
    algorithm: authorities.Algorithm = "rsa3072" if kind == "pss" else kind  # type: ignore[assignment]
    authorities.issue_person(other.get_username(), "Ange Autre", "Ville", "Maire", algorithm=algorithm)
    if kind == "pss":
        monkeypatch.setattr(issued, "sign_as", partial(_by_pss, issued.sign_as, other))
    file = asyncio.run(_sealed([prefect, other]))
    report = validate(file, expected=["Signataire-01", "Signataire-02"])
    assert report.valid, report.problems
    expected = {"p384": "sha256_ecdsa", "rsa4096": "sha256_rsa", "pss": "rsassa_pss"}[kind]
    assert report.signatures[-1].algorithm == expected
    path = tmp_path / "signed.pdf"
    path.write_bytes(file)
    said = subprocess.run(["pdfsig", str(path)], capture_output=True, text=True, check=False).stdout
    assert said.count("Signature is Valid") == 2, said


def test_a_value_of_neither_way_is_refused(pki: object) -> None:
    _prefect, mayor = make_people()
    certificate = demo().held_by(mayor).certificate
    short = _key_of(mayor).sign(b"x", padding.PSS(padding.MGF1(hashes.SHA256()), 8), hashes.SHA256())
    with pytest.raises(WrongSignatureValue):
        cms.normalised_value(certificate, b"x", short)


def test_no_key_changes_the_version_of_what_was_approved(pki: object) -> None:
    """The print says PDF/A, whose version is the file's: a later key of another kind leaves it alone."""
    prefect, _mayor = make_people()
    base = documents.build()
    signed = asyncio.run(sign(base, "Signataire-01", prefect, first=True, last=False))
    before, after = (PdfFileReader(io.BytesIO(file)) for file in (base, signed))
    assert before.root.get("/Version") is None
    assert after.root.get("/Version", "/1.7") == "/1.7"
    assert set(after.root["/Extensions"]) == {"/ESIC"}


def _by_pss(
    sign: Sign, whom: AbstractBaseUser, person: AbstractBaseUser, attributes: bytes, name: str
) -> Any:
    """Sign as a module does that knows no other way with an RSA key, for one person."""
    if person is not whom:
        return sign(person, attributes, name)
    return _key_of(person).sign(attributes, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())


def _key_of(person: AbstractBaseUser) -> Any:
    return demo()._open(person).key


async def _sealed(people: list[AbstractBaseUser]) -> bytes:
    first, second = people
    file = await sign(documents.build(), "Signataire-01", first, first=True, last=False)
    file = await sign(file, "Signataire-02", second, first=False, last=True)
    return await pades.seal(file)
