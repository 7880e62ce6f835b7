"""The parts of a contract's page that move, as an open page fetches them."""

from __future__ import annotations

import re

from django.test import Client
from django.urls import reverse

from contracts.models import Contract

PART = re.compile(r'<div id="(\w+)"[^<>]*hx-swap-oob="morph">')


def live_parts(browser: Client, contract: Contract, **headers: str) -> dict[str, str]:
    """Return each part of the page as the browser's user is shown it, by the name of its place."""
    answer = browser.get(reverse("contract_live", args=[contract.pk]), headers=headers)
    assert answer.status_code == 200, answer.status_code
    _before, *found = PART.split(answer.content.decode())
    return dict(zip(found[::2], found[1::2], strict=True))
