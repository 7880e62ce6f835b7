"""Plausible days: every field of a form and every column that is filled refuses a year that cannot be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django import forms
from django.apps import apps
from django.db import models
from django.urls import get_resolver
from django.utils import timezone, translation

from stakeholders import days
from stakeholders.actions import appoint, end_mandate
from stakeholders.models import Office, Role
from tests.cast import Cast

OURS = ("contracts", "stakeholders", "workflow", "signatures")
NOT_TYPED = {"DailyPass.day", "Reminder.term", "ReminderPass.day", "Silence.term"}


def _forms(base: type = forms.BaseForm) -> Iterator[type]:
    form: type
    for form in base.__subclasses__():
        yield form
        yield from _forms(form)


def test_every_field_of_a_form_and_every_column_is_of_the_one_class() -> None:
    get_resolver()._populate()  # noqa: SLF001 (imports every form)
    fields = {
        f"{form.__name__}.{name}": field
        for form in _forms()
        if form.__module__.startswith(OURS)
        for name, field in getattr(form, "base_fields", {}).items()
        if isinstance(field, forms.DateField)
    }
    assert len(fields) >= 15, sorted(fields)
    assert {name for name, field in fields.items() if not isinstance(field, days.DayField)} == set()
    columns = {
        f"{model.__name__}.{column.name}"
        for model in apps.get_models()
        if model._meta.app_label in OURS
        for column in model._meta.get_fields()
        if type(column) is models.DateField
    }
    assert columns == NOT_TYPED


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_year_that_cannot_be_is_refused_and_says_what_to_type(language: str) -> None:
    field = days.DayField()
    this_year = timezone.localdate().year
    with translation.override(language):
        for typed in (
            "0026-04-01",
            f"{this_year + 101}-01-01",
            f"{this_year - 101}-12-31",
            "32/01/2026",
            "x\x00",
        ):
            with pytest.raises(forms.ValidationError):
                field.clean(typed)
        assert field.clean("03/04/2026") == dt.date(2026, 4, 3), "day first, whatever the language"
        for year in (this_year - 100, this_year + 100):
            assert field.clean(f"{year}-01-01") == dt.date(year, 1, 1)


def test_the_sentence_names_the_year() -> None:
    with pytest.raises(forms.ValidationError) as refusal:
        days.DayField().clean("0026-04-01")
    assert refusal.value.messages == ["L’année 26 n’est pas plausible : écrivez-la sur quatre chiffres."]
    with pytest.raises(forms.ValidationError) as old:
        days.of_contract(dt.date(2015, 12, 31), 2026)
    assert "31\u00a0décembre 2015" in old.value.messages[0]
    days.of_contract(dt.date(2016, 1, 1), 2026)


def test_acts_refuse_it_too(cast: Cast) -> None:
    office = Office.objects.create(
        organisation=cast.organisation("org-oh"), title="Essai", role=Role.CONTRIBUTOR
    )
    with pytest.raises(forms.ValidationError, match="26 n’est pas plausible"):
        appoint(cast.rtac, office, starts_on=dt.date(26, 4, 1), actor=None)
    with pytest.raises(forms.ValidationError, match="9026 n’est pas plausible"):
        end_mandate(cast.maire.mandates.get(), ends_on=dt.date(9026, 4, 1), actor=None)
