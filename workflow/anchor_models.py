"""What the journal's head was, and when: proven by a time-stamping authority."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Anchor(models.Model):
    """A time-stamp over one entry of the journal, hence over all that came before it.

    ``token`` is an RFC 3161 token (DER) over :func:`workflow.anchors.statement`; ``at`` the hour
    that it proves. The same token is a file outside the database (:mod:`workflow.anchors`).
    No foreign key: an anchor outlives the entry that somebody took away. The database
    refuses an update and a deletion (migration).
    """

    number = models.BigIntegerField(_("écriture"))
    hash = models.CharField(_("empreinte"), max_length=64)
    at = models.DateTimeField(_("horodatée le"))
    token = models.BinaryField(_("jeton d’horodatage (DER)"))

    class Meta:
        verbose_name = _("ancrage du journal")
        verbose_name_plural = _("ancrages du journal")
        ordering = ["number", "pk"]
        constraints = [models.UniqueConstraint(fields=["number", "hash"], name="one_anchor_an_entry")]

    def __str__(self) -> str:
        return f"{self.number} {self.at:%Y-%m-%d %H:%M:%S}"
