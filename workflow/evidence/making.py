"""An evidence made: its files, its list of hashes, the token over that list, the ZIP on the disk."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass
from pathlib import Path

import structlog
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from signatures import anchoring, seals
from signatures.errors import SignatureError
from workflow.evidence import seda, sheet
from workflow.evidence.contents import gather, manifest
from workflow.evidence.models import Scope
from workflow.evidence.parts import Part, Written, made, write
from workflow.evidence.state import Source

log = structlog.get_logger(__name__)
MANIFEST, SUMS, TOKEN, SEAL = "manifeste.json", "SHA256SUMS", "SHA256SUMS.tst", "SHA256SUMS.p7s"


@dataclass(frozen=True)
class Token:
    """What dates the list of hashes whose SHA-256 is ``listed``: a time-stamp (RFC 3161, DER).

    ``seal`` is the platform's electronic seal over it (CAdES, DER), blank where this installation has none.
    """

    listed: str
    token: bytes
    seal: bytes = b""


def folder() -> Path:
    """Return where evidence files are: beside the documents, and not among them."""
    return Path(settings.BLOB_DIR).parent / "evidence"


def make(source: Source, scope: str, before: Token | None) -> tuple[Written, Token]:
    """Make an evidence file; ``before`` is the token of the last one, kept if the list is the same.

    Raises BlobError, NoTrustRoot, TimestampUnavailable, RenderError of the typesetter, OSError.
    """
    with translation.override("fr"):
        parts, token = _whole(source, scope, before)
        if scope == Scope.TRANSFER:
            parts = seda.transfer(source, parts)
    written = write(folder(), name_of(source.contract.pk, scope), parts, _moment(source))
    return written, token


def name_of(contract: int, scope: str) -> str:
    """Return how the evidence file of a contract is called on the disk, but for its hash."""
    return f"{contract}-{scope}"


def path_of(contract: int, scope: str, archive: str) -> Path:
    """Return the path of an evidence file."""
    return folder() / f"{name_of(contract, scope)}-{archive}.zip"


def _moment(source: Source) -> dt.datetime:
    return source.last.at


def _whole(source: Source, scope: str, before: Token | None) -> tuple[list[Part], Token]:
    found = gather(source, scope)
    found.parts.append(sheet.printed(found))
    listed = [*found.parts, made(MANIFEST, _("Manifeste"), manifest(found, found.parts))]
    lines = sorted(f"{part.sha256}  {part.path}\n" for part in listed)
    sums = "".join(sorted(lines, key=lambda line: line[66:])).encode()
    sha256 = hashlib.sha256(sums).hexdigest()
    token = before if before and before.listed == sha256 else _token(sha256, sums)
    proofs = [
        made(SUMS, _("Empreinte de chaque fichier"), sums),
        made(TOKEN, _("Horodatage de la liste des empreintes"), token.token),
    ]
    if token.seal:
        proofs.append(made(SEAL, _("Cachet électronique de la plateforme sur cette liste"), token.seal))
    return [*listed, *proofs], token


def _token(sha256: str, sums: bytes) -> Token:
    """Have the list sealed, where there is a seal, then time-stamped; raises TimestampUnavailable.

    A seal that cannot be made keeps nobody from the evidence, which proves the same without it.
    """
    seal = b""
    if seals.is_offered():
        try:
            seal = seals.seal_detached(sums)
        except SignatureError as error:
            log.warning("evidence not sealed", code=error.code, exc_info=error)
    return Token(sha256, anchoring.stamp(sums), seal)
