from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StakeholdersConfig(AppConfig):
    """Who: users, organisations, offices, mandates and what they may do."""

    name = "stakeholders"
    verbose_name = _("Acteurs")
