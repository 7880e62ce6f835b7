"""What makes the print an act: between whom, in view of what, article by article, done where and when.

From contents of schema 3; older ones say none of it, and print as they did.
"""

from __future__ import annotations

import re
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from contracts.canonical import Content
from contracts.models import ClausePlace, SignatoryKind
from contracts.printed.long_texts import long_text
from contracts.printed.typography import date, printable
from stakeholders.kinds import Side
from stakeholders.titles import FEMININE
from stakeholders.wording import in_sentence

Row = dict[str, Any]
FEMININE_NAMES = re.compile(
    r"(ville|commune|métropole|communauté|région|préfecture|régie|société|direction|caisse|agence|association|"
    r"mission|académie|collectivité)\b",
    re.IGNORECASE,
)
MASCULINE_NAMES = re.compile(
    r"(département|conseil|syndicat|groupement|parquet|tribunal|rectorat|service|centre|office)\b",
    re.IGNORECASE,
)


def act(content: Content) -> Row | None:
    """Return what the act says around its volets; None for a content of an older schema."""
    if "clauses" not in content:
        return None
    clauses = [clause for clause in content["clauses"] if clause["place"] != ClausePlace.VISAS]
    articles = [_article(content, number, clause) for number, clause in enumerate(clauses, start=1)]
    places = [clause["place"] for clause in clauses]
    return {
        "between": _("Entre"),
        "parties": between(content),
        "with": _cosignatories(content),
        "visas": visas(content),
        "agreed": _("Il a été convenu ce qui suit :"),
        "before-title": _("Dispositions générales"),
        "before": [a for a, place in zip(articles, places, strict=True) if place == ClausePlace.BEFORE],
        "after-title": _("Dispositions finales"),
        "after": [a for a, place in zip(articles, places, strict=True) if place == ClausePlace.AFTER],
        "done": done_at(content),
    }


def noun(content: Content) -> tuple[str, str]:
    """Return how the act calls itself: « le présent contrat », « la présente convention », and its kind."""
    kind = content.get("kind") or {"title": "Contrat de sécurité intégrée", "article": "le"}
    word = printable(kind["title"]).split(" ")[0].lower()
    return (f"la présente {word}" if kind["article"] == "la" else f"le présent {word}"), kind["title"]


def between(content: Content) -> list[str]:
    """Return the parties in signing order, each as the act presents it, joined as a sentence is."""
    parties: dict[str, list[Row]] = {}
    for signatory in content["signatories"]:
        if signatory["kind"] == SignatoryKind.PARTY.value:
            parties.setdefault(_party_name(signatory), []).append(signatory)
    said = [_party(name, people) for name, people in parties.items()]
    said[:1] = [party[:1].upper() + party[1:] for party in said[:1]]
    if len(said) == 2:
        return [
            _("%(party)s, d’une part,") % {"party": said[0]},
            _("et %(party)s, d’autre part.") % {"party": said[1]},
        ]
    joined = [said[0] + ","] if said else []
    joined += [_("et %(party)s,") % {"party": party} for party in said[1:]]
    return [*joined[:-1], joined[-1][:-1] + "."] if joined else []


def visas(content: Content) -> list[str]:
    """Return the visas, each a line that begins with « Vu » and ends as a list does."""
    found = [clause for clause in content["clauses"] if clause["place"] == ClausePlace.VISAS]
    lines = [line.strip(" ;.,") for clause in found for line in clause["text"].split("\n")]
    lines += [
        _("la délibération du conseil municipal %(which)s") % {"which": _resolution(signatory)}
        for signatory in content["signatories"]
        if signatory["authorised_by"]
    ]
    lines = [line if re.match(r"vu\b", line, re.IGNORECASE) else f"Vu {line}" for line in lines if line]
    return [printable(f"{line} ;" if line != lines[-1] else f"{line}.") for line in lines]


def done_at(content: Content) -> str:
    """Return where and when the act says that it is done."""
    place = printable(content["communes"][0] if content["communes"] else content["territory"])
    if content["document_date"]:
        return _("Fait à %(place)s, le %(day)s.") % {"place": place, "day": date(content["document_date"])}
    return _("Fait à %(place)s, à la date de la dernière signature.") % {"place": place}


def _article(content: Content, number: int, clause: Row) -> Row:
    first = _("Article 1er") if number == 1 else _("Article %(number)d") % {"number": number}
    return {
        "number": f"{first}\u00a0–",
        "heading": printable(clause["heading"]),
        "text": long_text(content, clause["text"]),
    }


def _party_name(signatory: Row) -> str:
    if signatory["side"] == Side.STATE:
        return _("l’État")
    if signatory["side"] == Side.JUDICIAL:
        return _("le ministère public")
    return with_article(printable(signatory["organisation"]))


def with_article(name: str) -> str:
    """Return an organisation's name with its article where the name says which: « la Ville de Clairval »."""
    if FEMININE_NAMES.match(name):
        return f"l’{name}" if name[0].lower() in "aé" else f"la {name}"
    if MASCULINE_NAMES.match(name):
        return f"l’{name}" if name[0].lower() == "o" else f"le {name}"
    return name


def _party(name: str, people: list[Row]) -> str:
    represented = (
        pgettext("une commune, une organisation", "représentée")
        if name.startswith("la ") or FEMININE_NAMES.match(name.removeprefix("l’"))
        else pgettext("l’État", "représenté")
    )
    by = [_("par %(who)s") % {"who": _who(person)} for person in people]
    return _("%(name)s, %(represented)s %(by)s") % {
        "name": name,
        "represented": represented,
        "by": _(" et ").join(by),
    }


def _who(signatory: Row) -> str:
    """Return who represents a party, as what, and what empowers them."""
    capacity = in_sentence(printable(signatory["capacity"]))
    if signatory["side"] == Side.STATE:  # the sentence says already for whom
        capacity = re.sub(r", au nom de l’État$", "", capacity)
    person = printable(signatory["person"] or "")
    said = (
        f"{person}, {capacity}"
        if person
        else _("le titulaire de la fonction « %(office)s »") % {"office": printable(signatory["capacity"])}
    )
    feminine = signatory["civility"] == FEMININE
    if signatory["authorised_by"]:
        sentence = (
            _("%(who)s, dûment habilitée par la délibération %(which)s")
            if feminine
            else _("%(who)s, dûment habilité par la délibération %(which)s")
        )
        return sentence % {"who": said, "which": _resolution(signatory)}
    if signatory["needs_council_resolution"]:
        sentence = (
            _("%(who)s, dûment habilitée par la délibération du conseil que nomme le cachet de sa signature")
            if feminine
            else _(
                "%(who)s, dûment habilité par la délibération du conseil que nomme le cachet de sa signature"
            )
        )
        return sentence % {"who": said}
    return said


def _resolution(signatory: Row) -> str:
    """Return which resolution empowers a signatory, without the word that the sentence says already."""
    said = re.sub(r"^(la )?délibération\s+", "", signatory["authorised_by"].strip(), flags=re.IGNORECASE)
    return printable(said)


def _cosignatories(content: Content) -> str:
    """Return those who sign and are no party, as one sentence."""
    others = [s for s in content["signatories"] if s["kind"] != SignatoryKind.PARTY.value]
    if not others:
        return ""
    named = [
        ", ".join(filter(None, (printable(s["person"] or ""), in_sentence(printable(s["capacity"])))))
        for s in others
    ]
    return _("Avec la signature de : %(people)s.") % {"people": " ; ".join(named)}
