"""Why the bytes of a file are refused: a stable code and a sentence, raised where it is seen."""

from __future__ import annotations

from django.utils.translation import gettext as _


class Fault(Exception):
    """The file cannot be taken as it is; ``code`` is stable, the text is for a person."""

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.field = code, message, field


def malformed() -> Fault:
    """Say that an object cannot be read as the norm wants it written."""
    return Fault(
        "malformed",
        _(
            "Le fichier est mal écrit : un objet ne peut être lu comme le veut la norme, et des lecteurs "
            "pourraient montrer autre chose que ce qui est signé."
        ),
    )


def bad_table() -> Fault:
    """Say that the cross-reference table and the content do not agree."""
    return Fault(
        "bad_table",
        _(
            "La table des objets du fichier ne correspond pas à son contenu : des lecteurs pourraient "
            "montrer autre chose que ce qui est signé."
        ),
    )


def bad_end() -> Fault:
    """Say that the file, or one of its revisions, does not end as it should."""
    return Fault(
        "bad_end",
        _(
            "La fin du fichier, ou d’une de ses révisions, n’est pas écrite comme le veut la norme : des "
            "lecteurs pourraient montrer un autre document."
        ),
    )


def stray_bytes() -> Fault:
    """Say that bytes stand between the objects."""
    return Fault(
        "stray_bytes",
        _("Le fichier contient, entre ses objets, des octets qui n’appartiennent pas au document."),
    )


def hidden_object() -> Fault:
    """Say that a rebuild of the table would find an object that the table does not have."""
    return Fault(
        "hidden_object",
        _(
            "Le fichier cache un objet hors de sa table : des lecteurs pourraient montrer un autre "
            "document que celui qui est signé."
        ),
    )


def duplicate_object() -> Fault:
    """Say that one revision defines one object twice."""
    return Fault(
        "duplicate_object",
        _(
            "Une révision du fichier définit deux fois le même objet : des lecteurs pourraient montrer "
            "autre chose que ce qui est signé."
        ),
    )


def too_complex() -> Fault:
    """Say that reading the file to its end would cost too much."""
    return Fault("too_complex", _("Le fichier est trop complexe : il n’est pas vérifié."))


def encrypted() -> Fault:
    """Say that the file is encrypted."""
    return Fault("encrypted", _("Le fichier est chiffré : il ne peut être vérifié."))


def bad_tree() -> Fault:
    """Say that pages or fields are linked in a way that readers do not follow alike."""
    return Fault(
        "bad_tree",
        _("Les pages ou les champs du fichier s’enchaînent d’une façon interdite : il n’est pas vérifié."),
    )


def bad_range(name: str) -> Fault:
    """Say that a signature does not cover exactly one revision, its own value left out."""
    return Fault(
        "partial", _("La signature « %(name)s » ne couvre pas tout le document.") % {"name": name}, name
    )


def bad_contents(name: str) -> Fault:
    """Say that the place of a signature holds something else than one CMS and zeros."""
    return Fault(
        "bad_contents",
        _("L’emplacement de la signature « %(name)s » contient autre chose que la signature.")
        % {"name": name},
        name,
    )


def stray_signature() -> Fault:
    """Say that a signature value belongs to no field, or to two."""
    return Fault(
        "stray_signature",
        _("Le fichier contient une signature qui n’appartient pas à un champ, et à un seul."),
    )


def forbidden_change(name: str) -> Fault:
    """Say that something changed after the signature ``name`` that nobody may change."""
    return Fault(
        "forbidden_change",
        _("Signature « %(name)s » : le document a été modifié ensuite d’une façon interdite.")
        % {"name": name},
        name,
    )


def metadata_changed(name: str) -> Fault:
    """Say that the title, the author or the like changed after the signature ``name``."""
    return Fault(
        "forbidden_change",
        _("Signature « %(name)s » : les propriétés du document (titre, auteur…) ont été modifiées ensuite.")
        % {"name": name},
        name,
    )


def unused_object(name: str) -> Fault:
    """Say that objects that serve nothing were put into the file after the signature ``name``."""
    return Fault(
        "forbidden_change",
        _(
            "Signature « %(name)s » : des objets qui ne servent à rien ont été ajoutés ensuite ; ils "
            "pourraient remplacer le document plus tard."
        )
        % {"name": name},
        name,
    )


def field_added(name: str) -> Fault:
    """Say that a signature field was added after the signature ``name``."""
    return Fault(
        "field_added",
        _(
            "Signature « %(name)s » : un champ de signature a été ajouté ensuite ; ce que montre la page "
            "peut avoir changé."
        )
        % {"name": name},
        name,
    )


def dressed_timestamp(name: str) -> Fault:
    """Say that a document time-stamp may show something on a page."""
    return Fault(
        "dressed_timestamp",
        _("L’horodatage « %(name)s » n’est pas invisible : il peut recouvrir une page après la signature.")
        % {"name": name},
        name,
    )


def bad_proofs(name: str) -> Fault:
    """Say that the kept proofs (DSS) changed otherwise than by additions."""
    return Fault(
        "bad_proofs",
        _(
            "Signature « %(name)s » : les preuves gardées dans le fichier (certificats, révocations) ont "
            "été modifiées autrement que par ajout."
        )
        % {"name": name},
        name,
    )


def changed_after_last() -> Fault:
    """Say that the file goes on after what the last signature or time-stamp covers."""
    return Fault("changed_after_last", _("Le fichier a été modifié après la dernière signature."))


def timestamp_unlisted(name: str) -> Fault:
    """Say that a document time-stamp comes from an authority that may not seal here."""
    return Fault(
        "timestamp_unlisted",
        _(
            "L’horodatage « %(name)s » vient d’une autorité qui n’est pas de celles que cette "
            "installation accepte pour sceller."
        )
        % {"name": name},
        name,
    )


def timestamps_backwards(name: str) -> Fault:
    """Say that a document time-stamp is older than one that it covers."""
    return Fault(
        "timestamps_backwards",
        _("L’horodatage « %(name)s » porte une heure antérieure à celle d’un autre qu’il couvre.")
        % {"name": name},
        name,
    )


def hybrid_table() -> Fault:
    """Say that the file has two tables, of which a reader follows one or the other."""
    return Fault(
        "hybrid_table",
        _(
            "Le fichier a deux tables d’objets (fichier « hybride ») : tous les lecteurs n’y voient pas "
            "la même chose, il n’est pas vérifié."
        ),
    )


def other_content() -> Fault:
    """Say that what is shown is not all in the pages of the file."""
    return Fault(
        "other_content",
        _(
            "Le fichier montre autre chose que ses pages (formulaire XFA, contenu externe) : il n’est pas "
            "vérifié."
        ),
    )
