"""Two people wrote from one text: what each changed, joined word by word, and what they must choose between.

What only one side changed, or both alike, is joined without a question; where both changed the same words
otherwise, there is a passage to choose: one side's, the other's, or both one after the other. No word of
either side is lost unless somebody chose to leave it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rapidfuzz.distance import Indel

MINE, THEIRS, BOTH = "mine", "theirs", "both"
# words, blanks, and each other sign by itself: what a reader sees change
_SHOWN = re.compile(r"\w+|\s+|[^\w\s]")
# and what is joined: a row of a table is one, and so is the mark of a point or of a heading with the end of
# line before it, so that two rows or two points are never run into one line
_ROW = r"(?:\A|\n)[ \t]*\|[^\n]*"
_MARK = r"(?:\A|\n)[ \t]*(?:[-•–]|[0-9]{1,2}[.)]|#{2,3})[ \t\u00a0]+"
_JOINED = re.compile(rf"{_ROW}|{_MARK}|\w+|\n|[^\S\n]+|[^\w\s]")
_LINES_OF_THEIR_OWN = re.compile(rf"{_ROW}|{_MARK}")
Words = list[str]


@dataclass(frozen=True)
class Passage:
    """A run of the joined text.

    ``base`` is what both began with. Where ``settled`` is None the two sides differ: ``key`` names these
    very three texts, so that a choice made for others is no choice for these.
    """

    base: str
    mine: str
    theirs: str
    settled: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether somebody must choose."""
        return self.settled is None

    @property
    def key(self) -> str:
        """Name these three texts: 16 hexadecimal digits."""
        return key_of(self.base, self.mine, self.theirs)

    def chosen(self, choice: str) -> str:
        """Return what a choice gives."""
        if choice == BOTH:
            return f"{self.mine}{_between(self.mine, self.theirs)}{self.theirs}"
        return self.mine if choice == MINE else self.theirs


def _between(mine: str, theirs: str) -> str:
    """Return what stands between two texts that are both kept: an end of line before a line of its own."""
    if not mine or not theirs or mine[-1] == "\n" or theirs[0] == "\n":
        return ""
    if _LINES_OF_THEIR_OWN.match(theirs) or mine.rpartition("\n")[2].lstrip().startswith("|"):
        return "\n"
    return "" if mine[-1].isspace() or theirs[0].isspace() else " "


def key_of(*texts: str) -> str:
    """Return 16 hexadecimal digits that name these texts in this order."""
    joined = "".join(f"{len(text)}:{text}" for text in texts)
    return hashlib.sha256(joined.encode()).hexdigest()[:16]


def merge(base: str, mine: str, theirs: str) -> list[Passage]:
    """Join two texts that were written from ``base``: the passages, in order.

    Settled passages hold what one side or neither changed; in the others both changed the same words.
    """
    first, left, right = (_JOINED.findall(text) for text in (base, mine, theirs))
    to_left, to_right = (_kept(first, side) for side in (left, right))
    passages: list[Passage] = []
    # the words of the base that both sides kept cut the three texts in as many pieces
    both = [place for place in range(len(first)) if place in to_left and place in to_right]
    cuts = [(-1, -1, -1), *((place, to_left[place], to_right[place]) for place in both)]
    cuts.append((len(first), len(left), len(right)))
    for (a, b, c), (d, e, f) in pairwise(cuts):
        pieces = ("".join(first[a + 1 : d]), "".join(left[b + 1 : e]), "".join(right[c + 1 : f]))
        if any(pieces):
            passages.append(_settle(*pieces))
        if d < len(first):
            passages.append(Passage(first[d], first[d], first[d], first[d]))
    return list(_joined(passages))


def compose(passages: Sequence[Passage], choices: Mapping[str, str]) -> str | None:
    """Return the whole text, with what was chosen by the passages' keys; None where a choice is missing."""
    said = []
    for passage in passages:
        if passage.settled is not None:
            said.append(passage.settled)
        elif (choice := choices.get(passage.key)) in (MINE, THEIRS, BOTH):
            said.append(passage.chosen(choice))
        else:
            return None
    return "".join(said)


@dataclass(frozen=True)
class Piece:
    """A run of words: « same », « gone » or « new » from one text to another."""

    kind: str
    text: str


def words_changed(before: str, after: str) -> list[Piece]:
    """Return the runs of words kept, gone and new from one text to another, in reading order."""
    old, new = _SHOWN.findall(before), _SHOWN.findall(after)
    found = []
    for op in Indel.opcodes(old, new):
        if op.tag == "equal":
            found.append(Piece("same", "".join(old[op.src_start : op.src_end])))
            continue
        if op.src_end > op.src_start:
            found.append(Piece("gone", "".join(old[op.src_start : op.src_end])))
        if op.dest_end > op.dest_start:
            found.append(Piece("new", "".join(new[op.dest_start : op.dest_end])))
    return found


def _kept(base: Words, side: Words) -> dict[int, int]:
    """Return where each word of the base that a side kept stands in that side."""
    return {
        place: op.dest_start + place - op.src_start
        for op in Indel.opcodes(base, side)
        if op.tag == "equal"
        for place in range(op.src_start, op.src_end)
    }


def _settle(base: str, mine: str, theirs: str) -> Passage:
    if mine == theirs or theirs == base:
        return Passage(base, mine, theirs, mine)
    return Passage(base, mine, theirs, theirs if mine == base else None)


def _joined(passages: Sequence[Passage]) -> Iterator[Passage]:
    """Join what is settled side by side, and what is open with no more than blanks between."""
    held: Passage | None = None
    for place, passage in enumerate(passages):
        follows = place + 1 < len(passages) and passages[place + 1].is_open
        if held is None:
            held = passage
        elif held.is_open == passage.is_open or (held.is_open and follows and _is_blank(passage)):
            held = _together(held, passage)
        else:
            yield held
            held = passage
    if held is not None:
        yield held


def _is_blank(passage: Passage) -> bool:
    """Whether a passage that nobody changed is no more than spaces on a line."""
    alike = passage.base == passage.mine == passage.theirs
    return alike and not passage.base.strip() and "\n" not in passage.base


def _together(one: Passage, other: Passage) -> Passage:
    settled = None if one.settled is None or other.settled is None else one.settled + other.settled
    return Passage(one.base + other.base, one.mine + other.mine, one.theirs + other.theirs, settled)
