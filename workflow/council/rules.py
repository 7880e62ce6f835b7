"""Whether the council has authorised the signature, on plausible days (CGCT L2121-29, L2131-1)."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from contracts.models import Contract, ContractVersion, Signatory
from stakeholders import days
from stakeholders.models import Organisation
from stakeholders.prepared import MARKER, Prepared
from stakeholders.reading import asked_for_each
from stakeholders.wording import figures
from workflow.council.models import SETTLED, STAGES, CouncilResolution, Outcome

DAYS = ("session_on", *STAGES)
IN_ORDER = (
    ("session_on", "published_on"),
    ("session_on", "transmitted_on"),
    ("transmitted_on", "received_on"),
)


def why_not_days(given: dict[str, dt.date], *, opened_in: int, today: dt.date) -> tuple[str, str] | None:
    """Return the day that cannot be and the sentence that says why, or None.

    ``given`` holds the days of ``DAYS`` that are known; a council sits, then its resolution is published
    and sent to the prefecture, which receives it (CGCT L2131-1), all by ``today``, and not ten years
    before the year in which the contract was opened.
    """
    for name, day in given.items():
        try:
            days.of_contract(day, opened_in)
        except ValidationError as error:
            return name, str(error.message)
        if day > today:
            return name, _("Cette date est dans le futur : n’enregistrez que ce qui a eu lieu.")
    for first, then in IN_ORDER:
        if first in given and then in given and given[then] < given[first]:
            return then, _OUT_OF_ORDER[first]()
    return None


def why_not_voices(resolution: CouncilResolution) -> tuple[str, str] | None:
    """Return the count of voices that contradicts the outcome and the sentence that says why, or None.

    The majority of the votes cast; where they are equal, that of whoever presides (CGCT L2121-20), so that
    an equal vote may go either way.
    """
    in_favour, against = resolution.votes_for, resolution.votes_against
    if resolution.outcome == Outcome.ADJOURNED:
        return None
    if resolution.outcome == Outcome.REJECTED:
        if in_favour > against:
            return "votes_against", _(
                "Une délibération rejetée n’a pas plus de voix pour que de voix contre."
            )
        return None
    if in_favour == 0:
        return "votes_for", _("Une délibération adoptée a au moins une voix pour.")
    if in_favour < against:
        return "votes_for", _("Une délibération adoptée a au moins autant de voix pour que contre.")
    return None


_OUT_OF_ORDER = {
    "session_on": lambda: _("Cette date précède la séance du conseil : vérifiez l’une et l’autre."),
    "transmitted_on": lambda: _("Cette date précède la transmission : vérifiez l’une et l’autre."),
}


@asked_for_each
def sessions_on(versions: list[ContractVersion]) -> dict[ContractVersion, list[CouncilResolution]]:
    """Return what the council said in each session on each exact text, the last one first.

    Whichever version number carries the text; what was corrected no longer counts.
    """
    found: dict[tuple[int, str], list[CouncilResolution]] = {}
    for row in _SESSIONS.rows(sorted({version.contract_id for version in versions})):
        found.setdefault((row.about, row.version_sha256), []).append(row)
    return {version: found.get((version.contract_id, version.content_sha256), []) for version in versions}


_SESSIONS: Prepared[Any] = Prepared(
    lambda contracts: (
        CouncilResolution.objects.filter(version__contract__among=contracts, corrected_at=None)
        .annotate(about=F("version__contract"))
        .order_by("-at", "-pk")
    ),
    [MARKER],
)


def resolution_on(version: ContractVersion, council: int | None) -> CouncilResolution | None:
    """Return the resolution on this exact text of the council of an organisation (None: of any)."""
    return next((said for said in _said_by(version, council) if said.outcome in SETTLED), None)


def awaiting_its_stages(version: ContractVersion, council: int | None) -> CouncilResolution | None:
    """Return the resolution that the council adopted on this text and that is not enforceable yet."""
    found = resolution_on(version, council)
    return found if found is not None and found.is_adopted and not found.is_enforceable else None


def adjournments_of(version: ContractVersion, council: int | None) -> list[CouncilResolution]:
    """Return the sessions that put this text off, the last one first."""
    return [said for said in _said_by(version, council) if said.outcome == Outcome.ADJOURNED]


def _said_by(version: ContractVersion, council: int | None) -> list[CouncilResolution]:
    return [said for said in sessions_on(version) if council in (None, said.organisation_id)]


def councils_of(contract: Contract) -> list[Organisation]:
    """Return the organisations whose council somebody waits for before signing, in signing order."""
    awaited = [place for place in contract.places if place.needs_council_resolution]
    return list(dict.fromkeys(place.council or place.office.organisation for place in awaited))


def missing_in_words(resolution: CouncilResolution) -> str:
    """Say what an adopted resolution still lacks to be enforceable: « sa publication et sa réception … »."""
    words = {
        "published_on": _("sa publication"),
        "transmitted_on": _("sa transmission à la préfecture"),
        "received_on": _("sa réception par la préfecture"),
    }
    *first, last = (words[name] for name in resolution.missing)
    return _("%(first)s et %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def councils_due(contract: Contract, version: ContractVersion) -> list[Organisation]:
    """Return whose council has yet to adopt this text by an enforceable resolution; none once recalled."""
    if version.recalls.exists():
        return []
    return [
        council
        for council in councils_of(contract)
        if not ((said := resolution_on(version, council.pk)) and said.is_enforceable)
    ]


def council_allows(signatory: Signatory, version: ContractVersion) -> bool:
    """Whether this signatory's place is unlocked: by its own council (CGCT L2121-29, L2131-1)."""
    if signatory.awaited_council is None:
        return True
    resolution = resolution_on(version, signatory.awaited_council)
    return resolution is not None and resolution.is_enforceable


def stamp_lines(signatory: Signatory, version: ContractVersion) -> list[str]:
    """Return what the stamp says of the resolution that empowers its signatory, in French as the contract is.

    The texts that leave it to the stamp are those of schema 3 (:mod:`contracts.printed.act`).
    """
    if not signatory.needs_council_resolution or version.content["schema"] < 3:
        return []
    resolution = resolution_on(version, signatory.awaited_council)
    if resolution is None or not resolution.is_enforceable:
        return []
    with translation.override("fr"):
        said = _("Délibération du conseil n° %(number)s du %(day)s")
        return [said % {"number": resolution.number, "day": figures(resolution.session_on)}]
