from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StakeholdersConfig(AppConfig):
    """Who: users, organisations, offices, mandates and what they may do."""

    name = "stakeholders"
    verbose_name = _("Acteurs")

    def ready(self) -> None:
        """Know the models that have a file of their own, and listen to allauth."""
        import_module("stakeholders.invitations")
        import_module("stakeholders.first_code")
        import_module("stakeholders.sessions")
        import_module("stakeholders.credentials")
        import_module("stakeholders.security_receivers")
        import_module("stakeholders.quotas")
        import_module("stakeholders.shared_cache")
