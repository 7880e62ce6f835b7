"""Figures as people type them: each reading, in each language of the pages."""

from __future__ import annotations

import html
import re
from decimal import Decimal

import pytest
from django import forms
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import translation
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from contracts.figures import FigureField, read, written
from contracts.forms import CommitmentForm
from contracts.models import Commitment, Contract
from contracts.spelled import said
from tests import plot
from tests.cast import Cast, small_contract
from tests.workflow.sockets import logged_in

FIELD = FigureField(max_digits=14, decimal_places=2, required=False)
READ = {
    "12,5": "12.5",
    "12.5": "12.5",
    " 12 ": "12",
    "0,150": "0.15",
    ",5": "0.5",
    "-3,25": "-3.25",
    "\u22123,25": "-3.25",
    "1150000": "1150000",
    "1234,5": "1234.5",
    "1 150": "1150",
    "1 150 000,50 €": "1150000.50",
    "1\u00a0150\u00a0000,50\u00a0€": "1150000.50",
    "1\u202f150\u202f000.5": "1150000.5",
    "1\u2009150": "1150",
    "€1,150,000.50": "1150000.50",
    "1,150,000": "1150000",
    "1.150.000": "1150000",
    "1.150.000,50": "1150000.50",
    "1,150.5": "1150.5",
    "1 150,000": "1150",
    "999999999999,99": "999999999999.99",
}
REFUSED = {
    "1,150": "peut se lire 1\u00a0150 ou 1,150",
    "1.150": "peut se lire 1\u00a0150 ou 1,150",
    "-12,345 €": "écrivez «\u00a0\u221212\u00a0345\u00a0»",
    "1,15,000": "n’est pas un nombre",
    "1.150.000.50": "n’est pas un nombre",
    "12 5": "n’est pas un nombre",
    "1 1500": "n’est pas un nombre",
    "12,": "n’est pas un nombre",
    "douze": "n’est pas un nombre",
    "12,5\x00": "n’est pas un nombre",
    "1e5": "n’est pas un nombre",
    "NaN": "n’est pas un nombre",
    "\u0661\u0662": "n’est pas un nombre",
    "€": "n’est pas un nombre",
    "--3": "n’est pas un nombre",
    "1234,567": "2",
    "1000000000000": "12",
    "9" * 400: "trop de chiffres",
}


def _field(name: str = "budget_eur") -> forms.Field:
    return CommitmentForm.base_fields[name]


@pytest.mark.parametrize("language", ["fr", "en"])
def test_each_way_of_writing_a_number_is_read_alike_in_each_language(language: str) -> None:
    with translation.override(language):
        baseline = _field("baseline")
        assert {typed: baseline.clean(typed) for typed in READ} == {
            typed: Decimal(value) for typed, value in READ.items()
        }
        for name in ("baseline", "target", "budget_eur"):
            for typed in REFUSED:
                with pytest.raises(forms.ValidationError):
                    _field(name).clean(typed)


def test_what_is_refused_says_in_french_what_to_type() -> None:
    for typed, words in REFUSED.items():
        with pytest.raises(forms.ValidationError) as refusal:
            _field("baseline").clean(typed)
        assert words in " ".join(refusal.value.messages), typed


def test_a_number_is_shown_in_french_and_what_was_refused_as_it_was_typed() -> None:
    widget = _field().widget
    shown = {
        Decimal("1150000.50"): "1\u202f150\u202f000,50",
        Decimal("94.00"): "94",
        Decimal("12.50"): "12,5",
        Decimal("-1000.00"): "\u22121\u202f000",
        Decimal(0): "0",
    }
    assert {value: widget.format_value(value) for value in shown} == shown
    assert all(_field("baseline").clean(text) == value for value, text in shown.items()), "it reads itself"
    assert widget.format_value("1,150") == "1,150"
    assert 'type="text"' in widget.render("x", Decimal(1))
    assert 'inputmode="decimal"' in widget.render("x", Decimal(1))


def _post(client: Client, contract: Contract, row: Commitment, **changes: str) -> tuple[int, str]:
    address = reverse("commitment_edit", args=[contract.pk, row.pk])
    form = client.get(address).context["form"]
    data = {name: form[name].value() for name in form.fields}
    data |= {name: written(value) for name, value in data.items() if isinstance(value, Decimal)}
    data |= {"publishable": "on", "contributors": [], **changes}
    kept = {name: value for name, value in data.items() if value is not None}
    answer = client.post(address, kept)
    return answer.status_code, answer.content.decode()


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_commitment_keeps_the_figures_that_were_typed(cast: Cast, language: str) -> None:
    contract = plot.opened(small_contract(cast))
    row = contract.volets.order_by("order")[0].commitments.order_by("order")[0]
    client = logged_in(cast.pilote_ville)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    status, _page = _post(client, contract, row, baseline="12,5", budget_eur="1\u202f150\u202f000,50 €")
    row.refresh_from_db()
    assert (status, row.baseline, row.budget_eur) == (302, Decimal("12.5"), Decimal("1150000.50"))
    status, page = _post(client, contract, row, target="1,150")
    row.refresh_from_db()
    assert (status, row.target) == (422, Decimal(100))
    assert 'value="1,150"' in page
    assert 'value="12,5"' in page
    assert 'value="1\u202f150\u202f000,50"' in page


SAID = {
    ("1 150 000,50", "euros"): "1 150 000,50 € · un million cent cinquante mille euros et cinquante centimes",
    ("1000000", "euros"): "1 000 000 € · un million d’euros",
    ("0", "euros"): "0 € · zéro euro",
    ("0,01", "euros"): "0,01 € · un centime",
    ("1.5", "euros"): "1,5 € · un euro et cinquante centimes",
    ("-3,20", "euros"): "−3,2 € · moins trois euros et vingt centimes",
    ("12,05", "number"): "12,05 · douze virgule zéro cinq",
    ("1,150,000", "number"): "1 150 000 · un million cent cinquante mille",
    ("94", "number"): "94 · quatre-vingt-quatorze",
    ("", "number"): "",
    ("   ", "euros"): "",
    (
        "1,150",
        "euros",
    ): "« 1,150 » peut se lire 1 150 ou 1,150 : écrivez « 1 150 », ou la virgule suivie de deux",
    ("1.150", "number"): "« 1.150 » peut se lire 1 150 ou 1,150",
    ("douze", "number"): "Ce n’est pas un nombre",
    ("12,345678", "number"): "2 chiffres",
    ("9" * 13, "euros"): "12 chiffres",
    ("9" * 90, "euros"): "trop de chiffres",
    ("<script>1</script>", "number"): "Ce n’est pas un nombre",
}


@pytest.mark.django_db
def test_a_figure_is_said_back_as_the_form_will_keep_it(players: Cast) -> None:
    browser = logged_in(players.pilote_ville)
    for (typed, meaning), told in SAID.items():
        answer = browser.get(reverse("figure"), {"champ": "budget_eur", "budget_eur": typed, "sens": meaning})
        assert answer.status_code == 200
        page = answer.content.decode().strip()
        shown = re.sub("[\u00a0\u202f]", " ", html.unescape(re.sub("<[^>]+>", "", page)))
        assert (shown.startswith if told and "chiffres" not in told else shown.__contains__)(told), typed
        assert "<script" not in page
        assert bool(told) == bool(shown)
        is_refused = 'class="refused"' in page
        try:
            FIELD.clean(typed)
        except forms.ValidationError:
            assert is_refused, "what the form refuses is refused here"
        else:
            assert not is_refused
    assert browser.get(reverse("figure")).content.strip() == b""


def test_a_figure_is_said_in_the_language_of_the_page() -> None:
    amount = Decimal("1150000.50")
    with translation.override("en"):
        assert said(amount, in_euros=True).endswith(
            "one million, one hundred and fifty thousand euros and fifty cents"
        )
        assert said(Decimal("-12.25"), in_euros=False).endswith("minus twelve point two five")


@settings_of(max_examples=200, deadline=None)
@given(st.decimals(-999_999_999_999, 999_999_999_999, places=2))
def test_any_figure_is_said(value: Decimal) -> None:
    with translation.override("fr"):
        for in_euros in (True, False):
            digits, _dot, words = said(value, in_euros=in_euros).partition(" · ")
            assert read(digits.removesuffix("€")) == value or "," in digits
            assert words and not re.search("[0-9]", words)


@pytest.mark.django_db
def test_what_is_saved_is_said_when_the_form_comes_again(players: Cast) -> None:
    contract = plot.opened(small_contract(players))
    row = Commitment.objects.filter(volet__contract=contract)[0]
    Commitment.objects.filter(pk=row.pk).update(budget_eur=Decimal("1150000.50"))
    browser = logged_in(players.pilote_ville)
    page = browser.get(reverse("commitment_edit", args=[contract.pk, row.pk])).content.decode()
    assert "un million cent cinquante mille euros et cinquante centimes" in page
    assert page.count('aria-live="polite"\n         hx-get="/nombre/?champ=') == 3
