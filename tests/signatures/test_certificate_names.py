"""A long name is cut between its letters, as much of it as a certificate holds."""

from __future__ import annotations

import unicodedata

import pytest
from cryptography.x509.oid import NameOID

from signatures.demo.pki.issuance import _name


def held(name: str, oid: object = NameOID.COMMON_NAME) -> str:
    subject = _name(name, organisation=name, title=name)
    return str(subject.get_attributes_for_oid(oid)[0].value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "letter", ["é", "e\u0301", "e\u0302\u0323", "x\u0332\u0333", "👩\u200d👩\u200d👧", "a"]
)
def test_a_name_is_cut_between_letters(letter: str) -> None:
    whole = unicodedata.normalize("NFC", letter)
    for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME, NameOID.TITLE):
        kept = held(letter * 64, oid)
        assert kept == whole * (len(kept) // len(whole)) != ""
    assert len(held(letter * 64).encode()) <= 64


def test_a_name_that_fits_stays_whole() -> None:
    assert held("Hélène Vasseur-Mondière") == "Hélène Vasseur-Mondière"
