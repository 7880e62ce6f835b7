"""An empty file is refused in words that say what to do, whichever field it was chosen in."""

from __future__ import annotations

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from tests.attacks.test_text import fields_of, our_forms
from workflow.tasks import weighed

CHOSEN = [
    (f"{form.__name__}.{name}", field)
    for form in our_forms()
    for name, field in fields_of(form).items()
    if isinstance(field, forms.FileField) and not field.allow_empty_file
]


@pytest.mark.parametrize(("name", "field"), CHOSEN, ids=[name for name, _field in CHOSEN])
def test_an_empty_file_is_refused_in_words_of_ours(name: str, field: forms.FileField) -> None:
    with pytest.raises(ValidationError) as refused:
        field.clean(SimpleUploadedFile("vide.pdf", b"", "application/pdf"))
    (said,) = refused.value.messages
    assert said == str(weighed.UNREADABLE) or said.startswith("Ce fichier est vide : choisissez"), name


def test_the_page_says_it_before_it_is_sent() -> None:
    assert weighed.at_most(weighed.MEBIBYTE)["data-unreadable"] == weighed.UNREADABLE
    assert len(CHOSEN) >= 8
