"""The guide: each section has an address, each page leads to its own, each picture is there and small."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client
from django.urls import get_resolver, reverse

from config.guide import SECTIONS, guide
from tests.cast import Cast
from tests.config.test_house import ROOT, texts
from tests.workflow.sockets import logged_in

IMAGES = ROOT / "docs" / "images"
HEAVIEST = 2 * 1024 * 1024  # bytes, of all the pictures


def test_every_way_into_the_guide_leads_somewhere() -> None:
    anchors = {section.anchor for section in guide().sections}
    assert len(anchors) == len(guide().sections), "two sections of one address"
    assert set(SECTIONS.values()) <= anchors
    names = {name for name in get_resolver().reverse_dict if isinstance(name, str)}
    assert set(SECTIONS) - names == {name for name in SECTIONS if name.startswith(("mfa", "users"))} - names
    said = [
        line for text in texts(".html").values() for line in text.splitlines() if "{% block help %}" in line
    ]
    told = {line.split("#")[1].split("{")[0] for line in said if "#" in line}
    assert len(told) == 8
    assert told <= anchors


def test_every_picture_is_there_and_they_are_light() -> None:
    pictures = guide().pictures
    assert len(pictures) >= 8
    assert [name for name in pictures if not (IMAGES / name).is_file()] == []
    assert sum(path.stat().st_size for path in IMAGES.iterdir()) < HEAVIEST
    assert {path.name for path in IMAGES.iterdir()} == set(pictures), "a picture that nobody names"


@pytest.mark.parametrize("name", ["inbox", "contract_list", "guide"])
def test_each_page_leads_to_its_section(players: Cast, name: str) -> None:
    header = logged_in(players.maire).get(reverse(name)).content.decode().partition("</header>")[0]
    section = f"#{SECTIONS[name]}" if name in SECTIONS else ""
    assert f'href="{reverse("guide")}{section}"' in header


def test_the_page_has_the_whole_and_says_that_it_is_french(client: Client, db: None) -> None:
    page = client.get(reverse("guide")).content.decode()
    assert "qu’en français" not in page
    for section in guide().sections:
        assert f'id="{section.anchor}"' in page
    assert 'src="/static/guide/inbox' in page
    client.post("/langue/", {"language": "en", "next": "/"})
    assert "in French only" in client.get(reverse("guide")).content.decode()


def test_its_source_is_one(tmp_path: Path) -> None:
    assert not list((ROOT / "config" / "templates" / "pages").glob("guide*.md"))
