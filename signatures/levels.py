"""Of which level a person's signature is: asked here, worked out in ``lists.judging``."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from django.utils import timezone
from django.utils.translation import gettext as _

from signatures.lists import standing
from signatures.lists.judging import Found, Level, judged, reaches
from signatures.lists.sentences import because, level_name
from signatures.roots import NoTrustRoot, load_roots

__all__ = ["Found", "Level", "because", "level_name", "level_of", "reaches", "why_not"]


def level_of(certificate: bytes, chain: Sequence[bytes] = (), moment: dt.datetime | None = None) -> Found:
    """Return the level of a signature made by ``certificate`` (DER) at ``moment``, by default now.

    ``chain`` (DER) are certificates that may be on the way to an authority. Blocks; asks the database for
    the lists, never the network. Revocation is not its subject (``trust.check_signer``).
    """
    try:
        roots = load_roots()
    except NoTrustRoot:
        roots = []
    asked = judged(certificate, chain, moment or timezone.now(), standing.listed(), roots)
    with ThreadPoolExecutor(1) as pool:  # whoever asks may be in a loop of their own: it asks nothing itself
        return pool.submit(asyncio.run, asked).result()


def why_not(facts: Mapping[str, str], required: str, *, specimen: bool) -> str:
    """Return why a key may not sign, in a sentence that says what to do; blank when it may.

    ``facts`` are the level and its basis (``Found.as_facts``); ``required`` the least that is asked.
    ``specimen`` is whether the document is marked « SPÉCIMEN »: without legal value, of any level.
    """
    if specimen or reaches(facts["level"], required):
        return ""
    named = {"level": level_name(facts["level"]), "required": level_name(required)}
    said = _(
        "Cette clé donnerait une signature %(level)s, quand celle qui est demandée ici est %(required)s : "
        "signez par un autre moyen, ou demandez un certificat qui convienne."
    )
    return f"{said % named} {because(facts)}".strip()
