"""The front door as a Django application: its templates, static files and commands."""

from django.apps import AppConfig


class ContreseingConfig(AppConfig):
    """Commands that set the whole house up live here."""

    name = "config"
    verbose_name = "Contreseing"
