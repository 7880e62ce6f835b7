"""The printed contract says all that its content holds, always with the same bytes."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import subprocess
import sys
from pathlib import Path

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from contracts.canonical import content_of
from contracts.demo import load, read
from contracts.printed import RenderError, render, typography, unprintable
from contracts.printed.rendering import Rendered
from contracts.printed.typography import FONTS
from stakeholders.letters import coverage
from tests.contracts.contents import COMMITMENT, FROZEN_AT, content, signatory

ROOT = Path(__file__).resolve().parents[2]
SPECIMEN = "SPÉCIMEN, document de démonstration sans valeur juridique"


def rendered(specimen: bool = False, **changes: object) -> Rendered:
    return render(content(**changes), specimen=specimen, frozen_at=FROZEN_AT)


def text_of(pdf: bytes, *options: str) -> str:
    """Extract the text with poppler, as a reader's software would, spaces made plain."""
    run = subprocess.run(["pdftotext", *options, "-", "-"], input=pdf, capture_output=True, check=True)
    return " ".join(run.stdout.decode().replace("\u00a0", " ").replace("\u202f", " ").split())


def test_result_describes_its_bytes() -> None:
    result = rendered()
    assert result.sha256 == hashlib.sha256(result.pdf).hexdigest()
    assert result.fields == ["Signataire-01", "Signataire-02"]
    with pikepdf.open(io.BytesIO(result.pdf)) as pdf:
        assert len(pdf.pages) == result.pages


def test_same_content_gives_same_bytes_in_another_process() -> None:
    script = (
        "import json, sys, datetime as dt, hashlib; from tests.contracts.contents import content, FROZEN_AT;"
        "import django; django.setup(); from contracts.printed import render;"
        "print(render(content(), specimen=True, frozen_at=FROZEN_AT).sha256)"
    )
    other = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert other.stdout.split()[-1] == rendered(specimen=True).sha256


def test_key_order_does_not_matter() -> None:
    shuffled = json.loads(json.dumps(content(), sort_keys=True))
    assert render(shuffled, specimen=False, frozen_at=FROZEN_AT).sha256 == rendered().sha256


@pytest.mark.parametrize(
    "other",
    [
        lambda: rendered(specimen=True),
        lambda: rendered(preamble="Autre préambule."),
        lambda: render(content(), specimen=False, frozen_at=FROZEN_AT + dt.timedelta(days=1)),
    ],
)
def test_any_difference_changes_the_bytes(other: object) -> None:
    assert other().sha256 != rendered().sha256  # type: ignore[operator]


def test_says_everything_in_french() -> None:
    text = text_of(rendered().pdf)
    for expected in (
        "CSI-00-2026-900",
        "L’État",
        "Mme Hélène Vasseur-Mondière",
        "du 15 février 2027 au 31 mars 2032 (durée du mandat restant à courir)",
        "1er janvier 2027",
        "Pour les essais.",
        "Volet 1. Sécurité intérieure",
        "Chef de file : Préfecture de l’Orme",
        "1.1 Porter la police municipale de 22 à 34 agents",
        "Commune",
        "34 agents",
        "à la hausse, chaque année",
        "1er septembre 2028",
        "01/09/2028",
        "1 150 000 €",
        "Total des budgets indiqués : 1 150 000 €",
        "Plan des caméras (non communicable)",
        "Signature 2 sur 2",
        "caractère exécutoire de la délibération du conseil municipal",
        "page 3 sur",
    ):
        assert expected in text, expected
    assert SPECIMEN not in text


def test_every_page_of_a_specimen_says_so() -> None:
    result = rendered(specimen=True)
    for page in range(1, result.pages + 1):
        assert SPECIMEN in text_of(result.pdf, "-f", str(page), "-l", str(page)), page


def test_a_bare_content_prints() -> None:
    bare = {**COMMITMENT, "indicator": None, "due_date": None, "budget_eur": None, "owner": None}
    volet = {
        **content()["volets"][0],
        "text": "",
        "lead": None,
        "commitments": [{**bare, "contributors": []}],
    }
    result = rendered(
        preamble="",
        frameworks=[],
        annexes=[],
        document_date=None,
        volets=[volet, {**volet, "commitments": []}],
    )
    text = text_of(result.pdf)
    assert "None" not in text
    assert "Préambule" not in text and "Annexes" not in text


def test_vacant_office_prints_its_capacity_alone() -> None:
    text = text_of(rendered(signatories=[signatory(1, person=None)]).pdf)
    assert "Préfète de l’Orme" in text and "None" not in text


HOSTILE = [
    '#import "@preview/cetz:0.3.0": *',
    '#read("/etc/passwd")',
    "#panic(1) = Titre *gras* _souligné_ $x^2$ `code` <label> @ref // commentaire /* et */",
    "\\ \\u{41} ~ --- ... 'apostrophes' \"guillemets\" [crochets] {accolades} \\end{document}",
    "= Titre\n- liste\n+ numéro\n/ terme : sens",
    "</script><b>&amp;</b> %s %(x)s {{ x }} {% x %}",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_never_becomes_markup(hostile: str) -> None:
    volet = {**content()["volets"][0], "title": hostile[:150].replace("\n", " "), "text": hostile}
    volet["commitments"] = [{**COMMITMENT, "title": hostile.replace("\n", " "), "description": hostile}]
    people = [signatory(1, person=hostile.replace("\n", " "), capacity=hostile.replace("\n", " "))]
    printed = text_of(rendered(preamble=hostile, volets=[volet], signatories=people).pdf)
    plain = " ".join(hostile.split())
    # Titles come again in the contents, where a long one may be cut by the leader dots.
    assert printed.replace(" ", "").count(plain.replace(" ", "")) >= 3


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("sourire 😀", "[U+1F600]"),
        ("عقد", "[U+0639]"),
        ("ordre \u202eesrevni\u202c", "[U+202E]esrevni[U+202C]"),
        ("nul \x07 cloche", "[U+0007]"),
        ("契約", "[U+5951]"),
    ],
)
def test_what_cannot_be_printed_is_named(typed: str, shown: str) -> None:
    assert unprintable(typed)
    assert shown in text_of(rendered(preamble=typed).pdf)


def test_what_people_type_can_be_printed() -> None:
    usual = (
        "Œuvre, œil, façade, Noël, « à l’État », 12 °C, ≥ 40 %, CO₂, m², → cible, "
        "n° 3 – 4 — fin… “x” ‘y’ • Łódź Ñandú"
    )
    assert not unprintable(usual)
    assert "≥ 40 %, CO₂, m², → cible" in text_of(rendered(preamble=usual).pdf)


def test_all_announced_characters_print_in_every_face() -> None:
    """The archive standard refuses a missing glyph, so that one render proves them all."""
    everything = " ".join(chr(point) for point in sorted(coverage()) if chr(point).strip())
    volet = {**content()["volets"][0], "title": everything, "text": everything}
    volet["commitments"] = [
        {**COMMITMENT, "description": everything, "owner": everything, "title": everything}
    ]
    assert rendered(preamble=everything, volets=[volet]).pages > 3


def test_coverage_is_that_of_the_fonts() -> None:
    for face in FONTS.glob("*.ttf"):
        font = TTFont(face)
        assert font["head"].unitsPerEm == 1000
        assert {point for point in coverage() if point < 0x2000} <= set(font.getBestCmap()), face


def test_endless_words_stay_on_the_page() -> None:
    word = "A" * 20_000
    volet = {**content()["volets"][0], "text": word}
    volet["commitments"] = [
        {**COMMITMENT, "title": "B" * 300, "description": word, "lead": {"id": 1, "name": "C" * 200}}
    ]
    result = rendered(preamble=word, volets=[volet], title="D" * 250, reference="E" * 60, territory="F" * 120)
    run = subprocess.run(["pdftotext", "-bbox", "-", "-"], input=result.pdf, capture_output=True, check=True)
    right_edges = [float(part.split('"')[0]) for part in run.stdout.decode().split('xMax="')[1:]]
    assert right_edges and max(right_edges) <= 595.28 - 2.2 / 2.54 * 72 + 2


def test_twenty_thousand_characters_flow_over_pages() -> None:
    text = "\n\n".join(f"Paragraphe {n}. " + "mot " * 90 for n in range(50))
    assert len(text) > 18_000
    volet = {**content()["volets"][0], "text": text}
    volet["commitments"] = [{**COMMITMENT, "description": text}]
    printed = text_of(rendered(volets=[volet]).pdf)
    assert all(printed.count(f"Paragraphe {n}.") == 2 for n in range(50))


def test_typesetter_refusal_is_a_type_with_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(typography, "unprintable", lambda text: set())
    with pytest.raises(RenderError) as caught:
        rendered(preamble="😀")
    assert caught.value.permanent
    assert "CSI-00-2026-900" in str(caught.value)


@pytest.mark.django_db
def test_clairval_prints_every_commitment_on_about_fifteen_pages(tmp_path: Path) -> None:
    contract = load(read()).contracts["csi-clairval-2026"]
    frozen = content_of(contract)
    result = render(frozen, specimen=True, frozen_at=FROZEN_AT)
    text = text_of(result.pdf)
    for volet in frozen["volets"]:
        for commitment in volet["commitments"]:
            assert text.count(" ".join(commitment["title"].split())) >= 2, commitment["title"]
    assert 13 <= result.pages <= 17
    assert result.fields == ["Signataire-01", "Signataire-02"]
    printed = tmp_path / "clairval.pdf"
    printed.write_bytes(result.pdf)
    syntax = subprocess.run(["qpdf", "--check", printed], capture_output=True, check=False)
    assert syntax.returncode == 0, syntax.stdout.decode() + syntax.stderr.decode()
