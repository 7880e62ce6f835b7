"""What the installation says on the pages of the footer, by its administrator: kept, and journaled."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import ProgrammingError, transaction
from django.test import Client
from django.urls import reverse

from stakeholders.models import User
from tests.administrators import with_second_factor
from tests.cast import Cast
from tests.workflow.procedures.test_races import at_once
from tests.workflow.sockets import logged_in
from workflow.platform import page_acts
from workflow.platform.models import PageText, PublicPage
from workflow.record.models import JournalEntry
from workflow.record.refusals import NotAllowed

LEGAL = PublicPage.LEGAL
TEXT = "## Éditeur\n\nPréfecture de l’Orme, <script>x</script> [ici](https://orme.example)"


def address(page: PublicPage = LEGAL) -> str:
    return reverse("public_page_edit", args=[page.value])


def shown(page: PublicPage = LEGAL) -> str:
    return Client().get(reverse("information", args=[page.value])).content.decode()


def test_a_page_says_what_it_lacks_until_it_is_written(players: Cast) -> None:
    staff = with_second_factor(players.admin)
    assert "l’hébergeur, son adresse" in shown()
    assert "à compléter" in staff.get(reverse("public_pages")).content.decode()
    answer = staff.post(address(), {"text": TEXT, "seen": "0"})
    assert answer.status_code == 302, answer.content.decode()
    page = shown()
    assert "<h2>Éditeur</h2>" in page
    assert "<script>x" not in page
    assert "l’hébergeur, son adresse" not in page
    entry = JournalEntry.objects.latest("number")
    assert (entry.verb, entry.actor, entry.payload["page"]) == ("page_written", players.admin, LEGAL.value)
    assert "écrite" in staff.get(reverse("public_pages")).content.decode()


def test_what_is_written_comes_before_the_folder_and_an_empty_text_takes_it_back(
    players: Cast, settings: Any, tmp_path: Path
) -> None:
    settings.PAGES_DIR = str(tmp_path)
    (tmp_path / f"{LEGAL.value}.md").write_text("du dossier")
    staff = with_second_factor(players.admin)
    staff.post(address(), {"text": "de la page", "seen": "0"})
    assert "de la page" in shown()
    staff.post(address(), {"text": "", "seen": "1"})
    assert "du dossier" in shown()
    assert PageText.objects.count() == 2, "each text that was put there stays"
    with pytest.raises(ProgrammingError), transaction.atomic():
        PageText.objects.update(text="autre")


def test_the_second_of_two_reads_the_other_s_text_and_loses_nothing(players: Cast) -> None:
    staff = with_second_factor(players.admin)
    page_acts.write(_acting(players), LEGAL, "celui de Bruno", seen=0)
    answer = staff.post(address(), {"text": "celui de Claire", "seen": "0"})
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "celui de Bruno" in page
    assert "celui de Claire" in page
    assert staff.post(address(), {"text": "les deux", "seen": "1"}).status_code == 302
    assert "les deux" in shown()
    before = JournalEntry.objects.count()
    staff.post(address(), {"text": "les deux", "seen": "2"})
    assert JournalEntry.objects.count() == before, "nothing changed"


def _acting(players: Cast) -> User:
    players.admin.proved_second_factor = True
    return players.admin


def test_two_at_once_write_one_after_the_other(cast: Cast) -> None:
    cast.admin.proved_second_factor = True

    ends = at_once(*(partial(page_acts.write, cast.admin, LEGAL, text, seen=0) for text in ("un", "deux")))
    assert sorted(ends) == ["Locked", "done"]
    assert PageText.objects.count() == 1


def test_nobody_else_writes_and_what_cannot_be_is_said(players: Cast) -> None:
    assert logged_in(players.dgs).get(address()).status_code == 404
    with pytest.raises(NotAllowed):
        page_acts.write(players.dgs, LEGAL, "x", seen=0)
    staff = with_second_factor(players.admin)
    assert staff.get("/plateforme/pages/autre/").status_code == 404
    for bad in ({"text": "a\u202eb", "seen": "0"}, {"text": "x" * 20_001, "seen": "0"}, {"text": "x"}):
        assert staff.post(address(), bad).status_code == 422
    assert not PageText.objects.exists()
