"""Somebody wants a text to say something else than it shows: lines, directions, nothing at all, a link."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django import forms
from django.apps import apps
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.db import models
from django.test import Client
from django.urls import reverse

from stakeholders import text
from stakeholders.invitations import Invitation
from stakeholders.letters import RARE_BREAKS
from stakeholders.models import Organisation, User
from tests.cast import Cast
from tests.invited import mailbox
from tests.stage import run_jobs

BAD = {
    "line": "Jean\nhttps",
    "return": "Jean\rDupont",
    "null": "Jean\x00Dupont",
    "escape": "Jean\x1b[2KDupont",
    "next line": "Jean\x85Dupont",
    "line separator": "Jean\u2028Dupont",
    "override": "Jean\u202egpj.exe",
    "isolate": "Jean\u2066Dupont\u2069",
    "mark": "Jean\u200fDupont",
    "zero width": "Je\u200ban",
    "joiner": "Je\u200dan",
    "word joiner": "Je\u2060an",
    "tag": "Jean\U000e0041",
    "emoji": "Jean 😀",
    "arabic": "جان",
    "replacement": "Jean\ufffd",
    "private": "Jean\ue000",
    "filler": "\u3164",
    "braille": "\u2800\u2800",
    "accents": "Je" + "\u0301" * 12 + "an",
}


@pytest.mark.parametrize("value", BAD.values(), ids=BAD.keys())
def test_a_line_is_one_line_and_shows_all_it_says(value: str) -> None:
    name = text.NameField(label="x")
    with pytest.raises(ValidationError) as refused:
        name.clean(value)
    assert "U+" in refused.value.messages[0]
    line = text.LineField(label="x")
    if set(value) & set(RARE_BREAKS):  # it opens no mail: a line broken by another program is one line
        assert line.clean(value) == "Jean Dupont"
    else:
        with pytest.raises(ValidationError) as refused:
            line.clean(value)
        assert "U+" in refused.value.messages[0]
    with pytest.raises(ValidationError):
        User(email="a@ville.example", last_name=value).clean_fields()


def test_what_is_harmless_is_put_right() -> None:
    assert text.one_line("  E\u0301lodie\u00a0B\u2003Roux\u00ad ") == "Élodie\u00a0B Roux"
    assert text.several_lines("un\r\ndeux\rtrois\tquatre") == "un\ndeux\ntrois\tquatre"
    assert text.LineField(max_length=4, strip=True).clean("e\u0301e\u0301e\u0301e\u0301") == "éééé"
    for refused in ("a\u202eb", "a\x00b", "a\x1bb", "a\ue000b"):
        with pytest.raises(ValidationError):
            text.several_lines(refused)


@pytest.mark.parametrize(
    "value",
    [
        "Jean https://evil.example",
        "www.evil",
        "evil.example",
        "a@b",
        "<b>Jean",
        "Urgent: cliquez",
        "01234567",
    ],
)
def test_a_name_hides_no_address(value: str) -> None:
    with pytest.raises(ValidationError):
        text.person_name(value)


@pytest.mark.parametrize(
    "value",
    [
        "M.",
        "Jean-Pierre",
        "J.-P. d’Alembert",
        "O'Brien",
        "Nguyễn",
        "Şükrü",
        "de la Tour, née Roux",
        "Łukasz Ščerbić",
        "Αλέξης",
    ],
)
def test_real_names_are_names(value: str) -> None:
    assert text.person_name(value) == value


@pytest.mark.parametrize(
    "value",
    [
        '"a\x01"@ville.example',
        '"a b"@ville.example',
        "a@evil.example,b@ville.example",
        "a@evil.example\n@ville.example",
        "a@ville.example\u200b",
        "é@ville.example",
        "a@ville..example",
    ],
)
def test_an_address_is_one_address(value: str) -> None:
    with pytest.raises(ValidationError):
        text.MailField().clean(value)


def test_domains_compare_in_one_writing() -> None:
    assert text.domain_of("a@VILLE-Évry.example") == text.domain_of("b@xn--ville-vry-g4a.example")
    assert text.mail_domain("@Ville.Example") == "ville.example"
    for shared in (
        "gmail.com",
        "gouv.fr",
        "fr",
        "ville.example,evil.example",
        "ville example",
        "x@y.example",
    ):
        with pytest.raises(ValidationError):
            text.mail_domain(shared)


def test_whatever_saves_a_model_obeys(db: None) -> None:
    """Saved, made in bulk, updated without an object: refused, or kept in its proper form."""
    assert User.objects.filter(last_name__contains="a\u202eb").count() == 0, "one may still search"
    person = User.objects.create_user("a@ville.example", first_name="E\u0301lodie", last_name="Roux")
    assert person.first_name == "Élodie"
    with pytest.raises(ValidationError):
        User.objects.create_user("b@ville.example", last_name="a\nb")
    with pytest.raises(ValidationError):
        User.objects.bulk_create([User(email="c@ville.example", last_name="a\u202eb")])
    with pytest.raises(ValidationError):
        User.objects.filter(pk=person.pk).update(last_name="a\x1bb")


def test_a_stranger_gets_no_words_of_the_sender_s_in_an_invitation(cast: Cast) -> None:
    """The attack as it was made: line breaks and a link in the first name, the mail's first paragraph."""
    city = cast.organisation("org-ville")
    office = city.offices.create(title="Chargée de mission", role="contributor")
    client = Client()
    client.force_login(cast.dgs, backend="allauth.account.auth_backends.AuthenticationBackend")
    form = {"email": "stranger@elsewhere.example", "last_name": "Roux", "office": office.pk}
    form |= {"starts_on": "2026-01-05"}
    smuggled = "Félicitations !\r\n\r\nVotre colis : https://evil.example/\r\n\r\n"
    for name in (smuggled, "https://evil.example", "evil.example"):
        for field in ("first_name", "last_name", "civility"):
            sent = {**form, "first_name": "Anna", field: name[:140]}
            answer = client.post(reverse("invitation_add", args=[city.pk]), sent)
            assert answer.status_code == 422, (field, name)
    assert not Invitation.objects.exists()
    run_jobs()
    assert mailbox() == []


def fields_of(form: type[forms.BaseForm]) -> dict[str, forms.Field]:
    return getattr(form, "base_fields", {})


def our_forms() -> list[type[forms.BaseForm]]:
    found = []
    for room in ("contracts", "stakeholders", "workflow", "config"):
        for path in sorted(Path(room).rglob("*forms.py")):
            name = ".".join(path.with_suffix("").parts)
            for _name, kind in inspect.getmembers(import_module(name), inspect.isclass):
                if issubclass(kind, forms.BaseForm) and kind.__module__ == name:
                    found.append(kind)
    assert len(found) > 25
    return found


def is_bare(field: forms.Field) -> bool:
    if isinstance(field, SimpleArrayField):
        return is_bare(field.base_field)
    if isinstance(field.widget, forms.PasswordInput):
        return False
    proper = isinstance(field, text.LineField | text.MailField | forms.SlugField)
    return isinstance(field, forms.CharField) and not isinstance(field, forms.JSONField) and not proper


# the address that one logs in with is only looked up; the hash of the file that another replaces, compared
LOOKED_UP = {"RequestCodeForm.email", "AskResetForm.email", "AnnexFileForm.replaces"}


def test_no_form_takes_bare_text() -> None:
    """A text field added tomorrow is one of ours, or this names it."""
    bare = [
        f"{form.__name__}.{name}"
        for form in our_forms()
        for name, field in fields_of(form).items()
        if is_bare(field)
    ]
    # what a form was opened on comes back as it was sent: it is compared, and never kept
    assert {name for name in bare if not name.endswith(".seen")} <= LOOKED_UP


# written by the program alone: hashes, names of steps, what another column holds; or held by a pattern
MACHINE = {
    "template", "quality", "asked_as", "verb", "kind", "identifier", "value", "code_hash", "token_hash",
    "sealed", "void_reason", "address", "fault", "saved", "path", "page", "siret", "communes",
    "unwanted",  # of a closed list, by its form (workflow/news/forms.py)
}  # fmt: skip


def test_no_model_keeps_bare_text() -> None:
    bare = []
    for room in ("contracts", "stakeholders", "workflow"):
        for model in apps.get_app_config(room).get_models():
            for field in model._meta.local_fields:
                texts: Any = getattr(field, "base_field", field)
                is_text = isinstance(texts, models.CharField | models.TextField)
                ours = isinstance(texts, text.Line | text.Lines | text.MailAddress | models.SlugField)
                machine = (
                    field.name in MACHINE or texts.choices or texts.max_length == 64 or not field.editable
                )
                if is_text and not ours and not machine and field.name != "password":
                    bare.append(f"{model.__name__}.{field.name}")
    assert bare == []


def test_a_blank_or_shared_domain_is_none(db: None) -> None:
    with pytest.raises(ValidationError):
        Organisation(name="x", short_name="x", email_domain="gmail.com").clean_fields()
