"""The report of a verification, for paper: a PDF made from the result alone."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from contracts.exports.report import report_pdf
from signatures.errors import to_the_second
from signatures.report import Problem
from signatures.sheets import specimen_told
from workflow.verification.results import Result


def as_pdf(result: Result) -> bytes:
    """Return the report as a PDF."""
    return report_pdf(_said(result), result.examined.report.validated_at or timezone.now())


def _said(result: Result) -> dict[str, Any]:
    report, evidence = result.examined.report, result.examined.evidence
    made = report.validated_at or timezone.now()
    facts = [
        (_("Empreinte SHA-256 du fichier"), evidence.sha256),
        (_("Taille"), _("%(size)s octets") % {"size": evidence.size}),
        (_("Vérifié le"), to_the_second(made)),
    ]
    return {
        "language": get_language() or "fr",
        "title": _("Rapport de vérification"),
        "verdict": result.said.headline,
        "advice": result.said.advice,
        "specimen": specimen_told() if report.specimen else "",
        "look": result.said.look,
        "told": result.told,
        "facts": facts,
        "reasons_title": _("Pourquoi"),
        "reasons": [_reason(problem) for problem in report.problems],
        "sheets": [{"title": sheet.signer, "lines": sheet.lines()} for sheet in result.sheets],
        "stamps_title": _("Horodatages du document"),
        "stamps": [
            (_("%(authority)s, le %(moment)s") if one.ok else _("%(authority)s, le %(moment)s (non vérifié)"))
            % {"authority": one.authority, "moment": to_the_second(one.at)}
            for one in report.document_timestamps
        ],
        "entries_title": _("Écritures du journal qui concordent"),
        "entries": result.entries,
        "foot": _(
            "Le fichier n’a pas été gardé. Ce rapport n’est pas signé : refaites la vérification "
            "en cas de doute."
        ),
    }


def _reason(problem: Problem) -> str:
    return f"{problem.message} [{problem.code}]"
