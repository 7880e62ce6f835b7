from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SignaturesConfig(AppConfig):
    """Sealed how: bytes, keys, levels and validation; never knows a contract."""

    name = "signatures"
    verbose_name = _("Signatures")
