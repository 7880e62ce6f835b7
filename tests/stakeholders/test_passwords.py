"""Passwords that a colleague would guess are refused; long ones of any composition are not."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from stakeholders.models import User
from stakeholders.passwords import LEFT_AT_LEAST, ContextWordsValidator, plain
from tests.cast import PASSWORD, Cast


@pytest.mark.parametrize(
    "guess",
    [
        "Contreseing2026!",
        "Préfecture-2026",
        "prefecture prefecture",
        "Pr3f3ctur3 de 2026",
        "MAIRIE mairie 123",
        "Motdepasse-2026",
        "Mot de passe 2026",
        "Police2026Police",
        "P0l1ce.N0vembre",
        "ＣＯＮＴＲＥＳＥＩＮＧ2026",
        "Novembre2026!!!!!!!!!!!!",
        "Pre\u0301fecture2026",
    ],
)
def test_words_of_the_trade_alone_are_refused(guess: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(guess)
    assert "password_of_the_trade" in {error.code for error in refused.value.error_list}


@pytest.mark.parametrize(
    "good",
    [
        PASSWORD,
        "cheval correct agrafe pile",
        "la mairie du hérisson bleu",
        "9f!K2~~v_Zq0wTx7",
        "x" * 200,
        "日本語のパスワードです。とても長い",
    ],
)
def test_any_composition_that_is_not_guessed_is_accepted(good: str) -> None:
    validate_password(good)


@pytest.mark.django_db
def test_ones_own_names_are_words_of_the_trade_too(players: Cast) -> None:
    person = players.maire
    commune = person.mandates.first().office.organisation  # type: ignore[union-attr]
    word = max(plain(commune.territory or commune.name).split(), key=len)
    for guess in (
        f"{person.first_name}{person.last_name}26",
        f"{person.last_name}-{person.last_name}",
        f"{word}-{word}-1",
        person.email,
    ):
        with pytest.raises(ValidationError):
            validate_password(guess, person)
    validate_password("cheval correct agrafe pile", person)


def test_an_account_not_yet_kept_is_judged_by_its_names() -> None:
    unsaved = User(first_name="Claire", last_name="Beaupré", email="c.beaupre@ville.example")
    with pytest.raises(ValidationError):
        ContextWordsValidator().validate("Beaupre-Claire-26", unsaved)


def test_a_short_name_does_not_eat_other_words() -> None:
    unsaved = User(first_name="Li", last_name="Wu", email="li@x.example")
    ContextWordsValidator().validate("liliwuwu" + "b" * LEFT_AT_LEAST, unsaved)
