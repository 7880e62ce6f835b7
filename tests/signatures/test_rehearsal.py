"""The rehearsal of the signatures: what would not do is found before anybody is asked."""

from __future__ import annotations

import pytest

from signatures import rehearsal
from signatures.rehearsal import Place, RehearsalFailed, rehearse
from tests.signatures import documents

LINES = ("Karim Benali", "Maire de Clairval", "Ville de Clairval")
PLACES = [Place(documents.FIELDS[0], LINES), Place(documents.FIELDS[1], LINES, "rsa", 3072)]


def test_a_document_that_will_do_is_signed_in_every_place_by_keys_of_the_kinds_expected() -> None:
    document = documents.build()
    copy = rehearse(document, PLACES, specimen=False)
    assert copy.startswith(document)
    assert copy.count(b"/ETSI.CAdES.detached") == 2
    assert b"SP\xc9CIMEN" not in copy


def test_a_place_that_the_document_does_not_have_is_found() -> None:
    with pytest.raises(RehearsalFailed):
        rehearse(documents.build(), [*PLACES, Place("Signataire-03", LINES)], specimen=True)


def test_a_place_that_nobody_will_sign_is_found() -> None:
    with pytest.raises(RehearsalFailed, match="Signataire-02"):
        rehearse(documents.build(), PLACES[:1], specimen=True)


def test_a_document_that_hides_something_is_found() -> None:
    document = documents.build()
    hollow = document.replace(b"%%EOF", b"%%EOF\n<</Hidden true>>\n%%EOF", 1)
    with pytest.raises(RehearsalFailed):
        rehearse(hollow, PLACES, specimen=True)


def test_what_pdfsig_does_not_find_good_is_said() -> None:
    """A copy of which a byte was changed after the signatures: ours is asked first, pdfsig by itself here."""
    copy = bytearray(rehearse(documents.build(), PLACES, specimen=False))
    rehearsal._refuse_by_pdfsig(bytes(copy), 2)
    position = copy.index(b"/MediaBox") + 12
    copy[position] ^= 1
    with pytest.raises(RehearsalFailed, match="pdfsig"):
        rehearsal._refuse_by_pdfsig(bytes(copy), 2)
