from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from signatures import asn1


class SignaturesConfig(AppConfig):
    """Sealed how: bytes, keys, levels and validation; never knows a contract."""

    name = "signatures"
    verbose_name = _("Signatures")

    def ready(self) -> None:
        """Mend asn1crypto before anything signs."""
        asn1.apply()
