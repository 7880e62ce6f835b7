"""The volets that a kind of contract names (:mod:`contracts.kinds`), and those that cities add.

The list of the circulaire 6258/SG of 16 April 2021 is open (« notamment »): its six come first in a new
contract, any other may follow. Those of a convention de coordination are in the annex of art. R. 512-5.
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
    INTERVENTIONS = "interventions", _("Nature et lieux des interventions")
    COORDINATION = "coordination", _("Modalités de la coordination")
    ENHANCED_COOPERATION = "enhanced_cooperation", _("Coopération opérationnelle renforcée")
    SUNDRY = "sundry", _("Dispositions diverses")
    OTHER = "other", _("Autre volet")
