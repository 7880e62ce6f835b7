"""The form of the council's resolution: what is typed is what is kept, or is refused in words."""

from __future__ import annotations

import pytest
from django.utils import translation

from workflow.council.forms import VoteForm


@pytest.mark.parametrize("language", ["fr", "en"])
def test_voices_are_whole_numbers(language: str) -> None:
    with translation.override(language):
        form = VoteForm({"votes_for": "1\u202f026", "votes_against": "2,5", "abstentions": "1,150"})
        assert "votes_for" not in form.errors
        assert form.cleaned_data["votes_for"] == 1026
        assert {"votes_against", "abstentions"} <= set(form.errors)
        assert 'value="2,5"' in str(form["votes_against"])
        assert 'inputmode="numeric"' in str(form["votes_for"])
        assert "votes_for" in VoteForm({"votes_for": "-1"}).errors
        assert "votes_for" in VoteForm({"votes_for": "40000"}).errors
