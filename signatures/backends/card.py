"""The signatory's own card, on their own machine: what it signs comes by the program ``contreseing-sign``."""

from __future__ import annotations

import datetime as dt

from django.utils.translation import gettext_lazy as _

from signatures.backends import HeldByItsOwner


class CardBackend(HeldByItsOwner):
    """Signs nothing by itself: the card's PIN, which only the card sees, proves who signs."""

    code = "card"
    label = _("Carte à puce ou clé USB")
    patience = dt.timedelta(minutes=30)  # a few codes of ten minutes each
