"""The sheet of an evidence, for a judge: who, what, when, on what authority, what proves it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from contracts.sheets import print_evidence
from signatures.report import Report, SignatureRow
from stakeholders.wording import day, moment
from workflow.evidence.contents import SIGNED, Gathered
from workflow.evidence.parts import Part, made

PATH = "bordereau.pdf"


def printed(found: Gathered) -> Part:
    """Print the sheet of what was gathered; the same evidence gives the same bytes."""
    with translation.override("fr"):
        pdf = print_evidence(_data(found), found.source.last.at)
        return made(PATH, _("Bordereau : qui, quoi, quand, à quel titre, et ce qui le prouve"), pdf)


def _data(found: Gathered) -> dict[str, Any]:
    report = found.report.report if found.report else None
    sealed = found.source.envelope.sealed_at
    specimen = found.source.envelope.specimen
    return {
        "platform": "Contreseing",
        "heading": _("Bordereau de preuve"),
        "reference": found.contract.reference,
        "specimen": _("SPÉCIMEN : certificats de démonstration, sans valeur juridique.") if specimen else "",
        "verdict": _verdict(report),
        "reasons": [problem.message for problem in report.problems] if report else [],
        "foot": _("Bordereau de preuve, %(reference)s") % {"reference": found.contract.reference},
        "sections": [
            _what(found, moment(sealed)),
            _who(found, report),
            _on_what_authority(found),
            *_said_before(found),
            *_accepted(found),
            _council(found),
            _proofs(found),
            _hashes(found),
            *_absent(found),
            _how(found),
        ],
    }


def _verdict(report: Report | None) -> str:
    if report is None:
        return _("Le contrat signé n’a pas encore été vérifié : voyez CHECK.txt.")
    if report.valid:
        return _("Signé par toutes les parties. Signatures vérifiées ; document inchangé depuis.")
    if report.indeterminate:
        return _("La vérification ne permet pas de conclure.")
    return _("La vérification échoue : ce contrat ne doit pas être tenu pour valable.")


def _what(found: Gathered, sealed: str) -> dict[str, Any]:
    contract = found.contract
    facts = [
        [_("Contrat"), contract.title],
        [_("Référence"), contract.reference],
        [_("Territoire"), contract.territory],
        [_("Durée"), f"{day(contract.period_start)} – {day(contract.period_end)}"],
        [_("Parties"), " ; ".join(row["organisation"] for row in found.acts["participants"] if _pilots(row))],
        [_("Texte signé"), str(found.source.signing.version)],
        [_("Scellé le"), sealed],
    ]
    if found.source.envelope.proven_until:
        facts.append([_("Preuve tenue jusqu’au"), day(found.source.envelope.proven_until)])
    return {"title": _("Ce qui a été signé"), "facts": facts}


def _pilots(row: dict[str, Any]) -> bool:
    return "Pilote" in str(row["role"])


def _who(found: Gathered, report: Report | None) -> dict[str, Any]:
    by_field: dict[str, SignatureRow] = {row.field: row for row in report.signatures} if report else {}
    rows = []
    for act in found.acts["signatures"]:
        row = by_field.get(act["champ"])
        if act["etat"] != "done":
            continue
        rows.append(
            [
                f"{act['auteur']}, {act['place']}",
                moment(row.timestamped_at) if row and row.timestamped_at else "—",
                row.level if row and row.level else "—",
                _("valide") if row and row.ok else (row.indication if row else "—"),
            ]
        )
    return {
        "title": _("Qui a signé, et quand"),
        "titles": [_("Signataire"), _("Horodatée"), _("Niveau"), _("Verdict")],
        "widths": [5, 3, 1, 2],
        "rows": rows,
        "text": [
            _(
                "L’heure est celle qu’un tiers, l’autorité d’horodatage, a attestée ; elle ne vient pas de "
                "la plateforme. Le niveau B-LTA signifie que le fichier porte de quoi être vérifié sans "
                "personne."
            )
        ],
    }


def _on_what_authority(found: Gathered) -> dict[str, Any]:
    rows = [
        [
            act["auteur"],
            f"{act['au_titre_de']}, {act['fonction_exercee']} ({act['texte']})",
            act["acte"] or "—",
            act["identite_confirmee_par"] or "—",
        ]
        for act in found.acts["signatures"]
        if act["etat"] == "done"
    ]
    return {
        "title": _("À quel titre"),
        "titles": [_("Signataire"), _("Au titre de"), _("Acte"), _("Identité confirmée par")],
        "widths": [3, 5, 3, 2],
        "rows": rows,
    }


def _said_before(found: Gathered) -> list[dict[str, Any]]:
    version = found.source.signing.version.number
    sections = []
    approvals = [row for row in found.acts["approbations"] if row["version"] == version and row["approuve"]]
    opinions = found.acts["avis"]
    if approvals:
        sections.append(
            {
                "title": _("Qui avait approuvé ce texte"),
                "titles": [_("Organisation"), _("Par"), _("Le")],
                "widths": [4, 4, 3],
                "rows": [[row["organisation"], _by(row), _when(row)] for row in approvals],
            }
        )
    if opinions:
        sections.append(
            {
                "title": _("Les avis rendus"),
                "titles": [_("Organisation"), _("Version"), _("Avis"), _("Le")],
                "widths": [4, 1, 4, 3],
                "rows": [
                    [row["organisation"], str(row["version"]), row["avis"], _when(row)] for row in opinions
                ],
            }
        )
    return sections


def _accepted(found: Gathered) -> list[dict[str, Any]]:
    """Say what the pilots knew before the signatures were asked, and why they let them be asked."""
    version = found.source.signing.version.number
    rows = [row for row in found.acts["avertissements_acceptes"] if row["version"] == version]
    if not rows:
        return []
    return [
        {
            "title": _("Avertissements acceptés avant la signature"),
            "titles": [_("Place"), _("Avertissement"), _("Motif"), _("Accepté par")],
            "widths": [3, 5, 4, 3],
            "rows": [
                [row["place"], row["avertissement"], row["motif"], f"{_by(row)}, {_when(row)}"]
                for row in rows
            ],
        }
    ]


def _by(row: dict[str, Any]) -> str:
    return f"{row['auteur']}, {row['qualite']}" if row["qualite"] else str(row["auteur"])


def _when(row: dict[str, Any]) -> str:
    return moment(dt.datetime.fromisoformat(row["le"]))


def _council(found: Gathered) -> dict[str, Any]:
    rows = [
        [
            row["organisation"],
            row["numero"] or "—",
            f"{row['decision']}, {day(row['seance_du'])}",
            day(row["accuse_de_reception_du"]) or "—",
            day(row["executoire_le"]) or "—",
        ]
        for row in found.acts["deliberations"]
        if not row["corrigee_le"]
    ]
    if not rows:
        return {
            "title": _("Délibération"),
            "text": [_("Aucune délibération n’est inscrite pour ce contrat.")],
        }
    return {
        "title": _("Délibération"),
        "titles": [_("Commune"), _("Numéro"), _("Décision"), _("Accusé de réception"), _("Exécutoire le")],
        "widths": [4, 3, 4, 3, 3],
        "rows": rows,
        "text": [
            _(
                "Ces dates ont été saisies par le service des assemblées. Le journal prouve qui les a "
                "saisies et quand ; la plateforme ne détient pas l’accusé de réception de la préfecture."
            )
        ],
    }


def _proofs(found: Gathered) -> dict[str, Any]:
    assert found.told is not None  # noqa: S101 (gathered first)
    entries, anchors = found.told.entries, found.told.anchors
    return {
        "title": _("Ce qui le prouve"),
        "text": [
            _(
                "Le contrat signé porte les signatures, leurs certificats, ce que les autorités disaient "
                "d’eux et un horodatage de l’ensemble : changer un seul octet se voit."
            ),
            _(
                "Écritures du journal sur ce contrat : %(count)d, du %(first)s au %(last)s, dont horodatées "
                "par un tiers : %(anchors)d. Chacune contient l’empreinte de celle qui la précède sur la "
                "plateforme."
            )
            % {
                "count": len(entries),
                "first": moment(entries[0].at),
                "last": moment(entries[-1].at),
                "anchors": len(anchors),
            },
            _(
                "L’écriture du scellement dit combien d’écritures la précèdent et l’empreinte de leur "
                "liste ; elle est horodatée. Aucune n’a donc pu être ajoutée, changée ni retirée depuis."
            ),
            _("La liste des fichiers de ce dossier (SHA256SUMS) est elle-même horodatée (SHA256SUMS.tst)."),
        ],
    }


def _hashes(found: Gathered) -> dict[str, Any]:
    listed = ("contrat-signe", "versions/", "annexes/", "habilitations/", "rapports/")
    parts = sorted((part for part in found.parts if part.path.startswith(listed)), key=_order)
    return {
        "title": _("Empreintes (SHA-256) des pièces"),
        "titles": [_("Pièce"), _("Empreinte")],
        "hashes": [[f"{part.title} ({part.path})", part.sha256] for part in parts],
    }


def _order(part: Part) -> tuple[bool, str]:
    return part.path != SIGNED, part.path


def _absent(found: Gathered) -> list[dict[str, Any]]:
    if not found.left_out:
        return []
    return [
        {
            "title": _("Ce qui n’est pas dans ce dossier"),
            "titles": [_("Pièce"), _("Motif"), _("Empreinte")],
            "widths": [3, 4, 4],
            "rows": [[one["fichier"], one["motif"], one["sha256"] or "—"] for one in found.left_out],
        }
    ]


def _how(found: Gathered) -> dict[str, Any]:
    return {
        "title": _("Comment le vérifier"),
        "text": [
            _(
                "Sans cette plateforme et sans connexion, par les commandes du fichier CHECK.txt (openssl et "
                "sha256sum). Ce bordereau résume ; les fichiers du dossier font foi."
            ),
            _("Plateforme : %(address)s.") % {"address": settings.PUBLIC_URL},
        ],
    }
