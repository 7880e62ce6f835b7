"""Of which level a signature by a certificate is, by its statements and the trusted lists.

Qualified (eIDAS, article 3, 12): a qualified certificate for electronic signatures, at its issuance and when
it signs, whose key is in a qualified device. Without the device: advanced, by a qualified certificate. By a
certificate that leads to an authority believed here, qualified or not: advanced. All else is not known. The
level is that of each certificate, never of its authority, which issues several kinds.
"""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

from asn1crypto import x509
from django.utils import timezone

from signatures.demo.pki import DEMO_POLICY
from signatures.lists import assessing, criteria, saying
from signatures.lists.trusting import Anchors, Listed


class Level(enum.StrEnum):
    """What a signature may amount to."""

    QUALIFIED = "qualified"
    ADVANCED_QUALIFIED = "advanced_qualified"
    ADVANCED = "advanced"
    UNKNOWN = "unknown"
    SPECIMEN = "specimen"


RANKS = [Level.UNKNOWN, Level.ADVANCED, Level.ADVANCED_QUALIFIED, Level.QUALIFIED]


@dataclass(frozen=True)
class Found:
    """A level, and why: ``basis`` holds text alone, to be kept and worded later (``level_words``).

    « why » (a code, blank when the level is the highest), « moment », « said » (the statements), « type »
    (« esign », « eseal », « web »), « device » (« list », « certificate »), « service », and of the list
    « territory », « sequence », « issued », « next »; « treasury » for a key of the treasury's.
    """

    level: Level
    basis: dict[str, str] = field(default_factory=dict)

    def as_facts(self) -> dict[str, str]:
        """Return all of it as text, for a report."""
        return {"level": self.level.value, **self.basis}


async def judged(
    certificate: bytes,
    chain: Sequence[bytes],
    moment: dt.datetime,
    lists: Sequence[Listed],
    roots: Sequence[x509.Certificate],
    now: dt.datetime | None = None,
) -> Found:
    """Do as ``level_of`` does with these lists and these roots, in any process."""
    own = x509.Certificate.load(certificate)
    said = saying.statements_of(own)
    basis = {"moment": moment.isoformat(), "said": str(said)}
    if saying.is_treasury_key(own):
        basis["treasury"] = "yes"
    if DEMO_POLICY in criteria.policies_of(own):
        return Found(Level.SPECIMEN, basis)
    others = [x509.Certificate.load(one) for one in chain]
    assessed = await assessing.assessed(own, others, lists, moment, now or timezone.now())
    if assessed.listed is not None:
        basis |= assessed.listed.facts
    trusted = assessed.at_signing is not None or (
        await assessing.path_to(own, others, Anchors(roots, []), moment) is not None
    )
    level, more = _level(assessed, said, trusted=trusted)
    return Found(level, basis | more)


def _level(
    assessed: assessing.Assessed, said: saying.Statements, *, trusted: bool
) -> tuple[Level, dict[str, str]]:
    """Return the level, and what of the assessment says why."""
    then, now = assessed.at_issuance, assessed.at_signing
    known = now or then
    kind = known.type if known else ", ".join(sorted(said.types))
    facts = {"type": kind} | ({"device": known.device, "service": known.service} if known else {})
    if assessed.why and (said.compliance or not trusted or (known and not kind)):
        return Level.UNKNOWN, facts | {"why": assessed.why}
    if not trusted:
        return Level.UNKNOWN, facts | {"why": _not_granted(assessed) if assessed.listed else "untrusted"}
    if kind in ("eseal", "web"):
        return Level.UNKNOWN, facts | {"why": "seal" if kind == "eseal" else "web"}
    if then is None or now is None:
        missing = _not_granted(assessed) if assessed.listed else "not_listed"
        return Level.ADVANCED, facts | {"why": missing if said.compliance else "not_qualified"}
    if not (then.qualified and now.qualified):
        return Level.ADVANCED, facts | {"why": "not_qualified"}
    if not now.device:
        return Level.ADVANCED_QUALIFIED, facts | {"why": "no_device"}
    return Level.QUALIFIED, facts | {"why": ""}


def _not_granted(assessed: assessing.Assessed) -> str:
    """Say when the service was not granted: « withdrawn » since, « not_granted_then », or never."""
    if assessed.at_issuance is not None:
        return "withdrawn"
    return "not_granted" if assessed.at_signing is None else "not_granted_then"


def reaches(level: str, required: str) -> bool:
    """Tell whether a level is at least the one required; a specimen reaches none."""
    return level in RANKS and RANKS.index(Level(level)) >= RANKS.index(Level(required))
