"""What each code against a file says, in the reader's language: a report keeps codes and facts, no words.

A code is stable; where it has several sentences, the fact « which » follows it after a full stop.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from signatures import sentences

_OF_THE_BYTES = {
    "too_large": _("Le fichier dépasse 50 Mo : il n’est pas vérifié."),
    "not_pdf": _("Le fichier n’est pas un PDF."),
    "truncated": _("Le fichier est tronqué : sa fin manque."),
    "trailing_bytes": _("Des octets ont été ajoutés après la fin du document, ou sa fin manque."),
    "unreadable": _("Le fichier est malformé : il ne peut être vérifié jusqu’au bout."),
    "encrypted": _("Le fichier est chiffré : il ne peut être vérifié."),
    "malformed": _(
        "Le fichier est mal écrit : un objet ne peut être lu comme le veut la norme, et des lecteurs "
        "pourraient montrer autre chose que ce qui est signé."
    ),
    "bad_table": _(
        "La table des objets du fichier ne correspond pas à son contenu : des lecteurs pourraient "
        "montrer autre chose que ce qui est signé."
    ),
    "bad_end": _(
        "La fin du fichier, ou d’une de ses révisions, n’est pas écrite comme le veut la norme : des "
        "lecteurs pourraient montrer un autre document."
    ),
    "stray_bytes": _(
        "Le fichier contient, entre ses objets, des octets qui n’appartiennent pas au document."
    ),
    "hidden_object": _(
        "Le fichier cache un objet hors de sa table : des lecteurs pourraient montrer un autre "
        "document que celui qui est signé."
    ),
    "hidden_object.late": _(
        "Le fichier nommait un objet qu’il n’avait pas, et qui y a été ajouté ensuite : des lecteurs "
        "pourraient montrer autre chose que ce qui est signé."
    ),
    "duplicate_object": _(
        "Une révision du fichier définit deux fois le même objet : des lecteurs pourraient montrer "
        "autre chose que ce qui est signé."
    ),
    "hybrid_table": _(
        "Le fichier a deux tables d’objets (fichier « hybride », comme en écrivent des traitements de "
        "texte) : tous les lecteurs n’y voient pas forcément la même chose, et l’on ne peut conclure. "
        "Demandez-le exporté par un autre outil, puis signé."
    ),
    "external_content": _(
        "Le fichier prend une partie de son contenu dans un autre, que la signature ne couvre pas : des "
        "lecteurs pourraient montrer autre chose que ce qui est signé."
    ),
    "other_content": _(
        "Le fichier porte un formulaire (XFA) que certains lecteurs montrent à la place de ses pages, et "
        "l’on ne peut conclure. Demandez-le en PDF ordinaire, puis signé."
    ),
    "bad_tree": _(
        "Les pages ou les champs du fichier s’enchaînent d’une façon interdite : il n’est pas vérifié."
    ),
}
_ODD = {  # what an honest tool may have done: what we could not conclude, and what to do
    "form_filled": _(
        "Signature « %(name)s » : des champs du formulaire ont été remplis ensuite ; les pages "
        "montrent plus que ce que cette signature couvre. Comparez avec le fichier tel qu’elle le "
        "couvrait, dans l’outil qui l’a signé."
    ),
    "unused_objects": _(
        "Signature « %(name)s » : des objets que rien n’emploie ont été ajoutés ensuite ; les pages n’en "
        "montrent rien, mais on ne peut dire pourquoi ils sont là. Demandez le fichier tel que l’outil "
        "l’a signé."
    ),
    "proofs_rewritten": _(
        "Signature « %(name)s » : les preuves gardées dans le fichier (certificats, révocations) ont été "
        "récrites ensuite, et non complétées ; on ne peut dire s’il en manque. Demandez le fichier tel "
        "que l’outil l’a signé."
    ),
    "properties_rewritten": _(
        "Signature « %(name)s » : un outil a ensuite inscrit son nom, une date ou un numéro dans les "
        "propriétés du fichier, d’une façon que nous ne connaissons pas ; le titre et l’auteur n’ont pas "
        "changé. Demandez le fichier tel que l’outil l’a signé."
    ),
    "loose_bytes": _(
        "Le fichier contient, depuis qu’il est signé, des commentaires ou du remplissage entre ses "
        "objets ; les pages n’en montrent rien, mais on ne peut dire d’où ils viennent. Demandez le "
        "fichier tel que l’outil l’a signé."
    ),
    "ber_contents": _(
        "Signature « %(name)s » : elle est écrite sous une forme (BER) que la norme du PDF n’admet pas "
        "et que tous les lecteurs ne comprennent pas ; on ne peut conclure. Demandez une signature au "
        "format PAdES à qui l’a faite."
    ),
}
_OF_ITS_COST = {
    "too_complex": _("Le fichier est trop complexe : il n’est pas vérifié."),
    "too_many_pages": _("Le fichier a plus de 2 000 pages : il n’est pas vérifié."),
    "too_many_signatures": _("Le fichier a trop de signatures ou de révisions."),
    "too_long": _("La vérification prend trop de temps : elle est abandonnée."),
    "exhausts.memory": _("Le fichier demande plus de mémoire qu’un document n’en a besoin : il est refusé."),
    "exhausts.cpu": _("Le fichier demande plus de calcul qu’un document n’en a besoin : il est refusé."),
    "exhausts.crash": _("Le fichier fait échouer le programme qui le lit : il est refusé."),
}
_MISSING = _("La signature « %(name)s » manque.")
_OF_ITS_FIELDS = {
    "unsigned": _("Le fichier ne porte aucune signature."),
    "unsigned_field": _MISSING,
    "missing_signature": _MISSING,
    "unexpected_signature": _("La signature « %(name)s » est de trop."),
    "stray_signature": _("Le fichier contient une signature qui n’appartient pas à un champ, et à un seul."),
    "partial": _("La signature « %(name)s » ne couvre pas tout le document."),
    "bad_contents": _("L’emplacement de la signature « %(name)s » contient autre chose que la signature."),
    "not_sealed": _("Le document n’est pas scellé : aucun horodatage ne couvre le tout."),
    "not_certified": _("La première signature ne protège pas le document."),
    "closed_too_early": _(
        "La signature « %(name)s » ferme le document alors que d’autres doivent encore signer. Signez sans "
        "le verrouiller ni le certifier « sans modification »."
    ),
    "not_closed": _("La dernière signature ne ferme pas le document."),
    "only_timestamp": _("Le fichier est horodaté, mais ne porte aucune signature : personne ne s’y engage."),
    "only_timestamp.unverified": _(
        "Le fichier ne porte aucune signature, et son horodatage ne peut être vérifié ici."
    ),
}
_OF_CHANGES = {
    "forbidden_change": _(
        "Signature « %(name)s » : le document a été modifié ensuite d’une façon interdite."
    ),
    "forbidden_change.metadata": _(
        "Signature « %(name)s » : les propriétés du document (titre, auteur…) ont été modifiées ensuite."
    ),
    "forbidden_change.signing": _(
        "Signature « %(name)s » : le document a été modifié au moment même où elle a été apposée ; elle ne "
        "porte pas sur le texte arrêté."
    ),
    "forbidden_change.unused": _(
        "Signature « %(name)s » : des objets qui ne servent à rien ont été ajoutés ensuite ; ils "
        "pourraient remplacer le document plus tard."
    ),
    "field_added": _(
        "Signature « %(name)s » : un champ de signature a été ajouté ensuite ; ce que montre la page "
        "peut avoir changé. Comparez avec le fichier tel que cette signature le couvrait, dans l’outil "
        "qui l’a signé."
    ),
    "dressed_timestamp": _(
        "L’horodatage « %(name)s » n’est pas invisible : il peut recouvrir une page après la signature."
    ),
    "bad_proofs": _(
        "Signature « %(name)s » : les preuves gardées dans le fichier (certificats, révocations) ont "
        "été modifiées autrement que par ajout."
    ),
    "changed_after_last": _("Le fichier a été modifié après la dernière signature."),
}
_OF_TIMESTAMPS = {
    "timestamp_unlisted": _(
        "L’horodatage « %(name)s » vient d’une autorité qui n’est pas de celles que cette "
        "installation accepte pour sceller."
    ),
    "timestamps_backwards": _(
        "L’horodatage « %(name)s » porte une heure antérieure à celle d’un autre qu’il couvre."
    ),
    "timestamp_broken.document": _("L’horodatage « %(name)s » a été altéré, ou ne couvre pas ce document."),
}
_OF_A_SIGNATURE = {
    "not_checked": _("La signature « %(name)s » n’a pu être vérifiée."),
    "broken": _("Signature « %(name)s » : le contenu signé a été modifié."),
    "wrong_signer": _("La signature « %(name)s » est celle d’une autre personne."),
    "untrusted": _("Le certificat de « %(name)s » n’est pas reconnu."),
    "not_valid": _("La signature « %(name)s » n’est pas valide."),
    "not_baseline": _(
        "Signature « %(name)s » : elle ne désigne pas son certificat comme le veut PAdES "
        "(attribut signing-certificate-v2) ; elle n’atteint aucun niveau."
    ),
    "not_archived": _("Signature « %(name)s » : l’archivage (B-LTA) n’est pas prouvé (niveau : %(level)s)."),
}
SENTENCES = {
    **_OF_THE_BYTES,
    **_ODD,
    **_OF_ITS_COST,
    **_OF_ITS_FIELDS,
    **_OF_CHANGES,
    **_OF_TIMESTAMPS,
    **_OF_A_SIGNATURE,
}


def sentence(code: str, name: str, facts: Mapping[str, str]) -> str:
    """Return what ``code`` says of the file, or of its signature ``name``; raises KeyError when unknown."""
    found = SENTENCES.get(f"{code}.{facts['which']}" if "which" in facts else code)
    if found is not None:
        return str(found) % {"name": name, **facts}
    reason = sentences.of_indication(code, facts.get("why", ""))
    return gettext("Signature « %(name)s » : %(reason)s.") % {"name": name, "reason": reason}
