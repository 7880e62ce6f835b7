"""The numbers of bodies and communes, and the articles of names."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from stakeholders.identifiers import commune, communes, siret
from stakeholders.models import Organisation
from stakeholders.titles import article_of, body, of_body


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("732 829 320 00074", "73282932000074"),
        ("732\u00a0829\u202f320.00074", "73282932000074"),
        ("35600000000048", "35600000000048"),  # La Poste's head office, by Luhn
        ("35600000049837", "35600000049837"),  # one of its offices, by the sum of its digits
    ],
)
def test_a_siret_is_kept_as_its_digits(typed: str, kept: str) -> None:
    assert siret(typed) == kept


@pytest.mark.parametrize(
    "typed",
    ["73282932000075", "7328293200007", "732829320000741", "00000000000000", "٧٣٢٨٢٩٣٢٠٠٠٠٧٤", "x" * 14],
)
def test_what_is_no_siret_is_refused(typed: str) -> None:
    with pytest.raises(ValidationError):
        siret(typed)


@given(st.from_regex(r"[0-9]{13}", fullmatch=True).filter(lambda digits: not digits.startswith("356000000")))
def test_of_ten_last_digits_one_makes_a_siret(digits: str) -> None:
    """As the sum is taken modulo ten; no single wrong digit passes."""
    good = []
    for last in "0123456789":
        try:
            good.append(siret(digits + last))
        except ValidationError:
            continue
    assert len(good) == (0 if not digits.strip("0") else 1)


@pytest.mark.parametrize("code", ["61001", "2A004", "2b033", "97105", "98411", "75056", "01001"])
def test_a_commune_has_a_code(code: str) -> None:
    assert commune(code) == code.upper()


@pytest.mark.parametrize(
    "code", ["6100", "610011", "20004", "2C004", "96001", "97001", "00001", "Alençon", "٦١٠٠١"]
)
def test_what_is_no_code_of_a_commune_is_refused(code: str) -> None:
    with pytest.raises(ValidationError):
        commune(code)


def test_a_list_of_communes_is_kept_once_each_in_order() -> None:
    assert communes("61001, 2a004;61001\n97105") == ["61001", "2A004", "97105"]
    assert communes(" ") == []


@pytest.mark.parametrize("facts", [{"siret": "73282932000075"}, {"communes": ["20004"]}])
def test_an_organisation_is_checked_whatever_page_writes_it(facts: dict[str, Any]) -> None:
    """Django's administration too, which asks the model alone."""
    with pytest.raises(ValidationError):
        Organisation(name="X", **facts).clean()


@pytest.mark.parametrize(
    ("name", "in_sentence", "after_of"),
    [
        ("Préfecture de l’Orme", "la préfecture de l’Orme", "de la préfecture de l’Orme"),
        ("Parquet de Clairval", "le parquet de Clairval", "du parquet de Clairval"),
        ("Office public de l’habitat", "l’office public de l’habitat", "de l’office public de l’habitat"),
        ("Orme Habitat", "Orme Habitat", "d’Orme Habitat"),
        ("SNCF Voyageurs", "SNCF Voyageurs", "de SNCF Voyageurs"),
    ],
)
def test_a_body_is_named_in_a_sentence(name: str, in_sentence: str, after_of: str) -> None:
    article = article_of(name)
    assert (body(name, article), of_body(name, article)) == (in_sentence, after_of)


def test_a_plural_contracts() -> None:
    assert of_body("Transports du Val", "les") == "des transports du Val"
