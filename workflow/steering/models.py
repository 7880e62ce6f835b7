"""A way of looking at many contracts that somebody named, to find it again."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from stakeholders.text import Line


class SavedFilter(models.Model):
    """What one person sought, by its query; it opens nothing: rights are asked whenever it is used.

    ``query`` is the address's own, written anew from what was understood of it
    (:class:`workflow.steering.filters.Chosen`). At most one of a person's is the ``default`` one.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_filters")
    name = Line(_("nom du filtre"), max_length=80)
    query = models.CharField(max_length=600, editable=False)
    default = models.BooleanField(_("à l’ouverture de la page"), default=False)

    class Meta:
        verbose_name = _("filtre enregistré")
        verbose_name_plural = _("filtres enregistrés")
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "name"],
                name="one_saved_filter_a_name",
                violation_error_message=_("Vous avez déjà un filtre de ce nom : choisissez-en un autre."),
            ),
            models.UniqueConstraint(
                fields=["person"], condition=Q(default=True), name="one_saved_filter_by_default"
            ),
        ]

    def __str__(self) -> str:
        return self.name
