"""The pivots: how the list of the lists itself says by whom it is signed from now on.

The Official Journal prints the certificates that sign the list of the lists; an installation has them pinned
(``standing.pinned``). When they change, the Commission publishes a pivot (decision (EU) 2015/1505, article 4;
ETSI TS 119 615): a list of the lists signed by a certificate of before, whose pointer to itself holds those
of after. Each list of the lists names the pivots since the Official Journal, the newest first.
They are followed from the oldest: each must be signed by a certificate accepted so far, and those that it
holds take their place. What was followed is kept; only what came since is brought.

pyHanko has ``bootstrap_lotl_signers`` for this: how it reads serves here (``reading``), how it fetches does
not. It asks any host, without a limit, and takes the pivots in the order of their addresses' letters.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.utils import timezone

from signatures import blobs, clocks, signals
from signatures.lists import standing
from signatures.lists.asking import ask
from signatures.lists.models import LOTL, LotlPivot
from signatures.lists.refusals import OF_A_PIVOT, ListRefused

AT_MOST = 20  # that one list of the lists has us ask: those since the last printing in the Official Journal

Bring = Callable[[str], bytes]  # what is at an address; raises ListRefused

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Way:
    """Who may sign a list of the lists (DER), and the pivots, not kept yet, that say so, with their bytes."""

    signers: list[bytes]
    found: list[tuple[LotlPivot, bytes]] = field(default_factory=list)

    @property
    def last(self) -> int:
        """Return the number of the last pivot, which no later list of the lists comes before; 0 for none."""
        return self.found[-1][0].sequence if self.found else 0

    def keep(self) -> None:
        """Keep them, inside the transaction that keeps the list that they lead to."""
        for row, _xml in self.found:
            values = {name: getattr(row, name) for name in _KEPT}
            kept, is_new = LotlPivot.objects.get_or_create(
                anchors=row.anchors, document_sha256=row.document_sha256, defaults=values
            )
            if is_new:
                log.info("lotl_pivot.kept", sequence=kept.sequence, source=kept.address)
                signals.lotl_pivot_kept.send(LotlPivot, pivot=kept)


_KEPT = ("address", "sequence", "issued_at", "signed_by", "signer", "certificates")


def among(files: Mapping[str, bytes]) -> Bring:
    """Return how pivots are brought that were given as files: each has the name that ends its address."""

    def bring(url: str) -> bytes:
        if (name := name_of(url)) not in files:
            raise ListRefused("missing", file=name)
        return files[name]

    return bring


def name_of(url: str) -> str:
    """Return the name of the file at an address, short and plain: it is shown before anything is verified."""
    try:
        name = urlsplit(url).path.rpartition("/")[2][:60]
    except ValueError:
        name = ""
    return name if name and name.isascii() and name.isprintable() else "?"


def followed(xml: bytes, bring: Bring) -> Way:
    """Follow the pivots that a list of the lists names, which is not verified yet, as far as they are new.

    Their addresses may be anybody's: ``bring`` asks those alone that it may, and none is believed but for its
    signature. Raises ListRefused, its code and its facts those of the pivot.
    """
    kept = standing.pivots()
    signers = standing.lotl_signers(kept)
    named = ask("trusted_list_claims", xml, {})["pivots"]
    known = {one.address for one in kept}
    if len(named) > AT_MOST:
        raise ListRefused(f"{OF_A_PIVOT}too_many", count=str(len(named)))
    before = kept[-1].sequence if kept else 0
    seen = {one.document_sha256 for one in kept}
    found: list[tuple[LotlPivot, bytes]] = []
    for position, url in enumerate(named):
        try:
            if url in named[:position]:
                raise ListRefused("loop")
            if url in known:
                continue
            row, held = _read(url, brought := bring(url), signers, before, seen)
        except ListRefused as refused:
            raise ListRefused(f"{OF_A_PIVOT}{refused.code}", pivot=name_of(url), **refused.facts) from refused
        found.append((row, brought))
        seen.add(row.document_sha256)
        before = row.sequence
        if brought == xml:  # it is itself the last: those of before signed it
            break
        signers = held
    return Way(signers, found)


def _read(
    url: str, xml: bytes, signers: list[bytes], before: int, seen: set[str]
) -> tuple[LotlPivot, list[bytes]]:
    """Return a pivot that is signed by one of ``signers``, and whom it says to sign from now on."""
    digest = hashlib.sha256(xml).hexdigest()
    if digest in seen:
        raise ListRefused("loop")
    read: dict[str, Any] = ask("trusted_list", xml, lotl_options(signers))
    if read["sequence"] <= before:
        raise ListRefused("older", sequence=str(read["sequence"]), former=str(before))
    if dt.datetime.fromisoformat(read["issued"]) > timezone.now() + clocks.TOLERANCE:
        raise ListRefused("future", issued=read["issued"])
    if not read["own"]:
        raise ListRefused("names_nobody")
    row = LotlPivot(
        anchors=standing.anchors_mark(),
        address=url[:500],
        sequence=read["sequence"],
        issued_at=dt.datetime.fromisoformat(read["issued"]),
        document_sha256=digest,
        signed_by=read["signed_by"],
        signer=read["signer"],
        certificates=read["own"],
    )
    return row, row.signers


def lotl_options(signers: list[bytes]) -> dict[str, Any]:
    """Return what the limited process is asked of a list of the lists (``reading``)."""
    held = [base64.b64encode(one).decode() for one in signers]
    return {"signers": held, "territory": LOTL, "is_lotl": True}


def put(way: Way) -> None:
    """Keep the bytes of what was followed, before the rows."""
    for _row, xml in way.found:
        blobs.put(xml)
