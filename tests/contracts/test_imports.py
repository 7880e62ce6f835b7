"""What is understood of a first draft, .docx or .odt, in the shapes in which French contracts are written."""

from __future__ import annotations

import pytest

from contracts.imports import Kind, Line
from contracts.imports.child import answer
from contracts.imports.columns import column, facts_of
from contracts.imports.lines import Understood, understood
from contracts.volets import VoletTemplate
from tests.contracts.documents import BULLETED, COUNTED, docx, odt, p, run, tbl, tc

KNOWN = [str(label) for label in VoletTemplate.labels]


def lines(file: bytes) -> list[Line]:
    return whole(file).lines


def whole(file: bytes) -> Understood:
    said = answer(file, KNOWN)
    assert "read" in said, said
    return understood(said["read"])


def shape(file: bytes) -> list[tuple[str, str]]:
    """Return each line as its kind and what it is first known by."""
    return [(line.kind.value, line.title or line.text) for line in lines(file)]


def of(file: bytes, kind: Kind) -> list[Line]:
    return [line for line in lines(file) if line.kind == kind]


# --- shapes ---------------------------------------------------------------------------------


def test_french_headings_make_volets_and_numbered_ones_commitments() -> None:
    file = docx(
        p("Contrat de sécurité intégrée", "Titre"),
        p("Préambule", "Titre1"),
        p("Les parties conviennent de ce qui suit."),
        p("Volet 1 – Sécurité intérieure", "Titre1"),
        p("Le diagnostic montre une hausse des vols."),
        p("Engagement 1.1 : Porter la police municipale à 34 agents", "Titre2"),
        p("Pilote : Ville de Clairval-sur-Orme"),
        p("Échéance : 31 décembre 2027"),
        p("Recrutements échelonnés."),
        p("VOLET II. Justice", "Titre1"),
        p("2.1 Ouvrir un point d’accès au droit", "Titre2"),
    )
    assert shape(file) == [
        ("left", "Contrat de sécurité intégrée"),
        ("left", "Préambule\n\nLes parties conviennent de ce qui suit."),
        ("volet", "Sécurité intérieure"),
        ("text", "Le diagnostic montre une hausse des vols."),
        ("commitment", "Porter la police municipale à 34 agents"),
        ("volet", "Justice"),
        ("commitment", "Ouvrir un point d’accès au droit"),
    ]
    first = of(file, Kind.COMMITMENT)[0]
    assert first.number == "Engagement 1.1"
    assert first.text == "Recrutements échelonnés."
    assert first.facts == {"lead": "Ville de Clairval-sur-Orme", "due_date": "2027-12-31"}
    assert "Volet 1 – Sécurité intérieure" in first.place
    assert first.paragraph == 6


@pytest.mark.parametrize("style", ["Volets", "Plan"], ids=["based on a heading", "an outline level"])
def test_a_heading_is_known_by_its_style_whatever_its_name(style: str) -> None:
    file = docx(p("Tranquillité", style), p("Un texte."), p("Jeunesse", style))
    assert [line.title for line in of(file, Kind.VOLET)] == ["Tranquillité", "Jeunesse"]


def test_without_any_style_what_says_volet_and_action_is_one() -> None:
    file = docx(
        p("Axe 1 : Prévenir"),
        p("Action n° 3 : Former les agents d’accueil"),
        p("La formation dure deux jours."),
        p("1.2 – Ouvrir la maison des jeunes le soir"),
        p("Axe 2 : Protéger"),
        p("2.1. Éclairer les abords"),
    )
    assert shape(file) == [
        ("volet", "Prévenir"),
        ("commitment", "Former les agents d’accueil"),
        ("commitment", "Ouvrir la maison des jeunes le soir"),
        ("volet", "Protéger"),
        ("commitment", "Éclairer les abords"),
    ]


def test_a_list_that_word_counts_is_one_of_commitments_and_bullets_are_text() -> None:
    file = docx(
        p("Sécurité intérieure", "Titre1"),
        p("Former les agents.", listed=COUNTED),
        p("à l’accueil", listed=BULLETED),
        p("Justice", "Titre1"),
        p("Ouvrir une permanence.", listed=COUNTED),
    )
    assert shape(file) == [
        ("volet", "Sécurité intérieure"),
        ("commitment", "Former les agents."),
        ("volet", "Justice"),
        ("commitment", "Ouvrir une permanence."),
    ]
    assert of(file, Kind.COMMITMENT)[0].text == "• à l’accueil"


def test_a_table_is_read_by_its_headings_with_its_merged_cells() -> None:
    file = docx(
        p("Volet 1 : Sécurité intérieure", "Titre1"),
        tbl(
            [
                "N°",
                "Engagement",
                "Pilote",
                "Indicateur",
                "Valeur cible",
                "Échéance",
                "Budget",
                "Remarques",
            ],
            ["1.1", "Former", tc("Ville", merge="restart"), "Agents", "34 agents", "01/09/2028", "15 k€", ""],
            ["1.2", "Équiper", tc("", merge="continue"), "–", "au mieux", "fin 2028", "à voir", "Urgent"],
            [tc("Sous-partie", span=8)],
            ["1.3", "Éclairer", "Métropole", "Lux", "12,5", "2028-01-31", "1 150 000,50 €", ""],
        ),
    )
    first, second, third = of(file, Kind.COMMITMENT)
    assert (first.number, first.title) == ("1.1", "Former")
    assert first.facts == {
        "lead": "Ville",
        "indicator": "Agents",
        "target": "34",
        "unit": "agents",
        "due_date": "2028-09-01",
        "budget_eur": "15000",
    }
    assert second.facts == {"lead": "Ville"}, "a merged cell says the same below"
    assert second.text.split("\n") == [
        "Valeur cible : au mieux",
        "Échéance : fin 2028",
        "Budget : à voir",
        "Remarques : Urgent",
    ], "what is no figure, no day, no known column stays in words"
    assert third.facts["budget_eur"] == "1150000,5"
    assert ("text", "Sous-partie") in shape(file)
    assert [line.paragraph for line in (first, second, third)] == [10, 18, 27], "where it stands"


def test_a_table_may_name_the_volets() -> None:
    file = docx(
        tbl(
            ["Volet", "Action", "Responsable"],
            [tc("Justice", merge="restart"), "Ouvrir", "Parquet"],
            [tc("", merge="continue"), "Tenir", "Parquet"],
            ["Éducation nationale", "Former", "Rectorat"],
        )
    )
    assert shape(file) == [
        ("volet", "Justice"),
        ("commitment", "Ouvrir"),
        ("commitment", "Tenir"),
        ("volet", "Éducation nationale"),
        ("commitment", "Former"),
    ]
    assert of(file, Kind.COMMITMENT)[0].facts == {"lead": "Parquet"}, "nobody else leads"


def test_an_action_on_a_card_is_read_by_its_labels() -> None:
    file = docx(
        p("Volet 2 – Justice", "Titre1"),
        tbl(
            [tc("Fiche-action n° 4", span=2)],
            ["Intitulé", "Aider"],
            ["Pilote", "Parquet"],
            ["Public", "Tous"],
        ),
    )
    (line,) = of(file, Kind.COMMITMENT)
    assert line.title == "Aider"
    assert line.facts == {"lead": "Parquet"}
    assert line.text == "Fiche-action n° 4\nPublic : Tous"


def test_a_table_of_something_else_is_left_row_by_row_and_said() -> None:
    file = docx(p("Volet 1 – Justice", "Titre1"), tbl(["Année", "Faits"], ["2025", "12"]))
    left = of(file, Kind.LEFT)
    assert [(line.text, line.reason) for line in left] == [("Année | Faits", "table"), ("2025 | 12", "table")]


def test_changes_are_read_as_accepted_and_comments_notes_boxes_are_said() -> None:
    box = f"<w:r><mc:AlternateContent><mc:Choice><w:drawing><wps:txbx><w:txbxContent>{p('Encadré')}"
    box += "</w:txbxContent></wps:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict><v:textbox>"
    box += f"<w:txbxContent>{p('Encadré')}</w:txbxContent></v:textbox></w:pict></mc:Fallback>"
    box += "</mc:AlternateContent></w:r>"
    inner = (
        run("Le ") + f"<w:ins>{run('nouveau ')}</w:ins><w:del><w:r><w:delText>vieux</w:delText></w:r></w:del>"
    )
    inner += f"<w:hyperlink>{run('texte')}</w:hyperlink><w:r><w:br/></w:r>{run('suite')}"
    inner += '<w:r><w:commentReference w:id="0"/></w:r>'
    found = whole(docx(p("Volet 1 – Justice", "Titre1"), p(inner=inner), p(inner=box)))
    assert [line.text for line in found.lines[1:]] == ["Le nouveau texte\nsuite\n\nEncadré"]
    assert {name: n for name, n in found.told.items() if n} == {
        "inserted": 1,
        "deleted": 1,
        "comments": 1,
        "boxes": 1,
    }


def test_what_word_writes_is_put_right_and_what_shows_nothing_goes() -> None:
    found = whole(docx(p("Volet 1 – Justice", "Titre1"), p("\uf0b7 ﬁn\u00a0: l\u200b’a\u202ebc")))
    assert found.lines[1].text == "• fin\u00a0: l’abc"
    assert found.told["invisible"] == 2


def test_a_contents_is_left_once() -> None:
    file = docx(p("Volet 1\t3", "TM1"), p("Volet 2 – Justice ........ 4"), p("Volet 1 – Justice", "Titre1"))
    assert shape(file) == [("left", "Volet 1\t3\n\nVolet 2 – Justice ........ 4"), ("volet", "Justice")]


def test_a_long_sentence_is_cut_into_a_title_and_the_rest() -> None:
    said = "Former les agents d’accueil de la commune. " + "Puis les autres. " * 30
    file = docx(p("Volet 1 – Justice", "Titre1"), p(f"1.1 {said}"))
    (line,) = of(file, Kind.COMMITMENT)
    assert line.title == "Former les agents d’accueil de la commune."
    assert line.text.startswith("Puis les autres.")


def test_an_odt_is_read_as_a_docx_is() -> None:
    rows = (["Engagement", "Pilote", "Échéance"], ["Former", "Ville", "31/12/2027"])
    cells = [[f"<table:table-cell><text:p>{c}</text:p></table:table-cell>" for c in row] for row in rows]
    table = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in cells)
    file = odt(
        "<text:tracked-changes><text:changed-region><text:deletion><text:p>ôté</text:p></text:deletion>"
        "</text:changed-region></text:tracked-changes>"
        '<text:h text:outline-level="1">Volet 1 – Sécurité intérieure</text:h>'
        "<text:p>Un\n   texte<text:s text:c='2'/>simple<text:line-break/>suite"
        "<text:note><text:note-body><text:p>Une note.</text:p></text:note-body></text:note></text:p>"
        f'<table:table>{table}</table:table><text:list text:style-name="L1"><text:list-item><text:p>un point'
        "</text:p></text:list-item></text:list>"
    )
    assert shape(file) == [
        ("volet", "Sécurité intérieure"),
        ("text", "Un texte simple\nsuite"),
        ("commitment", "Former"),
        ("text", "• un point"),
        ("left", "Une note."),
    ]
    assert of(file, Kind.COMMITMENT)[0].facts == {"lead": "Ville", "due_date": "2027-12-31"}
    assert whole(file).told["deleted"] == 1


@pytest.mark.parametrize(
    ("name", "said", "wanted"),
    [
        ("due_date", "au plus tard le 1er septembre 2028", {"due_date": "2028-09-01"}),
        ("due_date", "31/02/2028", None),
        ("due_date", "T4 2028", None),
        ("budget_eur", "1,5 M€", {"budget_eur": "1500000"}),
        ("budget_eur", "15\u202f000 € TTC", {"budget_eur": "15000"}),
        ("budget_eur", "1.150 €", None),
        ("budget_eur", "selon les crédits", None),
        ("target", "80\u00a0%", {"target": "80", "unit": "%"}),
        ("target", "2 à 3 par an", {"target": "2", "unit": "à 3 par an"}),
        ("baseline", "–", {}),
        ("party", "État", {"party": "state"}),
    ],
)
def test_a_cell_is_a_field_only_where_it_says_so(name: str, said: str, wanted: dict[str, str] | None) -> None:
    assert facts_of(name, said) == wanted


@pytest.mark.parametrize(
    ("heading", "wanted"),
    [
        ("Échéance(s)", "due_date"),
        ("PILOTE(S) :", "lead"),
        ("Budget (€)", "budget_eur"),
        ("Indicateurs d’évaluation", "indicator"),
        ("N°", "number"),
        ("Météo", ""),
    ],
)
def test_a_heading_is_known_in_all_its_spellings(heading: str, wanted: str) -> None:
    assert column(heading) == wanted
