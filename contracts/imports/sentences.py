"""Why a document is refused, and what was not read of it, in sentences that say what to do."""

from __future__ import annotations

from collections.abc import Callable

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

SAVE_AS = ".docx ou .odt"

_REFUSED: dict[str, Callable[[], str]] = {
    "empty": lambda: _("Ce fichier est vide : choisissez celui qui contient votre texte."),
    "too_large": lambda: _(
        "Ce fichier dépasse dix mégaoctets : retirez-en les images, ou réduisez-les, puis recommencez."
    ),
    "pdf": lambda: _(
        "Ce fichier est un PDF : envoyez le document de traitement de texte dont il vient, en .docx ou .odt."
    ),
    "rtf": lambda: _("Ce fichier est au format RTF : enregistrez-le en .docx ou .odt, puis recommencez."),
    "flat": lambda: _(
        "Ce fichier est une page web ou un fichier XML : enregistrez-le en .docx ou .odt, puis recommencez."
    ),
    "old_word": lambda: _(
        "Ce fichier est dans l’ancien format de Word (.doc), quel que soit son nom : ouvrez-le, "
        "enregistrez-le en .docx, puis recommencez."
    ),
    "other_office": lambda: _(
        "Ce fichier n’est pas un document de traitement de texte (c’est peut-être un tableur ou un "
        "diaporama) : copiez son texte dans un document .docx ou .odt."
    ),
    "other": lambda: _(
        "Ce fichier n’est ni un .docx ni un .odt, quel que soit son nom : enregistrez votre texte dans "
        "l’un de ces formats, puis recommencez."
    ),
    "encrypted": lambda: _(
        "Ce document est protégé par un mot de passe : retirez la protection, enregistrez-le, puis "
        "recommencez."
    ),
    "damaged": lambda: _(
        "Ce fichier est abîmé ou incomplet : ouvrez-le dans votre traitement de texte, enregistrez-le sous "
        "un autre nom, puis recommencez."
    ),
    "incomplete": lambda: _(
        "Ce fichier n’a pas tout ce qu’a un document : ouvrez-le dans votre traitement de texte, "
        "enregistrez-le sous un autre nom, puis recommencez."
    ),
    "names": lambda: _(
        "Ce fichier nomme des parties comme aucun traitement de texte ne le fait : il n’est pas pris. "
        "Copiez son texte dans un document neuf."
    ),
    "twice": lambda: _(
        "Ce fichier contient deux fois la même partie, ce qu’aucun traitement de texte n’écrit : il n’est "
        "pas pris. Copiez son texte dans un document neuf."
    ),
    "too_many_parts": lambda: _(
        "Ce fichier a trop de parties : retirez-en les images, ou copiez son texte dans un document neuf."
    ),
    "bomb": lambda: _(
        "Ce fichier se déploie en beaucoup plus de données qu’il n’en montre : il n’est pas pris. Copiez "
        "son texte dans un document neuf."
    ),
    "too_much": lambda: _(
        "Le texte de ce fichier se déploie en trop de données : coupez le document en plusieurs."
    ),
    "nested": lambda: _(
        "Ce document en contient un autre, ou une archive : retirez cette pièce, puis recommencez."
    ),
    "doctype": lambda: _(
        "Ce fichier déclare un type de document XML (DTD), ce qu’aucun traitement de texte n’écrit : il "
        "n’est pas pris. Copiez son texte dans un document neuf."
    ),
    "macros": lambda: _(
        "Ce document contient des macros : enregistrez-le en .docx ou .odt sans macro, puis recommencez."
    ),
    "objects": lambda: _(
        "Ce document contient un objet incorporé (un classeur, un graphique, un autre fichier) : "
        "supprimez-le ou remplacez-le par une image, puis recommencez."
    ),
    "outside": lambda: _(
        "Ce document va chercher une partie de son contenu ailleurs (un modèle ou une image d’un autre "
        "serveur) ; rien n’a été demandé à ce serveur. Rompez ce lien, ou copiez le texte dans un document "
        "neuf."
    ),
    "deep": lambda: _(
        "Les parties de ce document sont imbriquées trop profondément : copiez son texte dans un document "
        "neuf."
    ),
    "attribute": lambda: _(
        "Ce document contient une donnée cachée d’une longueur anormale : copiez son texte dans un document "
        "neuf."
    ),
    "too_long": lambda: _("Ce document est trop long pour être lu d’un coup : coupez-le en plusieurs."),
    "no_text": lambda: _(
        "Ce document ne contient aucun texte : si ses pages sont des images, il faut d’abord le ressaisir."
    ),
    "exhausts": lambda: _(
        "La lecture de ce document a été arrêtée : elle demandait trop de temps ou de mémoire. Copiez son "
        "texte dans un document neuf, ou coupez-le en plusieurs."
    ),
    "busy": lambda: _("D’autres documents sont en cours de lecture : recommencez dans une minute."),
}


def codes() -> list[str]:
    """Return the codes of refusals."""
    return list(_REFUSED)


def sentence(code: str, what: str = "") -> str:
    """Return why a document is refused, and the part of it that is at fault where that helps to find it."""
    said = _REFUSED[code]()
    named = code in {"macros", "objects", "nested", "outside", "damaged"} and what.isprintable() and what
    return _("%(sentence)s (En cause : « %(what)s ».)") % {"sentence": said, "what": what} if named else said


_TOLD: dict[str, Callable[[int], str]] = {
    "inserted": lambda n: ngettext(
        "%(n)d passage inséré en suivi des modifications est repris comme s’il était accepté.",
        "%(n)d passages insérés en suivi des modifications sont repris comme s’ils étaient acceptés.",
        n,
    ),
    "deleted": lambda n: ngettext(
        "%(n)d passage supprimé en suivi des modifications n’est pas repris.",
        "%(n)d passages supprimés en suivi des modifications ne sont pas repris.",
        n,
    ),
    "comments": lambda n: ngettext(
        "%(n)d commentaire n’est pas repris.", "%(n)d commentaires ne sont pas repris.", n
    ),
    "notes": lambda n: ngettext(
        "%(n)d note de bas de page est mise à la fin, parmi ce qui est laissé de côté.",
        "%(n)d notes de bas de page sont mises à la fin, parmi ce qui est laissé de côté.",
        n,
    ),
    "images": lambda n: ngettext("%(n)d image n’est pas reprise.", "%(n)d images ne sont pas reprises.", n),
    "boxes": lambda n: ngettext(
        "%(n)d zone de texte est lue à la suite du paragraphe qui la porte.",
        "%(n)d zones de texte sont lues à la suite du paragraphe qui les porte.",
        n,
    ),
    "hidden": lambda n: ngettext(
        "%(n)d passage masqué dans le document est repris : vérifiez-le.",
        "%(n)d passages masqués dans le document sont repris : vérifiez-les.",
        n,
    ),
    "invisible": lambda n: ngettext(
        "%(n)d signe invisible est retiré.", "%(n)d signes invisibles sont retirés.", n
    ),
}


def told(counts: dict[str, int]) -> list[str]:
    """Return what was read otherwise than as text, or not at all."""
    return [_TOLD[code](n) % {"n": n} for code, n in counts.items() if n and code in _TOLD]


_REASONS: dict[str, Callable[[], str]] = {
    "before": lambda: _("avant le premier volet"),
    "contents": lambda: _("sommaire"),
    "title": lambda: _("titre du document"),
    "own": lambda: _("partie de l’acte que l’application tient ailleurs ou compose elle-même"),
    "heading": lambda: _("titre qui ne dit pas être un volet"),
    "table": lambda: _("tableau dont les intitulés ne disent pas ce qu’est un engagement"),
    "note": lambda: _("note de bas de page"),
    "too_long": lambda: _("suite d’un texte trop long pour un seul champ"),
    "no_volet": lambda: _("le document ne nomme pas de volet : choisissez où vont ces engagements"),
}


def reason(code: str) -> str:
    """Return why a line is left out, or doubtful; nothing for no reason."""
    return _REASONS[code]() if code in _REASONS else ""
