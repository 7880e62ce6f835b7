"""The front door as a Django application: its templates, static files and commands."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class ContreseingConfig(AppConfig):
    """Commands that set the whole house up live here."""

    name = "config"
    verbose_name = "Contreseing"


class AdministrationConfig(AdminConfig):
    """The platform's administration, behind a second factor."""

    default_site = "config.administration.Administration"
