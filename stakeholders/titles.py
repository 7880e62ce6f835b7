"""How an act names an office or a body in a sentence, in French: « la préfète de l’Orme », « du parquet ».

The gender is that of the holder, from the civility; acts are French whatever the page's language.
"""

from __future__ import annotations

import re

from django.db import models
from django.utils.translation import gettext, gettext_lazy

from stakeholders.wording import in_sentence

VOWELS = "aâàeéèêiîoôuùy"
FEMININE, MASCULINE = "Mme", "M."


def named(title: str, civility: str) -> str:
    """Return the title with its article; as it is, in guillemets, when the civility does not say which."""
    plain = title[:1].lower() + title[1:] if title[1:2].islower() else title
    if civility not in {FEMININE, MASCULINE}:
        return f"«\u00a0{title}\u00a0»"
    if plain[:1].lower() in VOWELS:
        return f"l’{plain}"
    return f"{'la' if civility == FEMININE else 'le'} {plain}"


def absent(civility: str) -> str:
    """Return « absent » as it agrees."""
    return "absente" if civility == FEMININE else "absent"


class Article(models.TextChoices):
    """The article that a body's name takes within a sentence."""

    NONE = "", gettext_lazy("sans article, comme « Clairval Habitat »")
    LA = "la", gettext_lazy("la, comme « la préfecture de l’Orme »")
    LE = "le", gettext_lazy("le, comme « le commissariat »")
    ELIDED = "l’", gettext_lazy("l’, comme « l’office public de l’habitat »")
    LES = "les", gettext_lazy("les, comme « les transports du Val »")


_LA = frozenset(
    """
    préfecture sous-préfecture commune ville mairie métropole région communauté direction société gendarmerie
    police caisse maison mission compagnie régie brigade circonscription délégation fédération fondation cour
    protection chambre coopérative section
    """.split()  # noqa: SIM905 (a list of several lines)
)
_LE = frozenset(
    """
    département commissariat parquet tribunal groupement conseil service rectorat syndicat centre ministère
    bailleur réseau pôle comité collège lycée secrétariat pays
    """.split()  # noqa: SIM905 (as above)
)
_ELIDED = frozenset(
    """
    agence association académie établissement état inspection institut office opérateur union école
    """.split()  # noqa: SIM905 (as above)
)


def article_of(name: str) -> Article:
    """Guess the article of a body's name by its first word; none for what looks like a proper name."""
    first = re.split(r"[\s\u00a0]", name.strip().lower(), maxsplit=1)[0]
    for words, article in ((_LA, Article.LA), (_LE, Article.LE), (_ELIDED, Article.ELIDED)):
        if first in words:
            return article
    return Article.NONE


def body(name: str, article: str) -> str:
    """Name a body within a sentence: « la préfecture de l’Orme », « l’office », « Clairval Habitat »."""
    if not article:
        return name
    return f"{article}{'' if article == Article.ELIDED else ' '}{in_sentence(name)}"


def as_subject(name: str) -> str:
    """Name an organisation, in the page's language, so that what follows agrees with it."""
    return gettext("L’organisation « %(name)s »") % {"name": name}


def of_body(name: str, article: str) -> str:
    """Name a body after « de »: « de la préfecture », « du parquet », « d’Orme Habitat »."""
    if article == Article.LE:
        return f"du {in_sentence(name)}"
    if article == Article.LES:
        return f"des {in_sentence(name)}"
    if not article and name[:1].lower() in VOWELS:
        return f"d’{name}"
    return f"de {body(name, article)}"
