"""``manage.py serve_pki``: serve the demonstration's CRL, OCSP and time-stamps at PKI_URL."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import uvicorn
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from signatures.demo import pki
from signatures.demo.pki.services import Services


class Command(BaseCommand):
    """Runs until it is stopped."""

    help = _("Sert l’infrastructure à clés publiques de démonstration à l’adresse PKI_URL.")
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the authorities if need be, then answer."""
        if not settings.DEMONSTRATION:
            raise CommandError(_("Cette infrastructure ne sert qu’à la démonstration."))
        try:
            address = urlsplit(settings.PKI_URL)
            host, port = address.hostname, address.port or 80
        except ValueError:
            host, port = None, 0
        if not host or address.scheme != "http":
            raise CommandError(_("PKI_URL doit avoir la forme http://hôte:port."))
        pki.ensure()
        uvicorn.run(
            Services(),
            host=host,
            port=port,
            lifespan="off",
            access_log=False,
            log_level="warning",
        )
