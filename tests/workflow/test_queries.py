"""What each main page and act asks of the database, kept in queries.txt: one reads there what a change costs.

Said by ``./test -n0 tests/workflow/test_queries.py --write-queries`` when a page rightly asks something else.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contracts.models import Contract
from stakeholders.models import User
from tests import plot
from tests.cast import Cast
from tests.invited import confirmed, kept_asked
from tests.workflow.address_arguments import preparation
from tests.workflow.scenes import Scenes, matrix
from tests.workflow.sockets import logged_in
from workflow.council import acts as council_acts
from workflow.drafting import acts as drafting_acts
from workflow.notices.models import KeptMail
from workflow.opinions import acts as opinions_acts
from workflow.opinions import note_acts
from workflow.record.values import OpinionValue
from workflow.signing import acts as signing_acts

KEPT = Path(__file__).with_name("queries.txt")
# values, and the names that Django gives to savepoints and to cursors
LITERALS = re.compile(r"E?'(?:[^']|'')*'(?:::\w+)?|\b\d+\b|\bs\d+_x\d+\b|(?<=_django_curs)\w+")
AT_MOST = 25  # of an opinion, whoever gives it
LEGIBLE = 300  # characters


def test_each_page_asks_what_is_kept(cast: Cast, request: pytest.FixtureRequest) -> None:
    scenes = matrix(cast)
    said = "".join(asked(title, person, address) for title, person, address in pages(cast, scenes))
    done = [(title, queries_of(act)) for title, act in acts(scenes)]
    said += "".join(listed(f"Acte : {title}", queries) for title, queries in done)
    if request.config.getoption("--write-queries"):
        KEPT.write_text(said, encoding="utf-8")
    assert said == KEPT.read_text(encoding="utf-8")
    assert {title: len(queries) for title, queries in done}["avis"] <= AT_MOST


def test_a_guest_s_opinion_and_the_copy_of_its_receipt_ask_no_more(cast: Cast) -> None:
    """The first answer of a round, which opens the join too: the dearest."""
    contract, link = kept_asked(cast)
    confirmed(link)
    guest = User.objects.get(email=link.contact.email)
    waiting = plot.task(contract, "review", cast.organisation("org-oh"))
    facts = {"value": OpinionValue.FAVOURABLE, "version_sha256": plot.version(contract).content_sha256}
    done = queries_of(lambda: opinions_acts.give_opinion(guest, waiting.pk, reason="", **facts))
    assert KeptMail.objects.filter(person=guest, contract=contract).count() == 1
    assert len(done) <= AT_MOST, listed("avis d’un invité", done)


def pages(cast: Cast, scenes: Scenes) -> list[tuple[str, User, str]]:
    """The main pages, each with somebody who works on it."""
    draft, review, signing, sealed = scenes.drafting, scenes.review, scenes.signing, scenes.sealed
    begun = preparation(scenes, draft)["contract"]
    return [
        ("Mes tâches", cast.pilote_ville, reverse("inbox")),
        ("À signer", cast.prefete, reverse("basket", args=["a-signer"])),
        ("Contrats", cast.pilote_ville, reverse("contract_list")),
        ("Contrat en relecture", cast.pilote_ville, reverse("contract", args=[review.pk])),
        ("Contrat signé", cast.rtac, reverse("contract", args=[sealed.pk])),
        ("Éditeur", cast.pilote_ville, reverse("draft_editor", args=[draft.pk])),
        ("Clauses", cast.pilote_ville, reverse("draft_clauses", args=[draft.pk])),
        ("Modifier le cadre", cast.pilote_ville, reverse("contract_framework", args=[draft.pk])),
        ("Mes préparations", cast.pilote_ville, reverse("preparations")),
        ("Préparation, initiative", cast.pilote_ville, reverse("opening_page", args=[begun, "initiative"])),
        ("Préparation, périmètre", cast.pilote_ville, reverse("opening_page", args=[begun, "perimetre"])),
        (
            "Préparation, participants",
            cast.pilote_ville,
            reverse("opening_page", args=[begun, "participants"]),
        ),
        ("Préparation, signataires", cast.pilote_ville, reverse("opening_page", args=[begun, "signataires"])),
        ("Préparation, calendrier", cast.pilote_ville, reverse("opening_page", args=[begun, "calendrier"])),
        ("Version", cast.bailleur_oh, reverse("version", args=[review.pk, 1])),
        ("Avis", cast.bailleur_oh, task(scenes, review, "review", "org-oh")),
        ("Signature", cast.prefete, task(scenes, signing, "sign")),
        ("Délibération", cast.greffe, task(scenes, signing, "council_resolution")),
        ("Résultat", cast.maire, reverse("result", args=[sealed.pk])),
        ("Organisation", cast.dgs, reverse("organisation", args=[cast.organisation("org-ville").pk])),
    ]


def acts(scenes: Scenes) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield each main act, at the moment when it can be done; what it takes is prepared before."""
    draft, review, signing = scenes.drafting, scenes.review, scenes.signing
    for waiting in plot.tasks(draft, "draft"):
        drafting_acts.submit_draft(plot.entitled(waiting), waiting.pk)
    freezing = plot.task(draft, "freeze")
    freezer = plot.entitled(freezing)
    yield "figer une version", lambda: drafting_acts.freeze_version(freezer, freezing.pk)
    noted, owed = plot.tasks(review, "review")
    writer, giver = plot.entitled(noted), plot.entitled(owed)
    read = {"version_sha256": plot.version(review).content_sha256}
    yield "note", lambda: note_acts.write_note(writer, noted.pk, text="À relire avec le service.")
    yield (
        "avis",
        lambda: opinions_acts.give_opinion(
            giver, owed.pk, value=OpinionValue.FAVOURABLE_WITH_RESERVATIONS, reason="Revoir la date.", **read
        ),
    )
    plot.opine(review, noted)
    approving = plot.tasks(review, "approve")[0]
    party, printed = plot.entitled(approving), {"pdf_sha256": plot.version(review).pdf_sha256}
    yield (
        "approbation",
        lambda: opinions_acts.approve(party, approving.pk, approved=True, reason="", **printed),
    )
    council, signatory = plot.task(signing, "council_resolution"), plot.task(signing, "sign")
    clerk, signer = plot.entitled(council), plot.entitled(signatory)
    proof = plot.confirm(signer, signing)
    yield "signature", lambda: signing_acts.sign(signer, signatory.pk, **proof)
    facts = plot.resolution()
    yield "délibération", lambda: council_acts.record_resolution(clerk, council.pk, facts=facts)


def task(scenes: Scenes, contract: Contract, step: str, organisation: str = "") -> str:
    return reverse("task", args=[contract.pk, scenes.task(contract, step, organisation)])


def asked(title: str, person: User, address: str) -> str:
    """Say the queries of a page: each shape once, in the order of its first time, and how often."""
    browser = logged_in(person)
    assert browser.get(address).status_code == 200, address  # what a process keeps is read now
    return listed(title, queries_of(lambda: browser.get(address)))


def queries_of(do: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        do()
    return [query["sql"] for query in captured]


def listed(title: str, queries: list[str]) -> str:
    shapes = Counter(map(shape, queries))
    lines = [f"{times:>3} × {sql}\n" for sql, times in shapes.items()]
    return f"{title} : {shapes.total()}\n{''.join(lines)}\n"


def shape(sql: str) -> str:
    """Return a query without its values, its columns and how its tables are tied; a long one is cut.

    What is cut still counts: by the digest at the end.
    """
    sql = LITERALS.sub("?", re.sub(r"\s+", " ", sql).replace('"', ""))
    sql = re.sub(r"\((?:\?, )*\?\)", "(?)", sql)
    sql = re.sub(r"\b\w+\.(?=\w)", "", re.sub(r" ON \([^()]*\)", "", sql))
    sql = re.sub(r"\b(?!(?:ASC|DESC)\b)\w+(?: AS \w+)?(?:, \w+(?: AS \w+)?)+", "…", sql)
    if len(sql) <= LEGIBLE:
        return sql
    return f"{sql[:LEGIBLE]}… {hashlib.sha256(sql.encode()).hexdigest()[:8]}"
