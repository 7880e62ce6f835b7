"""« Avant la signature » at a browser, on a desk and on a phone: what holds it, then accepted by a pilot."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, expect

from contracts.models import Status
from signatures.models import Envelope
from tests import plot
from tests.browser.actor import DESK, PHONE, Actor
from tests.cast import Cast
from tests.owner import as_owner
from tests.signatures.lists.scheme import Scheme, authority
from tests.signatures.lists.software import held_by, software
from tests.stage import run_jobs
from tests.workflow.signing.test_launch import REASON, at_launch

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]
__all__ = ["software"]


def test_a_pilot_reads_what_holds_the_signing_and_accepts_it(
    browser: Browser, cast: Cast, software: None, live_url: str, tmp_path: Path, settings: Any
) -> None:
    contract = at_launch(cast)
    with as_owner():
        Envelope.objects.update(specimen=False)
    scheme = Scheme(tmp_path)
    settings.LOTL_CERTIFICATES = [scheme.anchor]
    scheme.keep([authority()], sequence=112)
    held_by(cast.maire, str(cast.maire), ("compliance", "esign"))
    run_jobs()  # rehearsed anew with a key as the mayor's
    pilot = Actor(browser, live_url, cast.pilote_ville)
    folder = os.environ.get("PICTURES")
    waiting = next(
        one
        for one in plot.tasks(contract, "clear_launch")
        if one.owner_permission_obj_pk == str(cast.organisation("org-ville").pk)
    )
    for name, size in (("desk", DESK), ("phone", PHONE)):
        pilot.page.set_viewport_size(size)
        pilot.page.goto(live_url + reverse("contract", args=[contract.pk]))
        expect(pilot.page.get_by_role("link", name="Avant la signature")).to_be_visible()
        pilot.page.goto(live_url + reverse("task", args=[contract.pk, waiting.pk]))
        expect(pilot.page.get_by_text("n’a enregistré aucun moyen de signature").first).to_be_visible()
        expect(pilot.page.get_by_text("avancée, par certificat qualifié, quand")).to_be_visible()
        pilot.is_accessible()
        if folder:
            pilot.page.screenshot(path=f"{folder}/launch-{name}.png", full_page=True)
    pilot.page.get_by_role("checkbox").first.check()
    pilot.page.get_by_label("Motif").fill(REASON)
    pilot.page.get_by_role("button", name="Accepter les avertissements cochés").click()
    expect(pilot.page.get_by_text("retient encore la signature")).to_be_visible()
    pilot.is_accessible()
    if folder:
        pilot.page.screenshot(path=f"{folder}/launch-half.png", full_page=True)
    pilot.page.get_by_label("Motif").fill("Le maire reçoit sa carte la semaine prochaine.")
    pilot.page.get_by_role("button", name="Les accepter tous").click()
    expect(pilot.page.get_by_text("La signature s’ouvre").first).to_be_visible()
    contract.refresh_from_db()
    assert contract.status == Status.SIGNING
    pilot.close()
