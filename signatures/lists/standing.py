"""What each list that was kept is worth now: in force, stale, missing, or signed by who may no more."""

from __future__ import annotations

import base64
import datetime as dt
import enum
import functools
import hashlib
from collections.abc import Sequence
from contextlib import ContextDecorator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils import timezone

from signatures.lists.models import LOTL, ListTrial, LotlPivot, TrustedList
from signatures.lists.trusting import AT_HAND, Anchors, Listed
from signatures.roots import load_roots


class State(enum.StrEnum):
    """What may be said of a territory's list."""

    IN_FORCE = "in_force"
    STALE = "stale"  # its next update was due
    MISSING = "missing"
    DISOWNED = "disowned"  # the list of the lists names its signer no more, or we believe that one no more


@dataclass(frozen=True)
class Standing:
    """A territory that this installation asks for, its latest list if any, and its last try if any."""

    territory: str
    state: State
    kept: TrustedList | None
    trial: ListTrial | None
    pivots: Sequence[LotlPivot] = ()  # of the list of the lists: those followed to its signers

    @property
    def is_lotl(self) -> bool:
        """Tell whether it is the list of the lists."""
        return self.territory == LOTL


def territories() -> list[str]:
    """Return the territories whose lists this installation asks for, without that of the lists."""
    return [one.strip().upper() for one in settings.TRUSTED_LIST_TERRITORIES if one.strip()]


def pinned() -> list[bytes]:
    """Return who signs the list of the lists at the start (DER): the installation's anchors, else pyHanko's.

    Raises NoTrustRoot for a file of the settings that cannot be read.
    """
    # read where pyHanko keeps them: its own reader loads all that reads a list
    bundled = files("pyhanko.sign.validation.qualified") / "lotl-certs" / "latest.cert.pem"
    return [one.dump() for one in load_roots(settings.LOTL_CERTIFICATES or [bundled.read_bytes()])]


def anchors_mark() -> str:
    """Return what names the pinned certificates, whatever their order; raises NoTrustRoot."""
    return hashlib.sha256(b"".join(sorted(hashlib.sha256(one).digest() for one in pinned()))).hexdigest()


def pivots() -> list[LotlPivot]:
    """Return the pivots that were followed from the pinned certificates, the oldest first."""
    return list(LotlPivot.objects.filter(anchors=anchors_mark()).order_by("sequence"))


def lotl_signers(followed: Sequence[LotlPivot]) -> list[bytes]:
    """Return who may sign the next list of the lists (DER): those of the last pivot, else the pinned ones."""
    return followed[-1].signers if followed else pinned()


def latest() -> dict[str, TrustedList]:
    """Return the latest list of each territory, what was read of it left aside."""
    rows = TrustedList.objects.defer("content").order_by("territory", "-sequence", "-issued_at", "-pk")
    return {row.territory: row for row in rows.distinct("territory")}


def pointer(kept: dict[str, TrustedList], territory: str) -> dict[str, Any]:
    """Return what the list of the lists says of a territory: « url » and « certificates », or nothing."""
    lotl = kept.get(LOTL)
    found: dict[str, Any] = {} if lotl is None else _content(lotl)["pointers"].get(territory, {})
    return found


def state_of(kept: dict[str, TrustedList], territory: str, now: dt.datetime) -> State:
    """Return what the list of a territory is worth at ``now``."""
    row = kept.get(territory)
    if row is None:
        return State.MISSING
    if territory == LOTL:
        believed = _is_among(row, pinned()) or any(_is_among(row, one.signers) for one in pivots())
    else:
        signers = [base64.b64decode(one) for one in pointer(kept, territory).get("certificates", [])]
        believed = state_of(kept, LOTL, now) != State.DISOWNED and _is_among(row, signers)
    if not believed:
        return State.DISOWNED
    return State.STALE if row.next_update is None or row.next_update < now else State.IN_FORCE


def _is_among(row: TrustedList, signers: Sequence[bytes]) -> bool:
    return row.signed_by in {hashlib.sha256(one).hexdigest() for one in signers}


def standings(now: dt.datetime | None = None) -> list[Standing]:
    """Return how each list stands, that of the lists first."""
    now, kept = now or timezone.now(), latest()
    trials = {one.territory: one for one in ListTrial.objects.all()}
    return [
        Standing(
            one, state_of(kept, one, now), kept.get(one), trials.get(one), pivots() if one == LOTL else ()
        )
        for one in [LOTL, *territories()]
    ]


def listed() -> Sequence[Listed]:
    """Return the lists, for a verdict: those that are missing or disowned too, which then say so."""
    now, kept = timezone.now(), latest()
    return [_listed(kept, one, now) for one in territories()]


class at_hand(ContextDecorator):
    """Have the lists at hand for the time of a block or a function: read once, from the database.

    What is validated meanwhile is judged with them, and their authorities are believed; an event loop
    may not ask the database itself. Where they are not at hand nothing is said of qualification.
    """

    def __enter__(self) -> None:
        """Read them."""
        self._token = AT_HAND.set(listed())

    def __exit__(self, *raised: object) -> None:
        """Forget them."""
        AT_HAND.reset(self._token)

    def _recreate_cm(self) -> at_hand:
        return at_hand()


def anchors() -> Anchors:
    """Return whom we believe: our roots, and the authorities of the lists that are at hand.

    Raises NoTrustRoot.
    """
    now = timezone.now()
    return Anchors(load_roots(), [one for one in AT_HAND.get() or () if not one.doubt(now, now)])


def mark() -> str:
    """Return what verdicts depend on: which lists there are, not their editions, which follow each other."""
    kept = latest()
    return " ".join(one for one in territories() if one in kept)


def since() -> dt.datetime | None:
    """Return when the last edition of a list was kept: what reports say of levels may have changed then."""
    found: dt.datetime | None = TrustedList.objects.aggregate(last=Max("kept_at"))["last"]
    return found


def _listed(kept: dict[str, TrustedList], territory: str, now: dt.datetime) -> Listed:
    row, state = kept.get(territory), state_of(kept, territory, now)
    if row is None:
        return Listed({"territory": territory, "next": ""}, [], {}, why="missing")
    facts = {
        "territory": territory,
        "sequence": str(row.sequence),
        "issued": row.issued_at.isoformat(),
        "next": row.next_update.isoformat() if row.next_update else "",
    }
    content = _content(row)
    why = "disowned" if state == State.DISOWNED else ""
    return Listed(facts, content["services"], content["certificates"], why)


def _content(row: TrustedList) -> dict[str, Any]:
    return _content_of(row.pk, row.document_sha256)


@functools.lru_cache(maxsize=64)
def _content_of(pk: int, document_sha256: str) -> dict[str, Any]:
    """Read it once a process: it is large, and never changes."""
    found: dict[str, Any] = TrustedList.objects.values_list("content", flat=True).get(
        pk=pk, document_sha256=document_sha256
    )
    return found
