"""What a page says of a chosen file before it is sent: one that is too heavy would cost all that was typed.

The server says it again, field by field, and refuses by itself what is far too heavy (413).
"""

from __future__ import annotations

from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

MEBIBYTE = 1024 * 1024
UNREADABLE = _(
    "Ce fichier est vide ou ne peut pas être lu ; un dossier ne s’envoie pas. Choisissez un fichier."
)


def at_most(size: int, **attrs: Any) -> dict[str, Any]:
    """Return the attributes of a choice of file that the page weighs; ``size`` is in bytes."""
    heavy = _("Ce fichier est trop lourd : choisissez-en un de {size} Mo au plus. Rien n’a été envoyé.")
    return {
        **attrs,
        "data-at-most": size,
        "data-too-heavy": format_lazy(heavy, size=size // MEBIBYTE),
        "data-unreadable": UNREADABLE,
    }
