"""The volets that the circulaire 6258/SG of 16 April 2021 names, and those that cities add.

Its list is open (« notamment »): the six come first in a new contract, any other may follow.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class VoletTemplate(models.TextChoices):
    """A ready-made volet: its code, its French title."""

    INTERNAL_SECURITY = "internal_security", _("Sécurité intérieure")
    JUSTICE = "justice", _("Justice")
    CRIME_PREVENTION = "crime_prevention", _("Prévention de la délinquance")
    URBAN_POLICY = "urban_policy", _("Politique de la ville")
    EDUCATION = "education", _("Éducation nationale")
    RADICALISATION_SEPARATISM = "radicalisation_separatism", _("Radicalisation et séparatisme")
    TRANSPORT = "transport", _("Transports")
    MINORS = "minors", _("Mineurs")
    SOCIAL_HOUSING = "social_housing", _("Habitat et tranquillité résidentielle")
    GOVERNANCE = "governance", _("Gouvernance et suivi")
    OTHER = "other", _("Autre volet")


DEFAULT_VOLETS: tuple[VoletTemplate, ...] = (
    VoletTemplate.INTERNAL_SECURITY,
    VoletTemplate.JUSTICE,
    VoletTemplate.CRIME_PREVENTION,
    VoletTemplate.URBAN_POLICY,
    VoletTemplate.EDUCATION,
    VoletTemplate.RADICALISATION_SEPARATISM,
)
