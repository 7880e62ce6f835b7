"""A device on which somebody wants an alert: the subscription that its browser made (RFC 8030), sealed."""

from __future__ import annotations

import json

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from stakeholders.sealing import box

PURPOSE = "contreseing.push"


class PushDevice(models.Model):
    """One browser of one person.

    ``sealed`` holds the address and the keys of the subscription: who knows them may write to the device.
    ``digest`` is that of the address, so that a browser has one row; ``service``, its host, for the person;
    ``told_until``, the newest notice of which the device was alerted.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="push_devices")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    sealed = models.TextField(editable=False)
    service = models.CharField(max_length=253, editable=False)
    at = models.DateTimeField(_("ajouté le"), default=timezone.now)
    told_until = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("appareil alerté")
        verbose_name_plural = _("appareils alertés")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.pk} {self.service}"

    def seal(self, endpoint: str, p256dh: str, auth: str) -> None:
        """Keep a subscription: its address, the device's public key and its secret, both base64url."""
        plain = json.dumps({"endpoint": endpoint, "keys": {"p256dh": p256dh, "auth": auth}})
        self.sealed = box(PURPOSE).encrypt(plain.encode()).decode("ascii")

    def subscription(self) -> dict[str, object]:
        """Return what was sealed, as browsers write it; raises InvalidToken under another key."""
        found: dict[str, object] = json.loads(box(PURPOSE).decrypt(self.sealed.encode("ascii")))
        return found
