"""Of which level each of several keys is now: the lists are read once, and nothing is written."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from django.utils import timezone

from signatures.lists import standing
from signatures.lists.judging import judged
from signatures.models import EnrolledKey, Level
from signatures.roots import NoTrustRoot, load_roots


def facts_of(keys: Iterable[EnrolledKey]) -> dict[int, dict[str, str]]:
    """Return the level and its basis (``judging.Found.as_facts``) of each key, by its number.

    By the lists of now. Blocks for some milliseconds a key; asks the database for the lists, never the
    network. A key that is a specimen stays one.
    """
    held = list(keys)
    found = {key.pk: {"level": Level.SPECIMEN.value} for key in held if key.level == Level.SPECIMEN}
    others = [key for key in held if key.pk not in found]
    if not others:
        return found
    try:
        roots = load_roots()
    except NoTrustRoot:
        roots = []
    lists, now = standing.listed(), timezone.now()

    async def every() -> None:
        for key in others:
            chain = [base64.b64decode(one) for one in key.chain]
            level = await judged(bytes(key.certificate), chain, now, lists, roots)
            found[key.pk] = level.as_facts()

    with ThreadPoolExecutor(1) as pool:  # whoever asks may be in a loop of their own
        pool.submit(asyncio.run, every()).result()
    return found
