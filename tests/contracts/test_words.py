"""What is sought and what is searched are folded alike, in Python and in the database."""

from __future__ import annotations

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contracts.words import words_of

pytestmark = pytest.mark.django_db


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60))
def test_python_and_the_database_fold_alike(db: None, text: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(contracts_words(%s, '', ''))", [text])
        (held,) = cursor.fetchone()
    assert set(held) == set(words_of(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("CSI-27-2026-001", ["csi", "27", "2026", "001"]),
        (
            "Sécurité de l’Orme, à Œuvre-lès-Évêques",
            ["securite", "de", "l", "orme", "a", "oeuvre", "les", "eveques"],
        ),
        ("3e5 0x1F 1.5", ["3e5", "0x1f", "1", "5"]),
        ("  —  ", []),
    ],
)
def test_words_are_bare(text: str, words: list[str]) -> None:
    assert words_of(text) == words
