"""A telephone number, as people type it."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from stakeholders.telephone import telephone


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("0233000000", "02 33 00 00 00"),
        ("02.33.00.00.00", "02 33 00 00 00"),
        ("+33 (0)2 33 00 00 00", "02 33 00 00 00"),
        ("0033233000000", "02 33 00 00 00"),
        ("39 39", "3939"),
        ("+32 470 12 34 56", "+32 470 12 34 56"),
        ("0032470123456", "+32470123456"),
    ],
)
def test_it_is_written_in_one_way(typed: str, kept: str) -> None:
    assert telephone(typed) == kept
    assert telephone(kept) == kept


@pytest.mark.parametrize(
    "typed", ["02 33", "poste 12", "٠٢٣٣٠٠٠٠٠٠", "+0233000000", "0" * 10, "+" + "1" * 16, "02330000000"]
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        telephone(typed)
