"""Communes typed one after the other: a trailing comma is nothing, and an error says which, in French."""

from __future__ import annotations

import pytest
from django import forms

from contracts.forms import ContractForm
from stakeholders.communes import CommuneNamesField
from workflow.organisations.register_forms import AuthorityForm


class Named(forms.Form):
    communes = CommuneNamesField()


@pytest.mark.parametrize("typed", ["Montbrac, Valbrune", "Montbrac,, Valbrune, ", " ,Montbrac , Valbrune,"])
def test_an_empty_part_is_nothing(typed: str) -> None:
    form = Named({"communes": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["communes"] == ["Montbrac", "Valbrune"]


def test_commas_alone_name_no_commune() -> None:
    assert "Ce champ est obligatoire." in Named({"communes": " , ,"}).errors["communes"]


@pytest.mark.parametrize(("wrong", "why"), [("x" * 121, "121"), ("Val\x07brune", ""), ("100 %\x07", "")])
def test_an_error_says_which_commune_and_keeps_what_was_typed(wrong: str, why: str) -> None:
    typed = f"Montbrac, {wrong},"
    form = Named({"communes": typed})
    (said,) = map(str, form.errors["communes"])
    assert said.startswith("Commune n° 2 : ")
    assert why in said
    assert "array" not in said
    assert form["communes"].value() == typed


def test_both_forms_that_ask_for_communes_ask_so() -> None:
    for form in (ContractForm, AuthorityForm):
        assert isinstance(form.base_fields["communes"], CommuneNamesField)
