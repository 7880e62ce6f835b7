from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContractsConfig(AppConfig):
    """What: the contract, its volets, commitments, versions and printed form."""

    name = "contracts"
    verbose_name = _("Contrats")
