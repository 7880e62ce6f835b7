"""Pivots of our own: lists of the lists by which the signers change, from the pinned one to a third.

``Pivots(scheme)`` has two: the first, signed by whom the settings pin, hands over to ``second``; the other,
signed by that one, to ``third``, who signs ``lotl()``. A test changes ``files`` before it brings them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from cryptography import x509
from lxml import etree

from signatures.lists import keeping, pivots
from signatures.lists.models import LOTL, ListTrial
from tests.signatures.lists.scheme import FRENCH_URL, Scheme, Signer, _list, _pointer, now, signed, signer

FIRST, OTHER, NEXT = (f"eu-lotl-pivot-{number}.xml" for number in (10, 20, 40))
PLACE = "https://liste.test/"


@dataclass
class Pivots:
    """Three signers after each other, the two pivots, and what was asked for."""

    scheme: Scheme
    second: Signer = field(default_factory=lambda: signer("LOTL 2"))
    third: Signer = field(default_factory=lambda: signer("LOTL 3"))
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    place: str = PLACE
    french: str = FRENCH_URL

    def __post_init__(self) -> None:
        """Make the pivots."""
        self.files[FIRST] = self.first()
        self.files[OTHER] = self.other()

    def first(self, **changes: Any) -> bytes:
        """Return the pivot by which the pinned signer hands over to the second."""
        values: dict[str, Any] = {
            "sequence": 10,
            "own": [self.second],
            "by": self.scheme.european,
            "days": 300,
        }
        return self.european(**(values | changes))

    def other(self, **changes: Any) -> bytes:
        """Return the pivot by which the second signer hands over to the third."""
        values: dict[str, Any] = {
            "sequence": 20,
            "own": [self.third],
            "by": self.second,
            "days": 200,
            "named": [FIRST],
        }
        return self.european(**(values | changes))

    def lotl(self, **changes: Any) -> bytes:
        """Return the list of the lists of now, signed by the third signer, which names both pivots."""
        values: dict[str, Any] = {
            "sequence": 30,
            "own": [self.third],
            "by": self.third,
            "named": [FIRST, OTHER],
        }
        return self.european(**(values | changes))

    def european(
        self,
        *,
        sequence: int,
        own: Sequence[Signer],
        by: Signer | None,
        named: Sequence[str] = (),
        days: int = 1,
        **heading: Any,
    ) -> bytes:
        """Return a list of the lists of ``days`` ago; ``named`` are its pivots, the oldest first."""
        held: list[tuple[str, str, str, x509.Certificate]] = [
            (f"{self.place}eu-lotl.xml", LOTL, "EUlistofthelists", certificate) for _key, certificate in own
        ]
        held.append((self.french, "FR", "EUcommon", self.scheme.national[1]))
        pointers = "".join(_pointer(*one) for one in held)
        issued = now() - dt.timedelta(days=days)
        root = _list(LOTL, "EUlistofthelists", sequence, pointers, "", issued=issued, **heading)
        place = root.find(".//{*}SchemeInformationURI")
        for name in named:
            address = etree.fromstring(f'<URI xmlns="{place.nsmap[None]}" xml:lang="en"/>')
            address.text = name if "://" in name else f"{self.place}{name}"
            place.insert(0, address)
        return signed(root, *by) if by else bytes(etree.tostring(root))

    def bring(self, url: str) -> bytes:
        """Return the file at an address, as one given with the list; remember that it was asked."""
        self.asked.append(pivots.name_of(url))
        return pivots.among(self.files)(url)

    def keep(self, xml: bytes | None = None) -> ListTrial:
        """Keep a list of the lists, that of now by default, with the pivots at hand."""
        return keeping.keep(xml or self.lotl(), "eu-lotl.xml", LOTL, bring=self.bring)
