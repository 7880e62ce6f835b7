"""Whether a list that was brought takes the place of the one that was kept; why not is written down."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from signatures import blobs, clocks, signals
from signatures.lists import pivots, standing
from signatures.lists.asking import MAX_BYTES as MAX_BYTES
from signatures.lists.asking import ask
from signatures.lists.models import LOTL, ListTrial, TrustedList
from signatures.lists.pivots import Bring
from signatures.lists.refusals import OF_A_PIVOT, ListRefused

log = structlog.get_logger(__name__)


def keep(xml: bytes, source: str, expected: str = "", bring: Bring | None = None) -> ListTrial:
    """Verify a list and keep it; return what became of it, which is written down too.

    ``expected`` is the territory that was asked for; blank for a file, which says it itself. ``bring`` has
    the pivots that the list of the lists names; none is at hand without. A list that is refused changes
    nothing: the former stays. Raises ``limited.Unavailable`` (try again) and NoTrustRoot.
    """
    territory = expected
    try:
        if not territory:
            territory = _claimed(xml)
        return _kept(xml, source, territory, bring or pivots.among({}))
    except ListRefused as refused:
        return refuse(territory, source, refused)


def refuse(territory: str, source: str, refused: ListRefused) -> ListTrial:
    """Write down why a list was not accepted; the row is not saved when nobody knows whose it was.

    It is news the first time: a list that is fetched every six hours may be refused for weeks.
    """
    log.warning("trusted_list.refused", territory=territory, code=refused.code, source=source)
    with transaction.atomic():
        former = ListTrial.objects.select_for_update().filter(territory=territory).first()
        trial = _tried(territory, source, ListTrial.Outcome.REFUSED, refused.code, refused.facts)
        if former is None or (former.outcome, former.why) != (trial.outcome, trial.why):
            signals.trusted_list_refused.send(ListTrial, trial=trial)
    return trial


def claims(xml: bytes) -> dict[str, Any] | None:
    """Return what a list claims before it is verified (``reading``), None for what is no list."""
    try:
        return ask("trusted_list_claims", xml, {})
    except ListRefused:
        return None


def _claimed(xml: bytes) -> str:
    found = ask("trusted_list_claims", xml, {})
    if (found["territory"] == LOTL) != found["is_lotl"]:
        raise ListRefused("not_a_list")
    return str(found["territory"])


def _kept(xml: bytes, source: str, territory: str, bring: Bring) -> ListTrial:
    if territory == LOTL:
        read, way = _european(xml, bring)
    else:
        read, way = ask("trusted_list", xml, _national_options(territory)), pivots.Way([])
    row = TrustedList(
        territory=territory,
        sequence=read["sequence"],
        issued_at=dt.datetime.fromisoformat(read["issued"]),
        next_update=dt.datetime.fromisoformat(read["next"]) if read["next"] else None,
        signed_by=read["signed_by"],
        signer=read["signer"],
        source=source[:500],
        content=read["content"],
        document_sha256=hashlib.sha256(xml).hexdigest(),
    )
    if row.issued_at > timezone.now() + clocks.TOLERANCE:
        raise ListRefused("future", issued=row.issued_at.isoformat())
    if row.sequence < way.last:
        raise ListRefused("older", sequence=str(row.sequence), former=str(way.last))
    if not _takes_the_place(row) and not way.found:
        return _tried(territory, source, ListTrial.Outcome.SAME)
    blobs.put(xml)
    pivots.put(way)
    with transaction.atomic():
        # one after the other, so that of two lists brought at once the older does not stay
        ListTrial.objects.select_for_update().get_or_create(
            territory=territory, defaults={"outcome": ListTrial.Outcome.SAME, "source": source[:500]}
        )
        way.keep()
        if not _takes_the_place(row):
            return _tried(territory, source, ListTrial.Outcome.SAME)
        row.save()
        signals.trusted_list_kept.send(TrustedList, edition=row)
        log.info("trusted_list.kept", territory=territory, sequence=row.sequence, source=source)
        return _tried(territory, source, ListTrial.Outcome.KEPT)


def _takes_the_place(row: TrustedList) -> bool:
    """Tell whether this edition follows the one that was kept; False when it is that one.

    Raises ListRefused for one that came before.
    """
    former = standing.latest().get(row.territory)
    if former is None:
        return True
    if former.document_sha256 == row.document_sha256:
        return False
    if (former.sequence, former.issued_at) >= (row.sequence, row.issued_at):
        raise ListRefused("older", sequence=str(row.sequence), former=str(former.sequence))
    return True


def _european(xml: bytes, bring: Bring) -> tuple[dict[str, Any], pivots.Way]:
    """Return what is read of a list of the lists, and the pivots that lead to its signer.

    One that whoever may sign today did sign is accepted without the pivots that it names, where these cannot
    be followed: an installation without a network has its anchors from elsewhere, as new as it likes.
    """
    try:
        way = pivots.followed(xml, bring)
    except ListRefused as refused:
        if not refused.code.startswith(OF_A_PIVOT):
            raise
        log.warning("lotl_pivot.not_followed", code=refused.code, **refused.facts)
        way = pivots.Way(standing.lotl_signers(standing.pivots()))
        try:
            return ask("trusted_list", xml, pivots.lotl_options(way.signers)), way
        except ListRefused as direct:
            raise (refused if direct.code == "wrongly_signed" else direct) from None
    return ask("trusted_list", xml, pivots.lotl_options(way.signers)), way


def _national_options(territory: str) -> dict[str, Any]:
    """Return what is asked of a national list; raises ListRefused where nobody can tell who signs it."""
    if territory not in standing.territories():
        raise ListRefused("not_asked", territory=territory)
    kept = standing.latest()
    state = standing.state_of(kept, LOTL, timezone.now())
    if state != standing.State.IN_FORCE:
        raise ListRefused(f"lotl_{state.value}")
    found = standing.pointer(kept, territory).get("certificates", [])
    if not found:
        raise ListRefused("not_named", territory=territory)
    return {"signers": found, "territory": territory, "is_lotl": False}


def _tried(
    territory: str, source: str, outcome: str, why: str = "", facts: dict[str, str] | None = None
) -> ListTrial:
    values = {
        "outcome": outcome,
        "why": why,
        "facts": facts or {},
        "source": source[:500],
        "tried_at": timezone.now(),
    }
    if len(territory) != 2:
        return ListTrial(territory=territory, **values)
    return ListTrial.objects.update_or_create(territory=territory, defaults=values)[0]
