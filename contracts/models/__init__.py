"""What: the contract, its volets and commitments, its frozen versions, who will sign it."""

from contracts.models.annexes import Annex, AnnexKind, Restriction, VersionAnnex
from contracts.models.clauses import Clause, ClausePlace
from contracts.models.commitments import Commitment, Direction, Party, Periodicity, Volet
from contracts.models.contract import (
    ENDED,
    LONG_TEXT,
    Contract,
    ContractAccess,
    ContractGroupPermission,
    ContractVersion,
    Participation,
    Signatory,
    Status,
)
from contracts.models.parts import PILOTING, Part, SignatoryKind

__all__ = [
    "ENDED",
    "LONG_TEXT",
    "PILOTING",
    "Annex",
    "AnnexKind",
    "Clause",
    "ClausePlace",
    "Commitment",
    "Contract",
    "ContractAccess",
    "ContractGroupPermission",
    "ContractVersion",
    "Direction",
    "Part",
    "Participation",
    "Party",
    "Periodicity",
    "Restriction",
    "Signatory",
    "SignatoryKind",
    "Status",
    "VersionAnnex",
    "Volet",
]
