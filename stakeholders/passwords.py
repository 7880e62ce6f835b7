"""Which passwords are too easy to guess for somebody who knows where the person works."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from stakeholders.models import User

# What a colleague would try first (OWASP ASVS 5.0, 6.1.2 and 6.2.11): the product, the bodies, the
# offices, the seasons and the months. A word counts however it is written: case, accents, 0 for o.
_WORDS = """
    contreseing contrat securite integree csi signature parapheur convention
    prefecture prefet prefete sousprefet mairie maire ville commune municipal metropole agglomeration
    police gendarmerie justice parquet procureur procureure tribunal rectorat dasen academie
    bailleur habitat transport regie directeur directrice cabinet secretaire administrateur
    motdepasse password azerty qwerty bonjour soleil
    printemps automne hiver janvier fevrier mars avril juin juillet aout septembre octobre
    novembre decembre
"""
CONTEXT_WORDS = frozenset(_WORDS.split())
LEFT_AT_LEAST = 8  # characters that no listed word explains
SHORTEST_NAME = 3  # of a person or a body: a shorter one stands in too many words
_LOOKALIKES = str.maketrans("013457@$", "oieastas")


class ContextWordsValidator:
    """Refuse a password made of words of the trade, of the person's name or of their organisation's.

    Those words are taken out; what is left must hold ``LEFT_AT_LEAST`` characters.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError for a password that a colleague would guess."""
        left = plain(password)
        words = CONTEXT_WORDS | set(_about(user))
        for word in sorted(words, key=lambda word: (-len(word), word)):
            left = left.replace(word, "")
        if len(left) < LEFT_AT_LEAST:
            raise ValidationError(
                _(
                    "Ce mot de passe se devine : il est fait de votre nom, de celui de votre organisation "
                    "ou de mots de la fonction. Ajoutez d’autres mots, sans rapport avec votre travail."
                ),
                code="password_of_the_trade",
            )

    def get_help_text(self) -> str:
        """Say it beside the field."""
        return _("Évitez votre nom, celui de votre organisation et les mots de votre fonction.")


def plain(text: str) -> str:
    """Return letters and digits alone, without case, accents nor look-alikes (« Préf3cture » is read)."""
    decomposed = unicodedata.normalize("NFKD", text.casefold()).translate(_LOOKALIKES)
    return "".join(character for character in decomposed if character.isalnum())


def _about(user: User | None) -> Iterable[str]:
    """Yield what is known of a person: names, address, organisations."""
    if user is None:
        return
    known = [user.first_name, user.last_name, user.email]
    if user.pk is not None:
        for mandate in user.mandates.select_related("office__organisation"):
            organisation = mandate.office.organisation
            known += [organisation.name, organisation.short_name, organisation.territory]
    for text in known:
        for word in re.split(r"[^\w]+", text or ""):
            if len(word := plain(word)) >= SHORTEST_NAME:
                yield word
