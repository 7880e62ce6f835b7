"""What a report says of each signature, in words: who, when and by whose clock, what it covers."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from signatures.errors import to_the_second
from signatures.etsi import indications
from signatures.evidence import Evidence, Later, SignatureFacts, StampFacts
from signatures.lists.sentences import because, level_name
from signatures.report import SignatureRow, Verdict
from signatures.validation import Examined


@dataclass(frozen=True)
class Sheet:
    """One person's signature, ready to be read; ``reasons`` are the sentences against it, its own alone."""

    field: str
    signer: str
    quality: str
    verdict: Verdict
    sub_indication: str
    when: str
    level: str
    qualification: str
    covers: str
    later: list[str]
    issuer: str
    reasons: list[str]

    @property
    def indication(self) -> str:
        """Return the indication and its sub-indication, as EN 319 102-1 writes them."""
        return f"{self.verdict.value} {self.sub_indication}".strip()

    def lines(self) -> list[tuple[str, str]]:
        """Return its facts, each under its heading."""
        return [
            (_("Signataire"), self.signer),
            (_("En qualité de"), self.quality or _("le certificat ne le dit pas")),
            (_("Certificat délivré par"), self.issuer or _("inconnu")),
            (_("Signé"), self.when),
            (_("Niveau"), self.level),
            (_("Qualification"), self.qualification),
            (_("Ce qu’elle couvre"), self.covers),
            (_("Ajouté depuis"), " ; ".join(self.later) or _("rien")),
            (_("Indication (EN 319 102-1)"), self.indication),
        ]


def sheets_of(examined: Examined) -> list[Sheet]:
    """Return the sheet of each signature, in the order of the file."""
    return [_sheet(examined, row) for row in examined.report.signatures]


def _sheet(examined: Examined, row: SignatureRow) -> Sheet:
    report, facts = examined.report, examined.evidence.of(row.field)
    verdict, sub = indications.said_of(report, row)
    return Sheet(
        field=row.field,
        signer=row.signer or _("personne que le certificat ne nomme pas"),
        quality=", ".join(part for part in (row.title, row.organisation) if part),
        verdict=verdict,
        sub_indication=sub,
        when=_when(examined, row, facts),
        level=level_told(row.level),
        qualification=qualification_told(row, verdict),
        covers=_covers(examined.evidence, facts),
        later=[_told(one) for one in facts.later] if facts else [],
        issuer=facts.issuer if facts else "",
        reasons=[problem.message for problem in report.problems if problem.field == row.field],
    )


def qualification_told(row: SignatureRow, verdict: Verdict) -> str:
    """Say of which level a signature is, and no more of it than its verdict bears."""
    if verdict == Verdict.FAILED and not row.specimen:
        return _("sans objet : la signature n’est pas valide")
    said = qualification_of(row)
    if verdict == Verdict.INDETERMINATE and not row.specimen:
        return _("%(said)s Sous réserve que la signature soit confirmée.") % {"said": f"{said.rstrip('.')}."}
    return said


def qualification_of(row: SignatureRow) -> str:
    """Say whether the signature is qualified (eIDAS, article 3, 12), and according to which list."""
    if row.specimen:
        return _("spécimen : certificat de démonstration, aucune valeur juridique")
    facts = row.qualification
    if not facts:
        return _("qualification inconnue : les listes de confiance n’ont pas été consultées")
    return f"{_('signature %(level)s') % {'level': level_name(facts['level'])}}. {because(facts)}".strip()


def specimen_told() -> str:
    """Say that a signature was made with a demonstration certificate."""
    return _("SPÉCIMEN : certificats de démonstration, aucune valeur juridique.")


def level_told(level: str) -> str:
    """Say what a level of EN 319 142-1 proves."""
    return {
        "B-B": _("B-B : la signature seule, sans preuve de sa date"),
        "B-T": _("B-T : avec une preuve de sa date"),
        "B-LT": _("B-LT : avec une preuve de sa date, et de quoi la vérifier plus tard"),
        "B-LTA": _("B-LTA : avec une preuve de sa date, et de quoi la vérifier longtemps, le tout horodaté"),
    }.get(level, _("aucun niveau de PAdES n’est prouvé"))


def _when(examined: Examined, row: SignatureRow, facts: SignatureFacts | None) -> str:
    """Say when, and who vouches for it: an authority, or the signatory alone, which proves nothing."""
    stamps = examined.evidence.stamps
    if row.timestamped_at is not None:
        own = next((one for one in stamps if one.field == row.field and one.at == row.timestamped_at), None)
        if own is None:
            return _("le %(moment)s, selon l’horloge d’une autorité d’horodatage") % {
                "moment": to_the_second(row.timestamped_at)
            }
        return _("le %(moment)s, selon l’horloge de l’autorité « %(authority)s »") % _clock(own)
    if facts is not None and (over := _first_over(examined, facts)) is not None:
        return _(
            "au plus tard le %(moment)s, selon l’horloge de l’autorité « %(authority)s », qui a horodaté le "
            "document ensuite"
        ) % _clock(over)
    if row.signed_at is not None:
        return _("le %(moment)s, selon l’horloge de qui a signé : rien ne le prouve") % {
            "moment": to_the_second(row.signed_at)
        }
    return _("à une date que rien n’indique")


def _clock(stamp: StampFacts) -> dict[str, str]:
    return {"moment": to_the_second(stamp.at), "authority": stamp.authority}


def _first_over(examined: Examined, facts: SignatureFacts) -> StampFacts | None:
    verified = {row.field for row in examined.report.document_timestamps if row.ok}
    later = [
        one
        for one in examined.evidence.stamps
        if one.is_document and one.revision > facts.revision and (one.ok or one.field in verified)
    ]
    return min(later, key=lambda one: one.at, default=None)


def _covers(evidence: Evidence, facts: SignatureFacts | None) -> str:
    """Say how much of the file is under the signature."""
    if facts is None or len(facts.byte_range) != 4:
        return _("cela n’a pu être lu")
    end = facts.byte_range[2] + facts.byte_range[3]
    if end >= evidence.size:
        return _("tout le fichier")
    return _(
        "tout le fichier tel qu’il était alors, soit ses %(covered)s premiers octets sur %(size)s ; la suite "
        "a été ajoutée depuis"
    ) % {"covered": _grouped(end), "size": _grouped(evidence.size)}


def _grouped(count: int) -> str:
    return number_format(count, use_l10n=True, force_grouping=True)


def _told(later: Later) -> str:
    if later.what == "signature":
        return _("une autre signature (« %(field)s »)") % {"field": later.field}
    if later.what == "timestamp":
        return _("un horodatage du document (« %(field)s »)") % {"field": later.field}
    if later.what == "proofs":
        return _("des preuves de validité des certificats")
    return _("un autre ajout")
