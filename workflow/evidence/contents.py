"""All that proves one signed contract, gathered as files; what is left out is said, never silently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import translation
from django.utils.text import slugify
from django.utils.translation import gettext as _

from contracts import annexes, canonical
from contracts.models import Contract, ContractVersion
from signatures import blobs, taken
from signatures.etsi.late import as_xml
from signatures.kept import Kept
from signatures.lists import standing
from signatures.profiles import CONTRACT
from signatures.taken import Pieces
from signatures.validation import examine
from stakeholders.models import SigningAuthority
from workflow.evidence import facts, journal_parts
from workflow.evidence.models import Scope
from workflow.evidence.parts import Part, made, stored
from workflow.evidence.state import CHECK, FORMAT, Source

SIGNED = "contrat-signe.pdf"
MOST_OF_VERSIONS = 300_000_000  # bytes of the PDFs of versions; the older ones are then named, not held
ROOTS, OTHERS = "certificats/racines.pem", "certificats/intermediaires.pem"


@dataclass
class Gathered:
    """The files of an evidence, and what its sheet says of them."""

    source: Source
    scope: str
    parts: list[Part] = field(default_factory=list)
    left_out: list[dict[str, str]] = field(default_factory=list)  # {file, why, sha256}
    acts: dict[str, list[facts.Facts]] = field(default_factory=dict)
    told: journal_parts.Told | None = None
    pieces: Pieces | None = None
    report: Kept | None = None

    @property
    def contract(self) -> Contract:
        """The contract that all this is about."""
        return self.source.contract

    def leave_out(self, path: str, why: str, sha256: str) -> None:
        """Say that a file is not held, and why."""
        self.left_out.append({"fichier": path, "motif": why, "sha256": sha256})


@standing.at_hand()
def gather(source: Source, scope: str) -> Gathered:
    """Gather what proves a sealed contract, but for what is made of it all (the sheet, the lists).

    Raises BlobError where a document is lost, NoTrustRoot.
    """
    found = Gathered(source, scope)
    with translation.override("fr"):
        found.acts = facts.of(source.contract)
        found.told = journal_parts.told(source.contract, source.last.number)
        found.pieces = taken.pieces_of(blobs.get(source.sealed_sha256))
        found.report = source.report
        found.parts.append(stored(SIGNED, _("Le contrat signé et scellé"), source.sealed_sha256))
        for some in (_signatures, _certificates, _revocation, _versions, _annexes, _authorities, _facts):
            found.parts += some(found)
        found.parts += found.told.parts
        found.parts.append(made("CHECK.txt", _("Comment vérifier ce dossier sans logiciel"), _check(found)))
    return found


def plain_json(value: Any) -> bytes:
    """Return data as JSON that people can read too, the same for the same data."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, default=str)  # labels in words
    return f"{text}\n".encode()


def _check(found: Gathered) -> bytes:
    contract = found.contract
    # on one line, which begins with words of ours: what people typed is never taken for a command
    words = {"reference": " ".join(contract.reference.split()), "title": " ".join(contract.title.split())}
    return (CHECK.read_text(encoding="utf-8") % words).encode()


def _signatures(found: Gathered) -> Iterator[Part]:
    assert found.pieces is not None  # noqa: S101 (gathered first)
    ranges = []
    for number, one in enumerate(found.pieces.taken, start=1):
        path, words = f"signatures/{number:02d}", {"field": one.field}
        kind = "horodatage" if one.is_timestamp else "signature"
        ranges.append(f"{number:02d} {kind} {' '.join(str(n) for n in one.byte_range)}\n")
        title = _("Horodatage du fichier") if one.is_timestamp else _("Signature « %(field)s » (CMS)") % words
        yield made(f"{path}.cms", title, one.cms)
        if one.is_timestamp:
            continue
        yield made(f"{path}.valeur", _("Valeur de la signature « %(field)s »") % words, one.value)
        yield made(f"{path}.tst", _("Horodatage de la signature « %(field)s »") % words, one.token)
        title = _("Certificat de %(name)s") % {"name": taken.named(one.certificate)}
        yield made(f"{path}.signataire.pem", title, taken.pem(one.certificate))
    yield made("signatures/PLAGES.txt", _("Octets que couvre chaque signature"), "".join(ranges).encode())


def _certificates(found: Gathered) -> Iterator[Part]:
    assert found.pieces is not None and found.told is not None  # noqa: S101 (gathered first)
    held = {*found.pieces.certificates, *found.told.certificates}
    believed = taken.believed(held, max(one.at for one in found.pieces.taken))
    others = sorted(held - set(believed))
    for number, der in enumerate(others, start=1):
        name = taken.named(der)
        path = f"certificats/{number:02d}-{slugify(name)[:60] or 'sans-nom'}.cer"
        yield made(path, _("Certificat « %(name)s » (DER)") % {"name": name}, der)
    yield made(ROOTS, _("Autorités auxquelles cette plateforme se fie"), taken.pem(*believed))
    yield made(OTHERS, _("Tous les autres certificats"), taken.pem(*others))


def _revocation(found: Gathered) -> Iterator[Part]:
    assert found.pieces is not None  # noqa: S101 (gathered first)
    paths: dict[bytes, str] = {}
    for number, der in enumerate(found.pieces.answers, start=1):
        paths[der] = f"revocation/reponse-{number:02d}.ocsp"
        yield made(paths[der], _("Réponse d’une autorité sur un certificat (OCSP)"), der)
    for number, der in enumerate(found.pieces.lists, start=1):
        paths[der] = f"revocation/liste-{number:02d}.crl"
        yield made(paths[der], _("Liste des certificats révoqués (CRL)"), der)
    signers: dict[bytes, list[int]] = {}  # who signed twice answers for each
    for number, one in enumerate(found.pieces.taken, start=1):
        signers.setdefault(one.certificate, []).append(number)
    lines = []
    for number, known in enumerate(found.pieces.known, start=1):
        issuer = f"revocation/emetteur-{number:02d}.pem"
        yield made(issuer, _("Certificat de l’autorité qui répond"), taken.pem(known.issuer))
        kind = "liste" if known.is_list else "reponse"
        lines += [
            f"signatures/{signer:02d}.signataire.pem {issuer} {kind} {paths[known.said]}\n"
            for signer in signers[known.certificate]
        ]
    yield made("revocation/LIENS.txt", _("Ce qui répond de chaque certificat"), "".join(lines).encode())


def _versions(found: Gathered) -> Iterator[Part]:
    room = MOST_OF_VERSIONS
    signed = found.source.signing.version_id
    for version in found.contract.versions.order_by("-number"):
        words = {"number": version.number}
        path = f"versions/v{version.number}"
        yield made(
            f"{path}.json", _("Texte de la version %(number)d") % words, canonical.encode(version.content)
        )
        if not version.pdf_sha256:
            continue
        part = stored(f"{path}.pdf", _("PDF de la version %(number)d") % words, version.pdf_sha256)
        if part.size > room and version.pk != signed:
            why = _("les PDF des versions antérieures dépassent la taille d’un dossier")
            found.leave_out(part.path, why, part.sha256)
            continue
        room -= part.size
        yield part


def _annexes(found: Gathered) -> Iterator[Part]:
    version: ContractVersion = found.source.signing.version
    if not annexes.holds_files(version.content):
        return
    for row in version.content["annexes"]:
        path = f"annexes/{row['number']:02d}-{slugify(row['title'])[:60] or 'annexe'}.pdf"
        if not row["publishable"] and found.scope == Scope.OPEN:
            why = _("annexe dont la communication est restreinte : %(reason)s")
            found.leave_out(path, why % {"reason": annexes.reason_of(row)}, row["file"]["sha256"])
            continue
        title = _("Annexe %(number)d : %(title)s") % {"number": row["number"], "title": row["title"]}
        yield stored(path, title, row["file"]["sha256"])


def _authorities(found: Gathered) -> Iterator[Part]:
    """The acts by which somebody signed in another's place, as the register keeps them."""
    for row in authorities(found):
        if row.document_sha256:
            path = f"habilitations/acte-{row.pk}.pdf"
            yield stored(path, _("Habilitation : %(act)s") % {"act": row.act}, row.document_sha256)
        else:
            why = _("l’acte est cité au registre, sans fichier")
            found.leave_out(f"habilitations/acte-{row.pk}.pdf", why, "")


def authorities(found: Gathered) -> list[SigningAuthority]:
    """Return the acts of the register on which the signatures of a contract rest, each once."""
    keys = {row["habilitation"] for row in found.acts["signatures"] if row["habilitation"]}
    return list(SigningAuthority.objects.filter(pk__in=keys).order_by("pk"))


def _facts(found: Gathered) -> Iterator[Part]:
    titles = {
        "participants": _("Qui a pris part au contrat"),
        "versions": _("Les versions figées"),
        "avis": _("Les avis rendus"),
        "silences": _("Les avis que nul n’a rendus au terme"),
        "approbations": _("Les approbations"),
        "deliberations": _("Les délibérations et leurs accusés de réception"),
        "signatures": _("Les actes de signature et leur fondement"),
        "titulaires_acceptes": _("Les différences de titulaire acceptées"),
        "avertissements_acceptes": _("Les avertissements acceptés avant la signature"),
    }
    for name, rows in found.acts.items():
        yield made(f"faits/{name}.json", titles[name], plain_json(rows))
    register = [
        {
            "numero": row.pk,
            "nature": row.get_kind_display(),
            "acte": row.act,
            "fonction": str(row.office),
            "beneficiaire": str(row.delegate.person),
            "etendue": row.scope,
            "debut": row.starts_on.isoformat(),
            "fin": row.ends_on.isoformat() if row.ends_on else None,
            "publie_dans": row.published_in,
            "acte_sha256": row.document_sha256,
        }
        for row in authorities(found)
    ]
    yield made("faits/habilitations.json", _("Les habilitations à signer"), plain_json(register))
    if found.report:
        said = {"etabli_le": found.report.made_at.isoformat(), **found.report.report.as_dict()}
        yield made(
            "rapports/verification.json", _("Rapport de vérification du contrat signé"), plain_json(said)
        )
        # as of that hour, so that it is the same report each time
        pdf = blobs.get(found.source.sealed_sha256)
        xml = as_xml(examine(pdf, profile=CONTRACT, moment=found.report.made_at))
        title = _("Le même rapport, pour les machines (ETSI TS 119 102-2)")
        yield made("rapports/verification.xml", title, xml.encode())


def manifest(found: Gathered, parts: list[Part]) -> bytes:
    """Return the manifest: each file, what it is, its size and its hash; what is left out, and why."""
    contract = found.contract
    return plain_json(
        {
            "format": FORMAT,
            "contrat": {"reference": contract.reference, "titre": contract.title, "nature": contract.kind},
            "portee": Scope(found.scope).label if found.scope != Scope.TRANSFER else Scope.WHOLE.label,
            "scelle_sha256": found.source.sealed_sha256,
            "derniere_ecriture": {"numero": found.source.last.number, "empreinte": found.source.last.hash},
            "fichiers": [
                {"fichier": part.path, "contenu": part.title, "taille": part.size, "sha256": part.sha256}
                for part in sorted(parts, key=lambda one: one.path)
            ],
            "absents": found.left_out,
        }
    )
