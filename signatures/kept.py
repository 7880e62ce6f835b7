"""The report of a sealed file, made when it was sealed and kept: a page shows it, and validates nothing.

A report is worth what made it: it is kept under the SHA-256 of the file and the mark of the
rules (our version of them, pyHanko's, the trusted roots). Under other rules it is shown as
made by former ones until the job has made a new one.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version

from django.db.models import Exists, OuterRef
from django.utils import timezone, translation

from signatures.lists import standing
from signatures.models import Envelope, KeptReport
from signatures.report import Report
from signatures.roots import load_roots

# Raise it with any change by which a file may get another verdict, or a sentence another meaning.
RULES = 11
MADE_ANEW_AFTER = dt.timedelta(days=30)  # what was valid then may have expired since
NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


@dataclass(frozen=True)
class Kept:
    """A report with its date; ``former`` when rules or roots have changed since."""

    report: Report
    made_at: dt.datetime
    former: bool


def rules_now() -> str:
    """Return the mark of the rules in force; raises NoTrustRoot."""
    trusted = b"".join(sorted(root.dump() for root in load_roots())) + standing.mark().encode()
    roots = hashlib.sha256(trusted).hexdigest()
    return f"{RULES} pyhanko-{version('pyhanko')} {roots[:16]}"


def keep(sha256: str, report: Report) -> None:
    """Keep this report of the file ``sha256``; those made before stay.

    Its codes and facts are worded for each reader; its sentences are kept in French, for the day when
    a code is no longer ours.
    """
    with translation.override("fr"):
        data = report.as_dict()
    KeptReport.objects.create(
        document_sha256=sha256, rules=rules_now(), verdict=report.verdict.value, data=data
    )


def kept(sha256: str) -> Kept | None:
    """Return the latest report of this file, those of the rules in force first; None when there is none."""
    rules = rules_now()
    found = sorted(
        KeptReport.objects.filter(document_sha256=sha256), key=lambda one: (one.rules == rules, one.made_at)
    )
    if not found:
        return None
    return Kept(Report.from_dict(found[-1].data), found[-1].made_at, found[-1].rules != rules)


def due(limit: int) -> Iterable[Envelope]:
    """Return sealed envelopes whose report is missing, made by former rules or lists, or old."""
    every = Envelope.objects.filter(state=Envelope.State.SEALED)
    if not every.exists():  # a new installation may have no trust root yet, and needs none for this
        return []
    fresh = KeptReport.objects.filter(
        document_sha256=OuterRef("sealed_sha256"),
        rules=rules_now(),
        made_at__gt=max(timezone.now() - MADE_ANEW_AFTER, standing.since() or NEVER),
    )
    sealed = every.exclude(Exists(fresh))
    return sealed.order_by("pk")[:limit]
