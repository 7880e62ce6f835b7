"""What keeps a content from being frozen, and what it had better say first.

A fault blocks: it could not be printed, or it binds nobody to nothing. A
lack is pointed out: the contract may be frozen without, and its pilots decide. Each says where it is, so
that a page leads there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from contracts.canonical import Content, commitments
from contracts.kinds import kind
from contracts.models import Restriction, SignatoryKind
from stakeholders.kinds import Side
from stakeholders.text import several_lines

SAID_AT_MOST = 5  # faults, in one refusal
SIDES = {
    Side.STATE: gettext_lazy("de l’État"),
    Side.LOCAL: gettext_lazy("de la commune"),
    Side.JUDICIAL: gettext_lazy("de l’autorité judiciaire"),
}


@dataclass(frozen=True)
class Spot:
    """A place of a content: ``part`` is what holds it: the contract, a volet, a commitment, an annex, etc.

    ``key`` is the commitment's or the annex's own, the volet's or the signatory's order, 0 of the contract
    itself; ``name`` what people call it; ``field`` where to write, by the name that forms give it.
    """

    part: str
    key: int = 0
    name: str = ""
    field: str = ""


@dataclass(frozen=True)
class Lack:
    """A sentence that says what is wrong or missing, and where."""

    sentence: str
    spots: tuple[Spot, ...] = ()


def faults(content: Content, kind_code: str = "") -> list[Lack]:
    """Return what keeps the content from being frozen: each says where, and what to do; or none.

    With the kind of contract, whoever must be a party to it is looked for.
    """
    missing = _parties(content, kind_code) if kind_code else ()
    return [*_nothing(content), *missing, *_annexes(content), *_characters(content)]


def lacks(content: Content) -> list[Lack]:
    """Return what the content had better say before it is frozen, and may be frozen without."""
    rows = commitments(content)
    found = [
        *_without(
            rows,
            lambda row: row["due_date"],
            "due_date",
            lambda n: ngettext(
                "%(n)d engagement n’a pas d’échéance :", "%(n)d engagements n’ont pas d’échéance :", n
            ),
        ),
        *_without(
            rows,
            lambda row: row["indicator"],
            "indicator",
            lambda n: ngettext(
                "%(n)d engagement n’a pas d’indicateur :", "%(n)d engagements n’ont pas d’indicateur :", n
            ),
        ),
        *_without(
            rows,
            lambda row: row["owner"],
            "owner",
            lambda n: ngettext(
                "%(n)d engagement n’a pas de responsable désigné :",
                "%(n)d engagements n’ont pas de responsable désigné :",
                n,
            ),
        ),
    ]
    empty = [volet for volet in content["volets"] if not volet["commitments"]]
    if empty:
        sentence = ngettext(
            "%(n)d volet ne contient aucun engagement :",
            "%(n)d volets ne contiennent aucun engagement :",
            len(empty),
        )
        found.append(Lack(sentence % {"n": len(empty)}, tuple(map(_of_volet, empty))))
    return found


def _without(
    rows: list[Content], has: Callable[[Content], Any], field: str, sentence: Callable[[int], str]
) -> Iterator[Lack]:
    missing = [row for row in rows if not has(row)]
    if missing:
        said = sentence(len(missing)) % {"n": len(missing)}
        yield Lack(said, tuple(_of_commitment(row, field) for row in missing))


def _nothing(content: Content) -> Iterator[Lack]:
    if not commitments(content):
        yield Lack(_("Le projet ne contient aucun engagement : ajoutez-en au moins un."), (Spot("contract"),))


def _parties(content: Content, kind_code: str) -> Iterator[Lack]:
    signing = {
        signatory["side"]
        for signatory in content["signatories"]
        if signatory["kind"] == SignatoryKind.PARTY.value
    }
    for party in kind(kind_code).parties:
        if party.required and party.side not in signing:
            yield Lack(
                _("Aucun signataire n’engage la partie %(side)s : ajoutez-le à la liste des signataires.")
                % {"side": SIDES[Side(party.side)]},
                (Spot("signatories", name=_("Signataires du contrat")),),
            )


def _annexes(content: Content) -> Iterator[Lack]:
    """Say of which annexes there is no file, or no reason why the public may not read it."""
    for annex in content["annexes"]:
        where = {"number": annex.get("number", ""), "title": annex["title"]}
        if not annex.get("file"):
            yield Lack(
                _("L’annexe %(number)s, « %(title)s », n’a pas de fichier : ajoutez-le, ou retirez-la.")
                % where,
                (_of_annex(annex, "file"),),
            )
        if why_not_restricted(annex["publishable"], annex.get("reason", ""), annex.get("reason_words", "")):
            yield Lack(
                _(
                    "L’annexe %(number)s, « %(title)s », est restreinte sans motif : dites quelle règle "
                    "s’oppose à sa publication, ou rendez-la publiable."
                )
                % where,
                (_of_annex(annex, "reason"),),
            )


def why_not_restricted(publishable: bool, reason: str, words: str) -> str:
    """Return what is missing of the reason for which an annex is restricted: the field, or nothing."""
    if publishable:
        return ""
    if not reason:
        return "reason"
    return "" if words.strip() or reason != Restriction.OTHER else "reason_words"


def _characters(content: Content) -> Iterator[Lack]:
    for place, text, spot in texts(content):
        try:
            several_lines(text)
        except ValidationError as refused:
            yield Lack(
                _("%(place)s : %(what)s") % {"place": place, "what": " ".join(refused.messages)}, (spot,)
            )


def texts(content: Content) -> Iterator[tuple[str, str, Spot]]:
    """Yield all that a content prints of what people wrote, each with its place in words and its spot."""
    for place, text, name in _of_contract(content):
        yield place, text, Spot("contract", field=name)
    for clause in content.get("clauses", []):
        where, spot = _("Clause « %(heading)s »") % {"heading": clause["heading"]}, Spot("clauses")
        yield where, clause["heading"], spot
        yield where, clause["text"], spot
    for volet in content["volets"]:
        where, spot = _("Volet %(order)s") % {"order": volet["order"]}, _of_volet(volet)
        for text in (volet["title"], volet["lead"] or "", volet["text"]):
            yield where, text, spot
        for commitment in volet["commitments"]:
            number = _("Engagement %(number)s") % {"number": commitment["number"]}
            for text in _written(commitment):
                yield number, text, _of_commitment(commitment)
    for annex in content["annexes"]:
        yield _("Annexes"), annex["title"], _of_annex(annex)
        yield _("Annexes"), annex.get("reason_words", ""), _of_annex(annex, "reason_words")
    for signatory in content["signatories"]:
        where = _("Signataire %(order)s") % {"order": signatory["order"]}
        authorised_by = signatory.get("authorised_by", "")
        for text in (
            signatory["capacity"],
            signatory["person"] or "",
            signatory["organisation"],
            authorised_by,
        ):
            yield where, text, Spot("signatory", signatory["order"], where)


def _of_contract(content: Content) -> Iterator[tuple[str, str, str]]:
    yield _("Référence"), content["reference"], ""
    yield _("Titre"), content["title"], "title"
    yield _("Territoire"), content["territory"], "territory"
    for commune in content["communes"]:
        yield _("Communes du périmètre"), commune, "communes"
    yield _("Extension du périmètre"), content["perimeter_extension"], "perimeter_extension"
    yield _("Préambule"), content["preamble"], "preamble"
    yield _("Durée"), content["period"]["rule"], "period_rule"
    for framework in content["frameworks"]:
        yield _("Cadres existants"), framework["label"], ""


def _of_volet(volet: Content) -> Spot:
    return Spot("volet", volet["order"], f"{volet['order']}. {volet['title']}")


def _of_annex(annex: Content, field: str = "") -> Spot:
    name = _("Annexe %(number)s") % {"number": annex["number"]} if "number" in annex else ""
    return Spot("annex", annex.get("key", 0), name, field)


def _of_commitment(commitment: Content, field: str = "") -> Spot:
    return Spot("commitment", commitment["id"], commitment["number"], field)


def _written(commitment: Content) -> list[str]:
    indicator = commitment["indicator"] or {"label": "", "unit": ""}
    return [
        commitment["number"],
        commitment["title"],
        commitment["description"],
        commitment["lead"]["name"],
        commitment["owner"] or "",
        *commitment["contributors"],
        indicator["label"],
        indicator["unit"],
    ]
