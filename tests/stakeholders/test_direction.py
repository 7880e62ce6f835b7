"""A name from right to left, or a control that turns round what follows, leaves a sentence as it reads."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.db import connection
from django.db.models import Model
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from contracts.models import Contract
from stakeholders.direction import isolated, isolated_in_page
from stakeholders.models import Office, Organisation, User
from stakeholders.text import TURNING
from tests import plot
from tests.cast import Cast
from tests.owner import as_owner
from tests.workflow.sockets import logged_in
from workflow.record.verbs import sentence_of

NAME = "דנה לוי"
RTL = re.compile(r"[\u0590-\u08ff]")


class Exposed(HTMLParser):
    """Collects what of a page is neither isolated nor plain: text from right to left, or controls."""

    def __init__(self) -> None:
        super().__init__()
        self.inside: list[str] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, _attrs: object) -> None:
        if tag in {"bdi", "title", "option", "textarea", "script"}:
            self.inside.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        if self.inside[-1:] in (["title"], ["option"]):
            data = re.sub("\u2068[^\u2068\u2069]*\u2069", "", data)
        elif self.inside:
            return
        if RTL.search(data) or TURNING & set(data):
            self.found.append(data.strip())


def exposed(page: str) -> list[str]:
    reader = Exposed()
    reader.feed(page)
    return reader.found


@pytest.mark.parametrize(
    ("page", "shown"),
    [
        (f"<p>{NAME}, 3</p>", f"<p><bdi>{NAME}</bdi>, 3</p>"),
        (f"<p>{NAME}, {NAME} (2)</p>", f"<p><bdi>{NAME}</bdi>, <bdi>{NAME}</bdi> (2)</p>"),
        ("<p>Jean\u202e Dupont (maire)</p>", "<p>Jean Dupont (maire)</p>"),
        (f"<title>{NAME}, 3</title>", f"<title>\u2068{NAME}\u2069, 3</title>"),
        (f'<option value="1">{NAME} 3</option>', f'<option value="1">\u2068{NAME}\u2069 3</option>'),
        (f'<input value="{NAME} > 3">', f'<input value="{NAME} > 3">'),
        (f"<textarea>{NAME}\u202e</textarea>", f"<textarea>{NAME}\u202e</textarea>"),
        ("<p>Élodie &amp; François</p>", "<p>Élodie &amp; François</p>"),
    ],
)
def test_what_a_page_shows(page: str, shown: str) -> None:
    assert isolated_in_page(page) == shown
    assert exposed(shown) == []


LETTERS = st.sampled_from("aé3 ,.(<>&\"'=דלعم\u202e\u2066\u200f")


@given(st.text(LETTERS, max_size=40), st.text(LETTERS, max_size=40))
def test_no_letter_from_right_to_left_stands_bare(before: str, after: str) -> None:
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")

    page = f'<p title="{escaped(after)}">{escaped(before)}<b>{escaped(after)}</b></p>'
    shown = isolated_in_page(page)
    assert exposed(shown) == []
    plain = {ord(sign): None for sign in TURNING}
    assert re.sub("</?bdi>", "", shown).translate(plain) == page.translate(plain), "nothing else changes"
    assert not RTL.search(re.sub("\u2068[^\u2068\u2069]*\u2069", "", isolated(before)))


def test_a_sentence_of_the_journal_and_a_mail_are_plain_text() -> None:
    said = sentence_of("task_transferred", {"organisation": "Ville", "giver": NAME, "receiver": "Ada"})
    assert said == f"Ville\u00a0: \u2068{NAME}\u2069 a confié une tâche à Ada."


def written(model: type[Model], pk: int | None = None, **values: str) -> None:
    """Write rows as they could be before the rule of letters, which lets no such name in any more."""
    columns = ", ".join(f"{connection.ops.quote_name(name)} = %s" for name in values)
    table = connection.ops.quote_name(model._meta.db_table)
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {columns} WHERE id = COALESCE(%s, id)",  # noqa: S608
            [*values.values(), pk],
        )


def test_every_page_isolates_the_names_it_prints(cast: Cast) -> None:
    """Everybody, every organisation, every office and the contract are named from right to left."""
    contract = plot.at_review(cast)
    landlord, operator = plot.tasks(contract, "review")
    plot.opine(contract, operator, "unfavourable", "Non !")
    written(User, first_name="דנה", last_name="לוי")
    written(Organisation, name=f"{NAME} (Orme)", short_name=NAME)
    written(Contract, title=f"{NAME}, 2026", territory=NAME)
    for office in Office.objects.all():
        written(Office, office.pk, title=f"{NAME} {office.pk}")
    here, town = [contract.pk], cast.organisation("org-ville").pk
    shown = {
        cast.pilote_ville: [
            reverse("inbox"),
            reverse("contract_list"),
            reverse("contract", args=here),
            reverse("draft_editor", args=here),
            reverse("contract_edit", args=here),
            reverse("contacts", args=here),
            reverse("version", args=[contract.pk, 1]),
            reverse("register", args=[town]),
            reverse("absence_add", args=[town]),
            "/n-existe-pas/",
        ],
        cast.bailleur_oh: [
            reverse("task", args=[contract.pk, landlord.pk]),
            reverse("task_transfer", args=[contract.pk, landlord.pk]),
        ],
    }
    for person, addresses in shown.items():
        client = logged_in(person)
        for address in addresses:
            page = client.get(address, headers={"Accept": "text/html"}).content.decode()
            assert exposed(page) == [], address
            assert "<bdi>" in page or address == "/n-existe-pas/", address
