"""The words of a closed list that the record keeps, and what they are called."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class OpinionValue(models.TextChoices):
    """What an organisation thinks of a version."""

    FAVOURABLE = "favourable", _("Favorable")
    FAVOURABLE_WITH_RESERVATIONS = "favourable_with_reservations", _("Favorable avec réserves")
    CHANGES_REQUESTED = "changes_requested", _("Modifications demandées")
    UNFAVOURABLE = "unfavourable", _("Défavorable")
    NO_OPINION = "no_opinion", _("Sans avis")


# These send the text back to the pilots.
BLOCKING_OPINIONS = frozenset({OpinionValue.CHANGES_REQUESTED, OpinionValue.UNFAVOURABLE})
