"""The whole journal held against its anchors: what is wrong for certain, and what is not proven.

The chain alone shows a change in its middle; the anchors show an end that was cut off or
written anew, and hours that cannot be. The documents that it names are another question
(:mod:`workflow.record.documents`), asked together.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from signatures import anchoring
from stakeholders import wording
from workflow.record import anchors, documents, journal
from workflow.record.models import Anchor, JournalEntry

SKEW = dt.timedelta(minutes=5)  # between our clock and an authority's
LATE = dt.timedelta(hours=2)  # an entry that waits longer for its anchor is said to
RULES = {  # said in the language of whoever runs the command
    "missing": gettext_lazy("il manque une écriture"),
    "previous_hash": gettext_lazy("elle ne suit pas l’écriture précédente"),
    "hash": gettext_lazy("son contenu ne correspond pas à son empreinte"),
}


@dataclass
class Verdict:
    """How many entries and the last hash, what breaks the journal, what leaves a doubt; sentences."""

    count: int = 0
    head: str = journal.GENESIS
    broken: list[str] = field(default_factory=list)
    faults: list[journal.Break] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def breaks(self, number: int, rule: str, sentence: str) -> None:
        """Write down what is wrong for certain, at which entry and by which rule."""
        self.faults.append(journal.Break(number, rule))
        self.broken.append(sentence)

    @property
    def first_bad(self) -> int | None:
        """The number of the first entry that something is wrong with, whatever it is; None when all holds."""
        return min((fault.number for fault in self.faults), default=None)


@dataclass(frozen=True)
class Proof:
    """An anchor whose token is good: that entry ``number`` had this ``hash`` at ``at``."""

    number: int
    hash: str
    at: dt.datetime


def verify(now: dt.datetime | None = None, *, with_documents: bool = False) -> Verdict:
    """Read the chain from its first link, then every anchor of both places.

    ``with_documents``: then each document that it names too, and whether each sealed file is valid.
    """
    verdict = Verdict()
    verdict.count, verdict.head = journal.head()
    if found := journal.first_break():
        verdict.breaks(
            found.number,
            found.rule,
            _("Le journal est rompu à l’écriture n° %(number)d : %(rule)s.")
            % {"number": found.number, "rule": RULES[found.rule]},
        )
    proofs = _proofs(verdict)
    _compare(verdict, proofs)
    _check_hours(verdict, proofs, now or timezone.now())
    _check_waiting(verdict, proofs, now or timezone.now())
    for fault in documents.faults() if with_documents else ():
        if fault.certain:
            verdict.breaks(fault.number, fault.rule, fault.sentence)
        else:
            verdict.doubts.append(fault.sentence)
    return verdict


def _proofs(verdict: Verdict) -> list[Proof]:
    """Return the good anchors in the order of their numbers; say which are not good, or in one place only."""
    rows = {(row.number, row.hash): bytes(row.token) for row in Anchor.objects.iterator(chunk_size=500)}
    files = anchors.filed()
    found: dict[anchors.Key, Proof] = {}
    tokens = [(_("dans la base"), key, token) for key, token in rows.items()]
    for key, path in files.items():
        token = _read(path)
        if rows.get(key) != token:  # the same in both places is judged once
            tokens.append((str(path), key, token))
    for place, key, token in tokens:
        try:
            found[key] = Proof(*key, anchoring.stamped_at(token, anchors.statement(*key)))
        except anchoring.TokenInvalid as invalid:
            verdict.breaks(
                key[0],
                "anchor_invalid",
                _("L’ancrage de l’écriture n° %(number)d (%(place)s) ne prouve rien : %(reason)s.")
                % {"number": key[0], "place": place, "reason": invalid.reason},
            )
    folder = settings.ANCHOR_DIR
    for missing, where in (
        (files.keys() - rows.keys(), _("de la base (ils sont dans %(folder)s)") % {"folder": folder}),
        (rows.keys() - files.keys(), _("du dossier %(folder)s") % {"folder": folder}),
    ):
        if missing:
            numbers = ", ".join(str(number) for number, _hash in sorted(missing)[:10])
            verdict.doubts.append(
                _("Des ancrages manquent %(where)s : écritures n° %(numbers)s.")
                % {"where": where, "numbers": numbers + ("…" if len(missing) > 10 else "")}
            )
    return sorted(found.values(), key=lambda proof: proof.number)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _compare(verdict: Verdict, proofs: list[Proof]) -> None:
    """Every anchored entry is there, as it was."""
    here = dict(
        JournalEntry.objects.filter(number__in=[p.number for p in proofs]).values_list("number", "hash")
    )
    beyond = [proof for proof in proofs if proof.number > verdict.count]
    if beyond:
        verdict.breaks(
            verdict.count + 1,
            "truncated",
            _(
                "Le journal est tronqué : il s’arrête à l’écriture n° %(last)d, alors que l’écriture "
                "n° %(number)d était ancrée le %(at)s."
            )
            % {"last": verdict.count, "number": beyond[-1].number, "at": _written(beyond[-1].at)},
        )
    sound = 0
    for proof in proofs:
        if here.get(proof.number) == proof.hash:
            sound = proof.number
        elif proof.number in here:
            verdict.breaks(
                proof.number,
                "rewritten",
                _(
                    "Le journal est réécrit depuis l’écriture n° %(number)d ou avant (après la "
                    "n° %(sound)d) : elle n’est plus celle qui était ancrée le %(at)s."
                )
                % {"number": proof.number, "sound": sound, "at": _written(proof.at)},
            )
            return


def _check_hours(verdict: Verdict, proofs: list[Proof], now: dt.datetime) -> None:
    """No entry says to be later than the anchor that covers it, nor much earlier than the one before it."""
    pending = iter(proofs)
    proof = next(pending, None)
    latest: JournalEntry | None = None
    for entry in JournalEntry.objects.order_by("number").only("number", "at").iterator(chunk_size=2000):
        if latest is not None and entry.at < latest.at - SKEW:
            verdict.doubts.append(
                _("L’écriture n° %(number)d est antidatée : elle porte une heure d’avant la n° %(other)d.")
                % {"number": entry.number, "other": latest.number}
            )
        if latest is None or entry.at > latest.at:
            latest = entry
        while proof is not None and proof.number <= entry.number:
            if latest.at > proof.at + SKEW:
                verdict.breaks(
                    latest.number,
                    "after_anchor",
                    _("L’écriture n° %(number)d porte une heure d’après son ancrage, du %(at)s.")
                    % {"number": latest.number, "at": _written(proof.at)},
                )
            proof = next(pending, None)
    if any(each.at > now + SKEW for each in proofs):
        verdict.doubts.append(_("Un ancrage porte une heure à venir : vérifiez l’horloge de cette machine."))


def _check_waiting(verdict: Verdict, proofs: list[Proof], now: dt.datetime) -> None:
    """Say since when nothing was anchored, if that is too long."""
    last = proofs[-1].number if proofs else 0
    first = JournalEntry.objects.filter(number__gt=last).order_by("number").first()
    if first is None or first.at > now - LATE:
        return
    said = (
        _("Aucun ancrage depuis l’écriture n° %(last)d, le %(at)s")
        % {"last": last, "at": _written(proofs[-1].at)}
        if proofs
        else _("Aucun ancrage")
    )
    verdict.doubts.append(
        said
        + _(
            " : ce qui suit peut avoir été coupé sans que rien ne le montre. L’exécuteur est-il en service, "
            "et l’horodatage répond-il ?"
        )
    )


def _written(moment: dt.datetime) -> str:
    return wording.moment(moment, seconds=True)
