"""« Listes de confiance »: dates, states and refusals, for the platform's administrators alone."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import formats, timezone

from config.metrics import Installation
from signatures.lists import keeping
from tests.administrators import with_second_factor
from tests.cast import Cast
from tests.pki import ServedPki
from tests.signatures.lists.pivoting import OTHER, Pivots
from tests.signatures.lists.scheme import FRENCH_URL, Scheme, now, signer


@pytest.fixture
def scheme(players: Cast, pki: ServedPki, blob_folder: Path, tmp_path: Path, settings: Any) -> Scheme:
    """Return a scheme of lists whose anchor the settings name."""
    made = Scheme(tmp_path)
    settings.LOTL_CERTIFICATES = [made.anchor]
    return made


def page(players: Cast) -> str:
    answer = with_second_factor(players.admin).get(reverse("trusted_lists"))
    assert answer.status_code == 200
    return re.sub(r"[ \n]+", " ", answer.content.decode())


def left() -> dict[str, float]:
    """Return what the metrics say, by territory."""
    found = {family.name: family for family in Installation().collect()}
    family = found["contreseing_trusted_list_left_seconds"]
    return {sample.labels["territory"]: sample.value for sample in family.samples}


def test_what_is_missing_is_said_and_what_was_refused_too(players: Cast, scheme: Scheme) -> None:
    shown = page(players)
    assert shown.count("absente") == 2 and "load_trusted_lists" in shown
    keeping.keep(scheme.french(), "tl-fr.xml")
    assert "liste européenne des listes manque" in page(players)
    assert left() == {}


def test_each_list_shows_its_dates_its_source_and_its_state(players: Cast, scheme: Scheme) -> None:
    scheme.keep(sequence=112)
    shown = page(players)
    assert shown.count("en vigueur") == 2
    assert "N°\u00a0112, publiée le" in shown and "de tl-fr.xml" in shown
    assert "Signataire de la liste FR" in shown
    assert left().keys() == {"EU", "FR"} and min(left().values()) > 179 * 86400

    keeping.keep(scheme.french(sequence=9, by=signer("FR")), FRENCH_URL, expected="FR")
    shown = page(players)
    assert "L’édition d’avant reste en place" in shown and "ne se vérifie par aucun" in shown
    assert shown.count("en vigueur") == 2


def test_a_stale_one_says_what_follows(players: Cast, scheme: Scheme) -> None:
    scheme.keep(following=now() - dt.timedelta(hours=1))
    shown = page(players)
    assert "périmée" in shown and "aucune clé n’est plus tenue pour qualifiée" in shown
    assert left()["FR"] < 0 < left()["EU"]
    scheme.national = signer("FR")
    keeping.keep(scheme.lotl(sequence=2), "eu-lotl.xml")
    assert "plus reconnue" in page(players)


def test_who_signs_by_way_of_pivots_is_said_and_which_pivot_is_refused(players: Cast, scheme: Scheme) -> None:
    made = Pivots(scheme)
    held = made.files.pop(OTHER)
    made.keep()
    shown = page(players)
    assert f"Le pivot {OTHER}, par lequel" in shown and f"Le fichier {OTHER} manque" in shown
    assert "Ses signataires sont connus" not in shown

    made.files[OTHER] = held
    made.keep()
    issued = formats.date_format(timezone.localtime(now() - dt.timedelta(days=200)), "j F Y")
    said = f"Ses signataires sont connus par 2 pivots, dont le dernier, n°\u00a020, publié le {issued}."
    assert page(players).count(said) == 1


def test_nobody_else_finds_the_page(players: Cast) -> None:
    for person in (players.prefete, players.dgs):
        assert with_second_factor(person).get(reverse("trusted_lists")).status_code == 404
