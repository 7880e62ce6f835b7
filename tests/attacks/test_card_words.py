"""Whoever talks to the address of the card's program without being it: any bytes get an answer in words."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db
SAID: dict[str, bytes] = {
    "half a letter": json.dumps({"version": 1, "code": "\ud800"}).encode(),
    "a NUL": json.dumps({"version": 1, "code": "A\0B"}).encode(),
    "letters of the right": json.dumps({"version": 1, "code": "\u202eABC"}).encode(),
    "a huge code": json.dumps({"version": 1, "code": "A" * 100_000}).encode(),
    "a number": b'{"version": 1, "code": 1e999}',
    "a version that is a word": b'{"version": "1", "code": "A"}',
    "nested": b"[" * 100_000,
    "no UTF-8": b'{"version": 1, "code": "\xff"}',
    "UTF-16": json.dumps({"version": 1, "code": "A"}).encode("utf-16"),
    "nothing": b"",
}


@pytest.mark.parametrize("said", SAID)
def test_every_word_is_answered(said: str, client: Client) -> None:
    answer: Any = client.post(reverse("card_open"), SAID[said], content_type="application/json")
    assert answer.status_code in (400, 410), answer.content
    assert json.loads(answer.content)["sentence"].endswith(".")
