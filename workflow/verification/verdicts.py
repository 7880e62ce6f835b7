"""The one verdict of a file, in plain words: it fails closed, whatever else is said of the file."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from signatures.report import Verdict
from signatures.validation import Examined
from workflow.verification.known import Is, Known


@dataclass(frozen=True)
class Said:
    """The verdict as it is shown: ``look`` is that of a notice (« done », « late », « stop »)."""

    look: str
    icon: str
    headline: str
    advice: str


def verdict_of(examined: Examined, found: Known | None) -> Said:
    """Return the verdict on a file; a contract of ours is only as good as what we know of it."""
    report = examined.report
    if report.verdict == Verdict.FAILED:
        return Said("stop", "shield-x", _("Non valide : ne vous fiez pas à ce fichier."), "")
    if report.verdict == Verdict.INDETERMINATE:
        return Said(
            "late",
            "shield-exclamation",
            _("Indéterminé : rien n’y est connu pour faux, mais rien ne permet de l’affirmer valide."),
            _("Ne vous y fiez pas encore."),
        )
    if found is not None and not found.is_complete:
        return Said(
            "late",
            "shield-exclamation",
            _("Les signatures sont valides, mais ce fichier n’est pas le contrat complet et final."),
            _("Demandez le fichier final à qui vous l’a transmis."),
        )
    count = len(report.signatures)
    return Said(
        "done",
        "shield-check",
        _("Valide."),
        ngettext(
            "La signature est vérifiée, et rien de ce qu’elle couvre n’a changé depuis.",
            "Les %(count)d signatures sont vérifiées, et rien de ce qu’elles couvrent n’a changé depuis.",
            count,
        )
        % {"count": count},
    )


def told_of(examined: Examined, found: Known | None) -> str:
    """Say what the file is to this installation; blank for one that never looked like a contract of ours."""
    if found is None:
        if examined.report.profile != "contract":
            return _("Ce fichier n’est pas un contrat de cette installation.")
        return _(
            "Ce fichier se présente comme un contrat Contreseing, mais aucun contrat de cette "
            "installation n’a cette empreinte : il vient d’une autre installation, ou a été contrefait."
        )
    facts = {"reference": found.reference, "version": found.version}
    counts = {"signed": found.signed, "expected": found.expected}
    told = {
        Is.FINAL: _("C’est le contrat %(reference)s, complet et final : tous les signataires ont signé.")
        % facts,
        Is.REPLACED: _(
            "C’est le contrat %(reference)s, complet : tous les signataires ont signé. Sa preuve a "
            "été renouvelée depuis : il en existe un fichier plus récent, de même contenu."
        )
        % facts,
        Is.PARTIAL: _(
            "Ce fichier est un état intermédiaire du contrat %(reference)s : il est incomplet, et porte "
            "%(signed)s des %(expected)s signatures attendues, sans le sceau final."
        )
        % {**facts, **counts},
        Is.UNSIGNED: _("C’est la version %(version)s du contrat %(reference)s, sans aucune signature.")
        % facts,
        Is.CHANGED: _(
            "Ce fichier commence comme le contrat %(reference)s, mais n’est aucun de ses états "
            "connus : il a été modifié hors de cette installation."
        )
        % facts,
    }[found.what]
    if found.void:
        told = f"{told} {_('Cette mise à la signature a été annulée.')}"
    return told
