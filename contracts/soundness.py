"""What keeps a content from being frozen: it could not be printed whole."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from contracts.canonical import Content
from stakeholders.text import several_lines

SAID_AT_MOST = 5  # faults, in one refusal


def faults(content: Content) -> list[str]:
    """Return a sentence for each fault of a canonical content, which says where and what to do; or none."""
    return list(_characters(content))


def _characters(content: Content) -> Iterator[str]:
    for place, text in texts(content):
        try:
            several_lines(text)
        except ValidationError as refused:
            yield _("%(place)s : %(what)s") % {"place": place, "what": " ".join(refused.messages)}


def texts(content: Content) -> Iterator[tuple[str, str]]:
    """Yield all that a content prints of what people wrote, each with where it stands."""
    yield _("Référence"), content["reference"]
    yield _("Titre"), content["title"]
    yield _("Territoire"), content["territory"]
    for commune in content["communes"]:
        yield _("Communes du périmètre"), commune
    yield _("Extension du périmètre"), content["perimeter_extension"]
    yield _("Préambule"), content["preamble"]
    yield _("Durée"), content["period"]["rule"]
    for framework in content["frameworks"]:
        yield _("Cadres existants"), framework["label"]
    for volet in content["volets"]:
        where = _("Volet %(order)s") % {"order": volet["order"]}
        for text in (volet["title"], volet["lead"] or "", volet["text"]):
            yield where, text
        for commitment in volet["commitments"]:
            number = _("Engagement %(number)s") % {"number": commitment["number"]}
            yield from ((number, text) for text in _of_commitment(commitment))
    for annex in content["annexes"]:
        yield _("Annexes"), annex["title"]
    for signatory in content["signatories"]:
        where = _("Signataire %(order)s") % {"order": signatory["order"]}
        for text in (signatory["capacity"], signatory["person"] or "", signatory["organisation"]):
            yield where, text


def _of_commitment(commitment: Content) -> list[str]:
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
