"""What a line of a document says goes into a text in French, whatever the language of who imports it."""

from __future__ import annotations

from django.utils import translation

from contracts.imports import Kind, Line
from workflow.drafting.import_forms import turned


def test_the_columns_of_a_commitment_that_becomes_text_keep_their_french_names() -> None:
    line = Line(Kind.COMMITMENT, title="Patrouilles", facts={"target": "38", "owner": "M. Roux"})
    with translation.override("en"):
        text = turned(line, Kind.TEXT)
    assert "Cible\u00a0: 38" in text.text
    assert "Responsable\u00a0: M. Roux" in text.text
