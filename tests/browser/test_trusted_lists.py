"""« Listes de confiance » at a browser, on a desk and on a phone: one in force, one stale and refused."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as installation
from django.urls import reverse
from playwright.sync_api import Browser, expect

from signatures.lists import keeping
from tests.administrators import with_second_factor
from tests.browser.actor import AXE, DESK, PHONE
from tests.cast import Cast
from tests.signatures.lists.scheme import FRENCH_URL, Scheme, now, signer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_each_list_says_where_it_stands_at_both_widths(
    browser: Browser, cast: Cast, live_url: str, tmp_path: Path, settings: Any
) -> None:
    scheme = Scheme(tmp_path)
    settings.LOTL_CERTIFICATES = [scheme.anchor]
    scheme.keep(following=now() - dt.timedelta(hours=1), sequence=112)
    keeping.keep(scheme.french(sequence=113, by=signer("FR")), FRENCH_URL, expected="FR")
    session = with_second_factor(cast.admin).cookies[installation.SESSION_COOKIE_NAME].value
    cookie = {"name": installation.SESSION_COOKIE_NAME, "value": session, "url": live_url}
    for name, size in (("desk", DESK), ("phone", PHONE)):
        context = browser.new_context(viewport=size, locale="fr-FR", timezone_id="Europe/Paris")
        context.add_cookies([cookie])  # type: ignore[list-item]
        page = context.new_page()
        page.goto(f"{live_url}{reverse('trusted_lists')}")
        expect(page.get_by_role("heading", name="Listes de confiance")).to_be_visible()
        expect(page.get_by_text("en vigueur")).to_be_visible()
        expect(page.get_by_text("périmée")).to_be_visible()
        assert AXE.run(page).violations_count == 0
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        if folder := os.environ.get("PICTURES"):
            page.screenshot(path=f"{folder}/lists-{name}.png", full_page=True)
        context.close()
