"""Keys of several kinds on one contract, in any order: none changes what another certified."""

from __future__ import annotations

import asyncio
import io
from itertools import permutations

import pytest
from django.contrib.auth.base_user import AbstractBaseUser
from pyhanko.pdf_utils.reader import PdfFileReader

from signatures import pades
from signatures.validation import validate
from tests.signatures import documents
from tests.signatures.stages import make_people, sign

KINDS = ("p256", "rsa3072")


@pytest.mark.parametrize("order", list(permutations(range(2))), ids=lambda order: KINDS[order[0]] + "-first")
def test_whoever_signs_first_the_file_is_sealed_and_valid(pki: object, order: tuple[int, int]) -> None:
    people = make_people()
    file = asyncio.run(_sealed([people[place] for place in order]))
    report = validate(file, expected=["Signataire-01", "Signataire-02"])
    assert report.valid, report.problems


def test_no_key_changes_the_version_of_what_was_approved(pki: object) -> None:
    """The print says PDF/A, whose version is the file's: a later key of another kind leaves it alone."""
    prefect, _mayor = make_people()
    base = documents.build()
    signed = asyncio.run(sign(base, "Signataire-01", prefect, first=True, last=False))
    before, after = (PdfFileReader(io.BytesIO(file)) for file in (base, signed))
    assert before.root.get("/Version") is None
    assert after.root.get("/Version", "/1.7") == "/1.7"
    assert set(after.root["/Extensions"]) == {"/ESIC"}


async def _sealed(people: list[AbstractBaseUser]) -> bytes:
    first, second = people
    file = await sign(documents.build(), "Signataire-01", first, first=True, last=False)
    file = await sign(file, "Signataire-02", second, first=False, last=True)
    return await pades.seal(file)
