"""A chosen file survives an error in another field: held by person, for a while, named in words."""

from __future__ import annotations

import os
import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from signatures import blobs
from tests.cast import Cast
from tests.granted import sent
from tests.workflow.organisations.test_register_pages import PDF, facts
from tests.workflow.sockets import logged_in
from workflow.powers.jobs import forget_held_files
from workflow.tasks import held_files

TOKEN = re.compile(r'name="document-held" value="([^"]+)"')


@pytest.fixture
def address(cast: Cast) -> str:
    return reverse("authority_add", args=[cast.organisation("org-pref").pk])


def refused(cast: Cast, client: Client, address: str, **changes: Any) -> str:
    """Send the form with its file and an error elsewhere; return the page."""
    joined = {"document": SimpleUploadedFile("arrêté n° 7.pdf", PDF, "application/pdf"), "act": "", **changes}
    answer = client.post(address, facts(cast, **joined))
    assert answer.status_code == 422
    return str(answer.content.decode())


def token_in(page: str) -> str:
    found = TOKEN.search(page)
    assert found, page
    return found[1]


def held() -> list[str]:
    return sorted(path.name for path in (blobs.folder() / "held").glob("*"))


def test_the_file_is_named_and_sent_with_the_rest(cast: Cast, address: str) -> None:
    client = logged_in(cast.dircab)
    page = refused(cast, client, address)
    assert "« arrêté n° 7.pdf » est gardé" in page
    again = refused(cast, client, address, **{"document": "", "document-held": token_in(page)})
    assert "« arrêté n° 7.pdf » est gardé" in again, "as often as it takes"
    answer = client.post(address, facts(cast, **{"document-held": token_in(again)}))
    assert answer.status_code == 302, answer.content.decode()
    grant = sent(client, answer.headers["Location"])
    assert client.get(reverse("grant_document", args=[grant.pk])).content == PDF


def test_it_can_be_given_up_or_replaced(cast: Cast, address: str) -> None:
    client = logged_in(cast.dircab)
    token = token_in(refused(cast, client, address))
    page = refused(cast, client, address, **{"document": "", "document-held": token, "document-drop": "on"})
    assert "est gardé" not in page
    other = SimpleUploadedFile("autre.pdf", PDF, "application/pdf")
    page = refused(cast, client, address, **{"document": other, "document-held": token})
    assert "« autre.pdf » est gardé" in page


def test_a_refused_file_is_not_held(cast: Cast, address: str) -> None:
    bad = SimpleUploadedFile("a.pdf", b"MZ\x90", "application/pdf")
    page = refused(cast, logged_in(cast.dircab), address, document=bad)
    assert "est gardé" not in page
    assert held() == []


@pytest.mark.parametrize("how", ["forged", "another person", "expired"])
def test_nobody_else_s_and_none_for_ever(
    cast: Cast, address: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = logged_in(cast.dircab)
    token = token_in(refused(cast, client, address))
    if how == "forged":
        token = token[:-1] + ("a" if token[-1] != "a" else "b")
    elif how == "expired":
        for path in (blobs.folder() / "held").glob("*"):
            os.utime(path, (1, 1))
        forget_held_files(timestamp=0)
        assert held() == []
    else:
        client, cast_address = logged_in(cast.pilote_ville), cast.organisation("org-ville").pk
        address = reverse("authority_add", args=[cast_address])
    answer = client.post(address, facts(cast, **{"act": "", "document-held": token}))
    page = answer.content.decode()
    if answer.status_code == 422:
        assert "est gardé" not in page
        assert "Choisissez de nouveau le fichier" in page
    else:
        assert (how, answer.status_code) == ("another person", 404)


def test_what_one_person_has_held_is_bounded(cast: Cast, address: str) -> None:
    client = logged_in(cast.dircab)
    for _time in range(held_files.EACH + 2):
        page = refused(cast, client, address)
    assert len(held()) == held_files.EACH
    answer = client.post(address, facts(cast, **{"document-held": token_in(page)}))
    assert answer.status_code == 302, "the last one is there"
