"""How an act names an office inside a sentence, in French: « la préfète de l’Orme », « l’adjointe… ».

The gender is that of the holder, from the civility; acts are French whatever the page's language.
"""

from __future__ import annotations

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
