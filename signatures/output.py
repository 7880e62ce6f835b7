"""Our own files: read, kept, and judged before anybody is given them."""

from __future__ import annotations

from django.utils.translation import gettext as _

from signatures import blobs, brought, cms, kept, validation
from signatures.brought import TOKEN_ROOM, Brought, DocumentRefused
from signatures.delays import DocumentUnreadable, StoreUnavailable
from signatures.errors import OwnOutputInvalid
from signatures.limited import Unavailable
from signatures.lists import standing
from signatures.models import Envelope, SignatureRequest
from signatures.profiles import CONTRACT
from signatures.report import Report

State = SignatureRequest.State
# what is said of a signature whose tool set no time-stamp, or one that we do not know: it gets ours
WILL_BE_STAMPED = frozenset({"no_timestamp", "timestamp_untrusted"})


def read(sha256: str) -> bytes:
    """Return a blob; one that cannot be read may be restored: raises DocumentUnreadable."""
    try:
        return blobs.get(sha256)
    except blobs.BlobError as error:
        raise DocumentUnreadable(str(error)) from error


def keep(document: bytes) -> str:
    """Store a document and return its SHA-256; raises StoreUnavailable when the disk does not take it."""
    try:
        return blobs.put(document)
    except OSError as error:
        raise StoreUnavailable(error) from error


def refuse_unless_valid(
    document: bytes, envelope: Envelope, before: bytes, *, upto: int | None = None
) -> Report:
    """Validate our own output before it is kept, and return the report; raises OwnOutputInvalid.

    ``upto`` is the turn of the signature just made: later fields are still empty then.
    """
    if not document.startswith(before):
        raise OwnOutputInvalid(["l’original n’est pas au début du fichier"], frozenset({"other_beginning"}))
    expected = _expected(envelope, upto=upto)
    report = _judged(document, expected, intermediate=upto is not None)
    if not report.valid:
        codes = frozenset(problem.code for problem in report.problems)
        raise OwnOutputInvalid([problem.message for problem in report.problems], codes)
    return report


def refuse_brought(document: bytes, envelope: Envelope, field_name: str, serial: str, adds: Brought) -> None:
    """Raise DocumentRefused unless a document signed elsewhere will do, its time-stamp apart.

    ``serial`` is that of the certificate which signed ``field_name``, in hexadecimal. A time-stamp of an
    authority that is not known here gives its place to ours, which must be there. Raises Unavailable.
    """
    expected = {**_expected(envelope), field_name: serial}
    report = _judged(document, expected, intermediate=True)
    reasons = [problem.message for problem in report.problems if problem.code not in WILL_BE_STAMPED]
    if reasons:
        raise DocumentRefused("not_valid", _("Ce document ne peut être accepté. ") + " ".join(reasons))
    if report.problems and adds.room < TOKEN_ROOM:
        raise DocumentRefused("no_room_for_ours", brought.sentence("no_room_for_ours"))


@standing.at_hand()
def _judged(document: bytes, expected: dict[str, str], *, intermediate: bool = False) -> Report:
    """Validate a file of ours; raises Unavailable (try again) when the machine could not finish.

    A stranger's file that exhausts is refused; ours never does, so it is the machine that was busy, and
    a signature must not be thrown away for that.
    """
    report = validation.validate(document, expected=expected, intermediate=intermediate, profile=CONTRACT)
    if any(problem.code in validation.UNFINISHED for problem in report.problems):
        raise Unavailable
    return report


def _expected(envelope: Envelope, *, upto: int | None = None) -> dict[str, str]:
    """Return the serial number of the certificate that signs each field, up to this turn."""
    return {
        request.slot.field_name: cms.serial_of(bytes(request.certificate))
        for request in SignatureRequest.objects.filter(slot__envelope=envelope)
        .exclude(state=State.ABANDONED)
        .select_related("slot")
        if upto is None or request.slot.order <= upto
    }


def judge_again(envelope: Envelope) -> Report:
    """Validate a sealed file again; raises BlobError or a TransientError."""
    return _judged(blobs.get(envelope.sealed_sha256), _expected(envelope))


def renew_report(envelope: Envelope) -> Report:
    """Validate a sealed file again and keep what that says; raises BlobError or a TransientError."""
    report = judge_again(envelope)
    kept.keep(envelope.sealed_sha256, report)
    return report
