"""The printed text is an act: parties, visas, articles, place and date; older texts print as they did."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from importlib.metadata import version
from typing import Any

import pikepdf
import pytest

from contracts import kinds
from contracts.canonical import SCHEMA, content_of
from contracts.clauses import FIELD, fields
from contracts.models import Annex, Signatory
from contracts.printed import render
from contracts.printed.act import between, done_at, visas
from tests.cast import Cast, small_contract
from tests.contracts.contents import FROZEN_AT, act, content, signatory
from tests.contracts.test_archival_form import elements, nested
from tests.contracts.test_rendering import text_of

# of tests/contracts/contents.py by the layout of schemas 1 and 2, before clauses came
BEFORE_CLAUSES = "90ec1b8a088f5a900d9f1d360338356066ff777825c315143e8ed31eb1e8e0bf"


# of an act of schema 3 whose texts look like a structure, by the layout before structure came
BEFORE_STRUCTURE = "4f6f438f8db5e18ea242104d839db1f38893c76869e984914752b0517db34584"


def plain(lines: list[str]) -> str:
    return " ".join(lines).replace("\u00a0", " ")


@pytest.mark.skipif(
    (version("typst"), version("pikepdf")) != ("0.15.2", "10.17.0"), reason="another typesetter, other bytes"
)
@pytest.mark.parametrize("schema", [1, 2])
def test_a_text_of_an_older_schema_prints_byte_for_byte_as_it_did(schema: int) -> None:
    pdf = render(content(schema=schema), specimen=False, frozen_at=FROZEN_AT).pdf
    assert hashlib.sha256(pdf).hexdigest() == BEFORE_CLAUSES


STRUCTURE = (
    "Deux *points* :\n- un\n  1. **dessous**\n## Titre\n### Sous-titre\n| A | B |\n|---|--:|\n| x | 2 |"
)


@pytest.mark.skipif(
    (version("typst"), version("pikepdf")) != ("0.15.2", "10.17.0"), reason="another typesetter, other bytes"
)
def test_a_text_of_schema_3_prints_byte_for_byte_as_it_did_before_structure() -> None:
    whole = act(preamble=STRUCTURE)
    whole["clauses"][1]["text"] = whole["volets"][0]["text"] = STRUCTURE
    pdf = render(whole, specimen=False, frozen_at=FROZEN_AT).pdf
    assert hashlib.sha256(pdf).hexdigest() == BEFORE_STRUCTURE


def test_the_structure_of_a_text_is_tagged() -> None:
    whole = act(schema=4, preamble=STRUCTURE)
    whole["clauses"][1]["text"] = whole["volets"][0]["commitments"][0]["description"] = STRUCTURE
    plain_act = Counter(kinds_of(render(act(schema=4), specimen=False, frozen_at=FROZEN_AT).pdf))
    found = Counter(kinds_of(render(whole, specimen=False, frozen_at=FROZEN_AT).pdf)) - plain_act
    assert {kind: found[kind] for kind in ("/Table", "/THead", "/TH", "/TR", "/TD")} == {
        "/Table": 3, "/THead": 3, "/TH": 6, "/TR": 6, "/TD": 6,
    }  # fmt: skip
    assert (found["/L"], found["/LI"]) == (6, 6)
    # under a heading of level 1, then twice under one of level 2
    assert (found["/H2"], found["/H3"], found["/H4"]) == (1, 3, 2)


def kinds_of(pdf: bytes) -> list[str]:
    with pikepdf.open(io.BytesIO(pdf)) as opened:
        return [str(element.S) for element in elements(opened)]


def test_an_older_text_has_none_of_the_act() -> None:
    text = text_of(render(content(), specimen=False, frozen_at=FROZEN_AT).pdf)
    for word in ("représentée", "Il a été convenu", "Article", "Fait à"):
        assert word not in text


def test_the_act_comes_in_the_order_of_an_act() -> None:
    pdf = render(act(), specimen=False, frozen_at=FROZEN_AT).pdf
    text = text_of(pdf, "-f", "3")
    order = [
        "L’État, représenté par Mme Hélène Vasseur-Mondière, préfète de l’Orme, d’une part,",
        "et la Ville de Clairval-sur-Orme, représentée par M. Karim Delestrange, maire de",
        "d’autre part.",
        "Vu le code général des collectivités territoriales ;",
        "Vu la circulaire n° 6258/SG.",
        "Préambule",
        "Il a été convenu ce qui suit :",
        "Article 1er – Objet",
        "Volet 1. Sécurité intérieure",
        "1.1 Porter la police municipale",
        "Récapitulatif des engagements",
        "Article 2 – Durée",
        "Pas plus.",
        "Article 3 – Une de plus",
        "Annexes",
        "Fait à Clairval-sur-Orme, le 1er janvier 2027.",
        "Signature 2 sur 2",
    ]
    places = [text.find(said) for said in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)


def test_headings_of_the_act_are_tagged_and_none_is_skipped() -> None:
    with pikepdf.open(io.BytesIO(render(act(), specimen=False, frozen_at=FROZEN_AT).pdf)) as pdf:
        levels = [int(str(e.S)[2:]) for e in elements(pdf) if str(e.S)[:2] == "/H" and str(e.S)[2:].isdigit()]
        assert levels and levels[0] == 1
        assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
        assert list(nested(pdf.Root.StructTreeRoot))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"needs_council_resolution": False}, "maire de Clairval-sur-Orme, d’autre part."),
        ({}, "dûment habilité par la délibération du conseil que nomme le cachet de sa signature"),
        (
            {"authorised_by": "délibération n° 2026-11-014 du 12 novembre 2026"},
            "dûment habilité par la délibération n° 2026-11-014 du 12 novembre 2026, d’autre part.",
        ),
        (
            {"person": None, "civility": "", "needs_council_resolution": False},
            "par le titulaire de la fonction «",
        ),
        ({"civility": "Mme"}, "dûment habilitée par"),
    ],
)
def test_who_represents_a_party_and_by_what_they_are_empowered(changes: dict[str, Any], said: str) -> None:
    people = act()["signatories"]
    people[1] |= changes
    assert said in plain(between(act(signatories=people)))


def test_a_resolution_that_exists_is_among_the_visas() -> None:
    people = act()["signatories"]
    people[1] |= {"authorised_by": "n° 14 du 12 novembre 2026"}
    assert "Vu la délibération du conseil municipal n° 14 du 12 novembre 2026." in plain(
        visas(act(signatories=people))
    )


def test_three_parties_are_joined_and_the_prosecutor_stands_for_the_public_ministry() -> None:
    third = signatory(
        3, side="judicial", capacity="Procureure de la République", person="Mme A", organisation="Parquet"
    ) | {"civility": "Mme", "authorised_by": ""}
    said = plain(between(act(signatories=[*act()["signatories"], third])))
    assert "et le ministère public, représenté par Mme A, procureure de la République." in said
    assert "d’une part" not in said


def test_two_who_sign_for_one_party_are_named_together() -> None:
    people = act()["signatories"]
    people.append({**people[0], "order": 3, "capacity": "Recteur", "person": "M. B"})
    assert "par Mme Hélène Vasseur-Mondière, préfète de l’Orme et par M. B, recteur" in plain(
        between(act(signatories=people))
    )


def test_without_a_date_it_is_done_at_the_last_signature() -> None:
    assert done_at(act(document_date=None)) == "Fait à Clairval-sur-Orme, à la date de la dernière signature."


@pytest.mark.parametrize("code", list(kinds.kinds()))
def test_the_clauses_of_each_kind_hold_known_fields_alone(code: str) -> None:
    kind = kinds.kind(code)
    assert {name for clause in kind.clauses for name in FIELD.findall(clause.text)} <= set(fields())
    assert {"object", "duration"} <= {clause.code for clause in kind.clauses if clause.required}


def test_a_content_holds_the_clauses_of_its_kind_filled(players: Cast) -> None:
    contract = small_contract(players)
    content = content_of(contract)
    assert content["schema"] == SCHEMA
    by_key = {clause["key"]: clause for clause in content["clauses"]}
    assert by_key["duration"]["text"].startswith("Le présent contrat prend effet le 15\u00a0février 2027")
    assert "{" not in "".join(clause["text"] for clause in content["clauses"])
    assert by_key["perimeter"]["text"].splitlines() == [
        "Le présent contrat s’applique sur le territoire suivant\u00a0: Clairval-sur-Orme."
    ], "a line without a value goes"
    assert "annexes" not in by_key
    Annex.objects.create(contract=contract, order=1, kind="map", title="Plan")
    assert content_of(contract)["clauses"][-1]["key"] == "annexes"


def test_a_convention_calls_itself_one(players: Cast) -> None:
    contract = small_contract(players)
    contract.kind = "coordination"
    contract.save()
    Signatory.objects.filter(contract=contract).update(authorised_by="n° 3 du 4 mai 2026")
    text = text_of(render(content_of(contract), specimen=False, frozen_at=FROZEN_AT).pdf)
    assert "La présente convention est signée par voie" in text
    assert "Le présent contrat" not in text
    assert "L. 512-4" in text
