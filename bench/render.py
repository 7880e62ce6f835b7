"""Print the contract of Clairval, about fifteen pages: ours against WeasyPrint, the same content, one run.

Ours: Typst, PDF/A-3a and PDF/UA-1, then the signature fields. WeasyPrint: the same text
and tables as HTML with the same fonts, PDF/UA-1, no fields: the easier task.

Ours is measured in the two cases of a worker that has printed before: the same contract with a word changed
in every text, as after a session of drafting (the typesetter keeps the lines that it has set), and another
contract, of which no text was seen. WeasyPrint keeps its fonts and its style sheet, and nothing of a text.
"""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import statistics
import time
from collections.abc import Callable
from html import escape
from typing import Any

from django.utils.translation import gettext as _
from rich.console import Console
from rich.table import Table
from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration

from contracts.demo import Row, read
from contracts.printed import render
from contracts.printed.typography import FONTS
from contracts.printed.wording import document

FROZEN_AT = dt.datetime(2026, 11, 23, 9, 30, tzinfo=dt.UTC)
FACES = (
    ("Serif", 400, "Regular"),
    ("Serif", 600, "SemiBold"),
    ("Sans", 400, "Regular"),
    ("Sans", 600, "SemiBold"),
)
STYLE = "".join(
    f"@font-face {{ font-family: '{family}'; font-weight: {weight};"
    f" src: url('{(FONTS / f'Contreseing{family}-{style}.ttf').as_uri()}') }}"
    for family, weight, style in FACES
) + (
    "@page { size: A4; margin: 2.7cm 2.2cm 2.5cm 2.4cm; @top-left { content: string(reference) }"
    " @bottom-right { content: 'page ' counter(page) ' sur ' counter(pages) } }"
    "body { font: 10.5pt/1.35 Serif; text-align: justify; hyphens: auto }"
    "p { margin: .35em 0 } .commitment p, nav p { font: 9pt/1.2 Sans; margin: .25em 0 }"
    "h1 { font-size: 17pt; string-set: reference attr(title) } h2 { font-size: 11.5pt }"
    ".commitment { break-inside: avoid } table { font: 9pt Sans; width: 100%; text-align: left }"
    "td, th { border-bottom: .4pt solid #c9cfd7; padding: 4pt } .toc a::after { content: leader('.')"
    " target-counter(attr(href), page) } .box { width: 7.5cm; height: 3cm; border: .7pt solid #4a5a6d }"
)


LONG = 12  # characters; a text that is longer is one that people wrote
OTHER_LETTERS = "éèêëïîôöûüùâäà"
KEPT = ("reference", "document_date", "field")
Sample = tuple[float, float]  # milliseconds by the clock, of the processor


def clairval() -> Row:
    """Return the canonical content of Clairval from the demonstration's file, without a database."""
    data = read()
    contract = data["contracts"][0]
    names = {row["id"]: row["name"] for row in data["organisations"]}
    people = {row["id"]: row for row in data["persons"]}
    labels = {row["id"]: row["label"] for row in data["reference"]["volets"]}
    return {
        "reference": contract["reference"],
        "title": contract["title"],
        "territory": contract["perimeter"]["communes"][0],
        "communes": contract["perimeter"]["communes"],
        "perimeter_extension": contract["perimeter"]["extension"],
        "schema": 1,
        "preamble": contract["preamble"],
        "period": contract["period"],
        "document_date": contract["document_date"],
        "frameworks": contract["frameworks"],
        "annexes": contract["annexes"],
        "volets": [
            {
                "order": order,
                "title": labels[code],
                "lead": names[contract["volets"][code]["lead_organisation_id"]],
                "text": contract["volets"][code]["text"],
                "commitments": [
                    _commitment(row, names, people)
                    for row in data["commitments"]
                    if (row["contract_id"], row["volet_id"]) == (contract["id"], code)
                ],
            }
            for order, code in enumerate(contract["volet_ids"], start=1)
        ],
        "signatories": [
            {
                **row,
                "field": f"Signataire-{row['order']:02d}",
                "person": _name(people[row["person_id"]]),
                "organisation": names[people[row["person_id"]]["organisation_id"]],
                "side": "state" if row["order"] == 1 else "local",
            }
            for row in contract["flow_signatories"]
        ],
    }


def _name(person: Row) -> str:
    return f"{person['title']} {person['first_name']} {person['last_name']}"


def _commitment(row: Row, names: dict[str, str], people: dict[str, Row]) -> Row:
    indicator = row["indicator"]
    return {
        **row,
        "lead": {"name": names[row["lead_organisation_id"]]},
        "owner": _name(people[row["owner_person_id"]]),
        "contributors": [names[code] for code in row["contributor_organisation_ids"]],
        "indicator": {
            **indicator,
            "baseline": str(indicator["baseline"]),
            "target": str(indicator["target"]),
        },
        "budget_eur": None if row["budget_eur"] is None else str(row["budget_eur"]),
    }


def html(doc: Row) -> str:
    """Write the same document as HTML: same strings, same order, same tables."""
    parts = [f"<h1 title='{escape(doc['reference'])}'>{escape(doc['title'])}</h1>"]
    parts += [f"<p><b>{escape(k)}</b> {escape(v)}</p>" for k, v in doc["facts"]]
    parts.append("<nav class=toc style='break-before: page; break-after: page'>")
    for volet in doc["volets"]:
        parts += [
            f"<p><a href='#c{escape(c['number'])}'>{escape(c['number'])} {escape(c['title'])}</a></p>"
            for c in volet["commitments"]
        ]
    parts.append("</nav>")
    parts += ["<h1>Préambule</h1>", *_paragraphs(doc["preamble"])]
    for volet in doc["volets"]:
        parts += [f"<h1>{escape(volet['title'])}</h1>", *_paragraphs(volet["text"])]
        for c in volet["commitments"]:
            parts.append(f"<div class=commitment><h2 id='c{escape(c['number'])}'>{escape(c['title'])}</h2>")
            parts += _paragraphs(c["description"])
            parts += [f"<p><b>{escape(k)}</b> {escape(v)}</p>" for k, v in c["who"]]
            parts += [_table(doc["words"]["measure"], [c["measure"]]), "</div>"]
    rows = [row for group in doc["recapitulation"] for row in group["rows"]]
    parts += ["<h1>Récapitulatif</h1>", _table(doc["words"]["recapitulation-columns"], rows)]
    parts += [f"<p>{escape(s['capacity'])}</p><div class=box></div>" for s in doc["signatories"]]
    return f"<html lang=fr><title>{escape(doc['title'])}</title><body>{''.join(parts)}</body></html>"


def _paragraphs(blocks: list[list[str]]) -> list[str]:
    return [f"<p>{'<br>'.join(map(escape, lines))}</p>" for lines in blocks]


def _table(titles: list[str], rows: list[list[str]]) -> str:
    head = "".join(f"<th>{escape(title)}</th>" for title in titles)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def another(part: Any, instead: str, key: str = "") -> Any:
    """Return the content with its long texts, titles among them, in other words of the same length."""
    if isinstance(part, str):
        return part.replace("e", instead) if len(part) > LONG and key not in KEPT else part
    if isinstance(part, dict):
        return {name: another(value, instead, name) for name, value in part.items()}
    return [another(value, instead, key) for value in part] if isinstance(part, list) else part


def milliseconds(work: Callable[[int], object], times: int) -> list[Sample]:
    """Time ``work(n)`` for n from 1; ``n`` changes the text, so that nothing answers without working.

    By the clock and by the processor: on a machine that does something else too, the second alone holds.
    """
    samples = []
    for turn in range(1, times + 1):
        start, spent = time.perf_counter(), time.process_time()
        work(turn)
        samples.append(((time.perf_counter() - start) * 1000, (time.process_time() - spent) * 1000))
    return samples


def main(argv: list[str]) -> int:
    """Print the table; ``--times N`` sets how many times each is measured (5)."""
    parser = argparse.ArgumentParser(prog="bench render")
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args(argv).times
    # Neither should pay for saying what it does.
    for chatty in ("weasyprint", "weasyprint.progress", "fontTools"):
        logging.getLogger(chatty).setLevel(logging.ERROR)
    content = clairval()
    fonts = FontConfiguration()
    style = CSS(string=STYLE, font_config=fonts)

    def edited(turn: int) -> Row:
        """Return the content with a word changed in each text, as after a drafting session."""
        volets = [{**v, "text": v["text"].replace(" ", f" {turn} ", 1)} for v in content["volets"]]
        return {**content, "preamble": f"{turn}. {content['preamble']}", "volets": volets}

    def ours(turn: int) -> Any:
        return render(edited(turn), specimen=True, frozen_at=FROZEN_AT)

    def unseen(turn: int) -> Any:
        return render(
            another(content, OTHER_LETTERS[turn % len(OTHER_LETTERS)]), specimen=True, frozen_at=FROZEN_AT
        )

    def peer(turn: int) -> Any:
        page = html(document(edited(turn), specimen=True, frozen_at=FROZEN_AT))
        return HTML(string=page).write_pdf(stylesheets=[style], font_config=fonts, pdf_variant="pdf/ua-1")

    # The first print of a process loads the fonts and fills the typesetter's caches.
    (cold,) = milliseconds(lambda _turn: ours(0), 1)
    pages, size = ours(0).pages, len(ours(0).pdf)
    theirs = HTML(string=html(document(content, specimen=True, frozen_at=FROZEN_AT))).render(
        stylesheets=[style], font_config=fonts
    )
    rows = [
        (_("Contreseing, premier rendu du processus"), [cold], pages, size),
        (_("Contreseing, un mot changé par texte"), milliseconds(ours, times), pages, size),
        (_("Contreseing, un autre contrat"), milliseconds(unseen, times), pages, size),
        ("WeasyPrint", milliseconds(peer, times), len(theirs.pages), len(peer(0))),
    ]
    _show(rows)
    return 0


def _show(rows: list[tuple[str, list[Sample], int, int]]) -> None:
    clock, processor = ([statistics.median(times) for times in _columns(rows, way)] for way in (0, 1))
    table = Table(title=_("Mise en page d’un contrat (médiane)"))
    titles = (_("moteur"), _("pages"), _("Kio"), _("ms"), _("rapport"), _("CPU ms"), _("rapport"))
    for title in titles:
        table.add_column(title, justify="left" if title == _("moteur") else "right")
    for (name, _samples, pages, size), wall, cpu in zip(rows, clock, processor, strict=True):
        ratios = (f"× {wall / clock[1]:.1f}", f"× {cpu / processor[1]:.1f}")
        said = (f"{size / 1024:.0f}", f"{wall:.0f}", ratios[0], f"{cpu:.0f}", ratios[1])
        table.add_row(name, str(pages), *said)
    Console().print(table)


def _columns(rows: list[tuple[str, list[Sample], int, int]], way: int) -> list[list[float]]:
    return [[sample[way] for sample in samples] for _name, samples, _pages, _size in rows]
