"""The documents that the journal names, held against the store and against the rows: PDFs, frozen texts.

The chain proves what was written; here is asked whether what it speaks of is still there: each stored
document under its SHA-256, each version and each sealed file as the rows name them today, each
sealed file validated anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contracts.canonical import digest
from contracts.models import ContractVersion
from signatures import blobs, output
from signatures.limited import Unavailable
from signatures.models import Envelope
from signatures.report import Verdict as OfPdf
from workflow.record.models import JournalEntry

# what an entry names that a row names too, so that a backup holds it (workflow.record.stored)
NAMED = ("pdf_sha256", "document_sha256", "final_sha256", "sealed_sha256", "replaced_sha256")
SEALING = ("contract_sealed", "archive_renewed")
FROZEN, PRINTED = "version_frozen", "version_printed"
LOST = {
    "missing": gettext_lazy("Le document %(sha256)s, que nomme l’écriture n° %(number)d, manque."),
    "corrupt": gettext_lazy("Le document %(sha256)s, que nomme l’écriture n° %(number)d, est altéré."),
    "unreadable": gettext_lazy("Le document %(sha256)s, que nomme l’écriture n° %(number)d, est illisible."),
}


@dataclass(frozen=True)
class Fault:
    """What is wrong of a document: at which entry, by which rule, in words; ``certain`` or only a doubt."""

    number: int
    rule: str
    sentence: str
    certain: bool = True


def faults() -> Iterator[Fault]:
    """Read every document that the journal names, and yield what is wrong; slow: each sealed file is judged.

    Raises NoTrustRoot.
    """
    yield from _stored()
    yield from _frozen()
    yield from _sealed()


def _entries(*verbs: str) -> Iterator[JournalEntry]:
    rows = JournalEntry.objects.order_by("number")
    yield from (rows.filter(verb__in=verbs) if verbs else rows).iterator(chunk_size=2000)


def _stored() -> Iterator[Fault]:
    """Each document is there as it was, at the first entry that names it."""
    read: set[str] = set()
    for entry in _entries():
        for column in NAMED:
            sha256 = entry.payload.get(column)
            if not sha256 or sha256 in read:
                continue
            read.add(sha256)
            try:
                blobs.get(sha256)
            except blobs.BlobError as error:
                said = LOST[error.fault] % {"sha256": sha256, "number": entry.number}
                yield Fault(entry.number, f"document_{error.fault}", str(said))


def _frozen() -> Iterator[Fault]:
    """Each version says what the journal says that it froze, and is printed as it says."""
    versions = ContractVersion.objects.select_related("contract")
    for entry in _entries(FROZEN, PRINTED):
        number = entry.payload.get("version")
        row = versions.filter(contract=entry.contract_id, number=number).first()
        said = {name: entry.payload.get(name) for name in ("content_sha256", "pdf_sha256")}
        now = {
            "content_sha256": digest(row.content) if row else None,
            "pdf_sha256": row.pdf_sha256 if row else None,
        }
        if any(value and value != now[name] for name, value in said.items()):
            yield Fault(
                entry.number,
                "version_changed",
                _(
                    "La version %(version)s n’est plus, dans la base, celle de l’écriture n° %(number)d : "
                    "son texte ou son PDF a été remplacé, ou elle a été retirée."
                )
                % {"version": number, "number": entry.number},
            )


def _sealed() -> Iterator[Fault]:
    """The sealed file of each contract is the one of its last sealing, and is still valid."""
    last = {entry.contract_id: entry for entry in _entries(*SEALING)}
    sealed = Envelope.objects.filter(state=Envelope.State.SEALED)
    contracts = F("signing_round__version__contract")
    rows = {row.contract: row for row in sealed.annotate(contract=contracts)}
    for contract, entry in sorted(last.items(), key=lambda pair: pair[1].number):
        envelope = rows.get(contract)
        if envelope is None or envelope.sealed_sha256 != entry.payload.get("sealed_sha256"):
            yield Fault(
                entry.number,
                "sealed_replaced",
                _("Le contrat signé de l’écriture n° %(number)d a été remplacé dans la base, ou retiré.")
                % {"number": entry.number},
            )
            continue
        yield from _judged(entry, envelope)


def _judged(entry: JournalEntry, envelope: Envelope) -> Iterator[Fault]:
    try:
        report = output.judge_again(envelope)
    except blobs.BlobError:
        return  # said already
    except Unavailable as error:
        sentence = _("Le contrat signé de l’écriture n° %(number)d n’a pu être jugé : %(reasons)s")
        yield Fault(entry.number, "not_judged", sentence % {"number": entry.number, "reasons": error}, False)
        return
    if report.valid:
        return
    reasons = " ".join(problem.message for problem in report.problems)
    certain = report.verdict == OfPdf.FAILED
    sentence = (
        _("Le contrat signé de l’écriture n° %(number)d n’est pas valide : %(reasons)s")
        if certain
        else _("Le contrat signé de l’écriture n° %(number)d ne peut être jugé : %(reasons)s")
    )
    yield Fault(
        entry.number, "sealed_invalid", sentence % {"number": entry.number, "reasons": reasons}, certain
    )
