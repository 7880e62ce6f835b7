"""The prepared PDF: what of it the signature covers, and that nothing of it escapes.

ISO 32000-2 § 12.8.1: the byte range is the whole file but the hole that waits for the signature.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from contreseing_sign.refusals import Mismatch

BYTE_RANGE = re.compile(rb"/ByteRange\s*\[\s*(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s+(\d{1,10})\s*\]")
BEFORE_THE_HOLE = re.compile(rb"/Contents\s*\Z")
LARGEST_HOLE = 1_000_000  # octets


@dataclass(frozen=True)
class Covered:
    """The hole of a prepared PDF, from ``start`` to ``end`` (with its < and >); the digest of the rest."""

    start: int
    end: int
    digest: bytes


def covered(pdf: bytes) -> Covered:
    """Return what the awaited signature covers; raises Mismatch unless it is all but the hole."""
    if not pdf.startswith(b"%PDF-"):
        raise Mismatch("le fichier reçu n’est pas un PDF")
    found = {tuple(int(number) for number in match.groups()) for match in BYTE_RANGE.finditer(pdf)}
    whole = [bounds for bounds in found if bounds[2] + bounds[3] == len(pdf)]
    if len(whole) != 1:
        raise Mismatch("le document reçu n’attend pas une signature, et une seule, sur tout son contenu")
    first, start, end, _rest = whole[0]
    if first != 0 or not start < end <= len(pdf) or end - start > LARGEST_HOLE:
        raise Mismatch("la signature ne couvrirait pas tout le document")
    hole = pdf[start:end]
    if not re.fullmatch(rb"<0*>", hole) or not BEFORE_THE_HOLE.search(pdf[max(0, start - 40) : start]):
        raise Mismatch("la place réservée à la signature contient déjà quelque chose")
    return Covered(start, end, hashlib.sha256(pdf[:start] + pdf[end:]).digest())
