"""Whether an address or a name is a person's: « contact@… » and « Contact Général » are nobody's.

An opinion is given by somebody, in their name: a code mailed to a mailbox that a whole service reads would
have any of them answer as the person named.
"""

from __future__ import annotations

import re
import unicodedata

_SHARED = frozenset(
    re.findall(
        r"\w+",
        """
        accueil administration admin bal bureau cabinet commune communication compta comptabilite contact
        courriel courrier dg dgs direction directeur directrice equipe general generale info infos information
        informations mail mairie maire noreply poste prefecture president presidence reception rh sav
        secretaire secretariat secretaires service services siege standard support technique urbanisme ville
        webmaster
        """,
    )
)


def is_shared(address: str, *names: str) -> bool:
    """Whether the address is of a role rather than of the person of these names: « direction-nord@… »."""
    words = _words(address.partition("@")[0])
    own = {word for name in names for word in _words(name) if len(word) > 1}
    return bool(words) and words[0] in _SHARED and not own & set(words)


def is_no_name(first_name: str, last_name: str, organisation: str) -> bool:
    """Whether these are words of a role or of the organisation, not the names of somebody."""
    first, last = _words(first_name), _words(last_name)
    if first and all(word in _SHARED for word in first):
        return True
    return set(first) | set(last) <= set(_words(organisation))


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", text.lower()).encode("ascii", "ignore").decode()
    return re.findall(r"[a-z]+", plain)
