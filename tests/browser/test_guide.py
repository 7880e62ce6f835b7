"""The pictures of the guide, made from the pages as they are.

``./test -n0 tests/browser/test_guide.py --write-guide-pictures`` writes docs/images anew; look at them first.
The ordinary run makes none: that each is there, and light, is in tests/config/test_guide.py.
"""

from __future__ import annotations

import io

import pytest
from django.urls import reverse
from PIL import Image
from playwright.sync_api import Browser, expect

from config.guide import guide
from stakeholders.models import User
from tests import plot
from tests.browser.actor import PATIENCE, Actor
from tests.cast import Cast
from tests.config.test_guide import IMAGES
from tests.pki import ServedPki
from tests.stage import run_jobs
from workflow.drafting import acts as drafting_acts

pytestmark = [pytest.mark.browser, pytest.mark.timeout(600)]
COLOURS = 64
HIGH = 760  # px: what the picture is about is at the top of its page


class Camera:
    """One browser, whoever looks; each picture is written once."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url, self.taken = browser, url, set[str]()

    def take(self, name: str, person: User, address: str, *, seen: str = "h1") -> None:
        """Open a page as somebody, wait for what it is about, and keep its top in few colours."""
        actor = Actor(self.browser, self.url, person, typing=False)
        actor.page.set_viewport_size({"width": 1280, "height": HIGH})
        actor.page.goto(self.url + address)
        expect(actor.page.locator(seen).first).to_be_visible(timeout=PATIENCE)
        actor.page.wait_for_load_state("networkidle")
        picture = Image.open(io.BytesIO(actor.page.screenshot())).convert("RGB")
        picture.quantize(COLOURS, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)
        self.taken.add(f"{name}.png")
        actor.close()


def test_the_pictures_are_made(browser: Browser, cast: Cast, live_url: str, pki: ServedPki) -> None:
    camera, contract = Camera(browser, live_url), plot.opened(cast.contract)
    pilot = cast.pilote_ville

    def task(step: str) -> str:
        return reverse("task", args=[contract.pk, plot.tasks(contract, step)[0].pk])

    camera.take("inbox", pilot, reverse("inbox"))
    camera.take("opening", pilot, reverse("opening_new"))
    camera.take("draft", pilot, reverse("draft_editor", args=[contract.pk]))
    for waiting in plot.tasks(contract, "draft"):
        drafting_acts.submit_draft(plot.entitled(waiting), waiting.pk)
    camera.take("freeze", pilot, task("freeze"))
    waiting = plot.task(contract, "freeze")
    drafting_acts.freeze_version(plot.entitled(waiting), waiting.pk)
    run_jobs()
    waiting = plot.tasks(contract, "review")[0]
    camera.take("review", plot.entitled(waiting), reverse("task", args=[contract.pk, waiting.pk]))
    camera.take("contract", pilot, reverse("contract", args=[contract.pk]))
    plot.review_all(contract)
    plot.approve_all(contract)
    camera.take("sign", plot.entitled(plot.task(contract, "sign")), task("sign"), seen=".annotationLayer")
    plot.record_resolution(contract)
    plot.sign_next(contract)
    plot.sign_next(contract)
    run_jobs()
    camera.take("result", pilot, reverse("result", args=[contract.pk]))
    assert camera.taken == set(guide().pictures)
