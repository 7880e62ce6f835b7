"""The front door as a Django application: its templates, static files and commands."""

from importlib import import_module

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.backends.signals import connection_created

from config import plans, roles


class ContreseingConfig(AppConfig):
    """Commands that set the whole house up live here."""

    name = "config"
    verbose_name = "Contreseing"

    def ready(self) -> None:
        """Ask of each role that connects what it could do; have no connection keep plans of former tables."""
        connection_created.connect(roles.refuse_excess, dispatch_uid="config.roles")
        import_module("config.tags.i18n")  # takes the place of Django's tag
        connection_created.connect(plans.watch, dispatch_uid="config.plans")


class AdministrationConfig(AdminConfig):
    """The platform's administration, behind a second factor."""

    default_site = "config.administration.Administration"
