"""The kinds of contract: a file of data a kind, read and checked once.

``kind(code)`` gives one, ``kinds()`` those that may be opened. What a file says is French, as the act it
makes is; what pages say around it goes through gettext. The legal sources are in the files.
"""

from __future__ import annotations

from contracts.kinds.reading import (
    Clause,
    KindError,
    KindOfContract,
    Parties,
    PartOfOrganisation,
    Place,
    VoletOfKind,
    kind,
    kinds,
    volets_offered,
)

__all__ = [
    "Clause",
    "KindError",
    "KindOfContract",
    "PartOfOrganisation",
    "Parties",
    "Place",
    "VoletOfKind",
    "kind",
    "kinds",
    "volets_offered",
]
