"""What a level, its reason and the refusal of a list say, in the language of whoever reads."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from signatures.lists.refusals import OF_A_PIVOT


def level_name(level: str) -> str:
    """Name a level, to follow « signature »."""
    return {
        "qualified": _("qualifiée"),
        "advanced_qualified": _("avancée, par certificat qualifié"),
        "advanced": _("avancée"),
        "unknown": _("de niveau inconnu"),
        "specimen": _("SPÉCIMEN, sans valeur"),
    }[level]


def because(facts: Mapping[str, str]) -> str:
    """Say why a level is not higher, and by which list; facts are those of ``judging.Found.basis``."""
    said = [_why(facts), _list(facts)]
    if facts.get("treasury"):
        said.insert(
            0,
            _(
                "Cette clé est donnée par la DGFiP pour les seuls flux comptables : demandez à son titulaire "
                "un certificat de signature."
            ),
        )
    return " ".join(one for one in said if one)


def _why(facts: Mapping[str, str]) -> str:
    named = {"territory": facts.get("territory", ""), "service": facts.get("service", "")}
    sentences = {
        "": "",
        "no_device": _("La clé n’est pas dans un dispositif qualifié."),
        "not_qualified": _("Le certificat n’est pas qualifié."),
        "not_listed": _(
            "Le certificat se dit qualifié, mais son autorité n’est sur aucune des listes de confiance "
            "connues ici."
        ),
        "not_granted": _("La liste de confiance n’accorde pas ce service à l’autorité du certificat."),
        "not_granted_then": _(
            "La liste de confiance n’accordait pas ce service à l’autorité quand le certificat a été délivré."
        ),
        "withdrawn": _("La liste de confiance a retiré ce service à l’autorité avant la signature."),
        "seal": _("C’est un certificat de cachet, celui d’une organisation : il ne vaut pas signature."),
        "web": _("C’est un certificat de site : il ne vaut pas signature."),
        "several_types": _("Le certificat se dit de plusieurs usages, et la liste n’en dit pas plus."),
        "contradictory": _("La liste de confiance se contredit sur ce certificat."),
        "untrusted": _("Le certificat ne mène à aucune autorité reconnue ici."),
        "stale": _(
            "La liste de confiance de ce territoire (%(territory)s) a dépassé la date de sa mise à jour : "
            "rien n’en est déduit."
        ),
        "missing": _("Aucune liste de confiance n’est connue ici pour ce territoire (%(territory)s)."),
        "disowned": _(
            "La liste de confiance de ce territoire (%(territory)s) est signée par un certificat qui n’est "
            "plus reconnu : rien n’en est déduit."
        ),
    }
    return sentences.get(facts.get("why", ""), "") % named


def _list(facts: Mapping[str, str]) -> str:
    if not facts.get("sequence"):
        return ""
    return _(
        "Selon la liste de confiance %(territory)s n° %(sequence)s, publiée le %(issued)s, "
        "à mettre à jour avant le %(next)s."
    ) % {
        "territory": facts.get("territory", ""),
        "sequence": facts["sequence"],
        "issued": day(facts.get("issued", "")),
        "next": day(facts.get("next", "")),
    }


def day(text: str) -> str:
    """Write the day of a moment (ISO 8601), a dash for none."""
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return "—"
    return formats.date_format(timezone.localtime(moment), "j F Y")


def refusal(code: str, facts: Mapping[str, str]) -> str:
    """Say why a list was not accepted, and what to do; of a pivot of the list of the lists, which it is."""
    named = {name: facts.get(name, "—") for name in _NAMES}
    if code == f"{OF_A_PIVOT}too_many":
        return _("La liste des listes désigne trop de pivots (%(count)s).") % named
    if code.startswith(OF_A_PIVOT):
        said = _("Le pivot %(pivot)s, par lequel les signataires de la liste des listes ont changé :") % named
        return f"{said} {refusal(code.removeprefix(OF_A_PIVOT), facts)}"
    sentences = {
        "not_xml": _("Ce n’est pas un fichier XML lisible."),
        "document_type": _("Le fichier déclare un type de document : une liste de confiance n’en a pas."),
        "not_a_list": _("Ce n’est pas une liste de confiance (ETSI TS 119 612)."),
        "unreadable": _("La liste est bien signée, mais ne peut être lue (%(detail)s)."),
        "unsigned": _("La liste n’est pas signée."),
        "wrongly_signed": _(
            "La signature de la liste ne se vérifie par aucun des certificats attendus : le fichier a été "
            "modifié, ou ses signataires ont changé."
        ),
        "other_territory": _("La liste est celle d’un autre territoire (%(territory)s)."),
        "not_asked": _(
            "Ce territoire (%(territory)s) n’est pas de ceux que cette installation demande "
            "(TRUSTED_LIST_TERRITORIES)."
        ),
        "not_named": _("La liste européenne des listes ne désigne pas ce territoire (%(territory)s)."),
        "lotl_missing": _("La liste européenne des listes manque : chargez-la d’abord (eu-lotl.xml)."),
        "lotl_stale": _(
            "La liste européenne des listes a dépassé la date de sa mise à jour : "
            "chargez-en une plus récente."
        ),
        "lotl_disowned": _(
            "Le signataire de la liste européenne des listes n’est plus reconnu : "
            "chargez-en une plus récente."
        ),
        "older": _("La liste (n° %(sequence)s) ne suit pas celle qui est connue (n° %(former)s)."),
        "future": _("La liste se dit publiée plus tard qu’aujourd’hui : vérifiez l’horloge du serveur."),
        "too_large": _("Le fichier est trop gros pour une liste de confiance."),
        "too_much": _("La lecture du fichier demande trop de mémoire ou de temps."),
        "unreachable": _("L’adresse ne répond pas (%(detail)s)."),
        "not_allowed": _(
            "L’adresse n’est pas de celles que cette installation consulte (%(host)s) : ajoutez son hôte à "
            "TRUSTED_LIST_HOSTS s’il est bien celui de l’éditeur."
        ),
        "private": _("L’adresse mène à un réseau privé (%(host)s)."),
        "redirected": _("L’adresse renvoie vers trop d’autres."),
        "missing": _("Le fichier %(file)s manque : chargez-le avec la liste des listes."),
        "loop": _("La liste est désignée deux fois."),
        "names_nobody": _("La liste ne dit pas qui signe la suivante."),
    }
    return sentences[code] % named


_NAMES = ("detail", "territory", "sequence", "former", "host", "pivot", "file", "count")
